-- When the bot was last alive, and the times when it was not.

-- One row, beaten by the leader among the replicas on the real clock (as workers are).
CREATE TABLE alive (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    at timestamptz NOT NULL
);

-- One row for each gap; told once everything that it interrupted is known.
CREATE TABLE away (
    begun timestamptz PRIMARY KEY,
    ended timestamptz NOT NULL CHECK (ended > begun),
    why text NOT NULL CHECK (why IN ('bot', 'database')),
    told_at timestamptz
);
CREATE INDEX away_untold ON away (begun) WHERE told_at IS NULL;
