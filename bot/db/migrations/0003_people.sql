-- Who people are, as Slack said last; and what this installation knows of itself.

CREATE TABLE people (
    id text PRIMARY KEY,
    team text NOT NULL,
    name text NOT NULL,
    is_guest boolean NOT NULL,
    is_deactivated boolean NOT NULL,
    is_bot boolean NOT NULL,
    checked_at timestamptz NOT NULL
);

CREATE TABLE facts (
    name text PRIMARY KEY,
    value jsonb NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_now()
);
