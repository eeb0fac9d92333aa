-- Lines with something missing, until a form completes them; and the thread that a request came from.

ALTER TABLE runs ADD COLUMN thread text NOT NULL DEFAULT '';

CREATE TABLE partials (
    id text PRIMARY KEY CHECK (length(id) >= 16),
    actor text NOT NULL,
    team text NOT NULL,
    channel text NOT NULL,
    thread text NOT NULL,
    command text NOT NULL,
    verb text,
    text text NOT NULL,
    asks text NOT NULL,
    offered boolean NOT NULL,
    shown_at timestamptz,
    response_url text NOT NULL,
    run_id bigint REFERENCES runs,
    created_at timestamptz NOT NULL DEFAULT clock_now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX partials_expiring ON partials (expires_at);
