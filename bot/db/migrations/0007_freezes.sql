-- Freezes, who settles an unknown outcome after a hand-over, and a turn in a lock's queue given away.

-- One row for each freeze, named by the request that set it. No service or environment: all of them.
CREATE TABLE freezes (
    run_id bigint PRIMARY KEY REFERENCES runs,
    service text,
    environment text,
    set_by text NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    since timestamptz NOT NULL DEFAULT clock_now(),
    until timestamptz NOT NULL,
    warned_at timestamptz,
    ended_at timestamptz,
    ended_by text,
    CHECK (until > since)
);
CREATE INDEX freezes_standing ON freezes (until) WHERE ended_at IS NULL;

-- Who answers for a run whose outcome nobody knows, once it was handed over; before that whoever asked.
CREATE TABLE handovers (
    run_id bigint PRIMARY KEY REFERENCES runs,
    person text NOT NULL,
    given_by text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_now()
);

-- The place in a lock's queue when it is not the order of approval.
ALTER TABLE runs ADD COLUMN turn timestamptz;
