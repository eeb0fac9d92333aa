-- What people see in Slack: one row per message, written before it is sent.

-- intended: never tried; unknown: being sent, or sent without an answer; gone: will not be sent or edited (again).
CREATE TABLE posts (
    key text PRIMARY KEY,
    run_id bigint REFERENCES runs,
    kind text NOT NULL CHECK (kind IN ('message', 'dm', 'thread', 'ephemeral', 'file')),
    channel text NOT NULL DEFAULT '',
    person text NOT NULL DEFAULT '',
    thread_key text,
    priority integer NOT NULL,
    state text NOT NULL DEFAULT 'intended' CHECK (state IN ('intended', 'posted', 'unknown', 'gone')),
    ts text,
    wanted jsonb NOT NULL,
    wanted_digest text NOT NULL,
    digest text,
    error text NOT NULL DEFAULT '',
    attempts integer NOT NULL DEFAULT 0,
    lost integer NOT NULL DEFAULT 0,
    retry_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    tried_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    number bigint GENERATED ALWAYS AS IDENTITY,
    created_at timestamptz NOT NULL DEFAULT clock_now(),
    updated_at timestamptz NOT NULL DEFAULT clock_now(),
    CHECK (state <> 'posted' OR ts IS NOT NULL)
);
CREATE INDEX posts_due ON posts (priority, number)
    WHERE state IN ('intended', 'unknown')
       OR (state = 'posted' AND kind IN ('message', 'dm') AND digest IS DISTINCT FROM wanted_digest);
CREATE INDEX posts_run ON posts (run_id);

-- How far each reader of the sealed events has come.
CREATE TABLE cursors (
    name text PRIMARY KEY,
    number bigint NOT NULL
);

-- Command lines behind buttons: a button carries the opaque id only.
CREATE TABLE offers (
    id text PRIMARY KEY CHECK (length(id) BETWEEN 6 AND 16),
    line text NOT NULL,
    service text,
    created_at timestamptz NOT NULL DEFAULT clock_now()
);
CREATE UNIQUE INDEX offers_line ON offers (md5(line));

-- Where an answer to one person may still be sent; never in events, kept at most 30 minutes.
CREATE TABLE reply_urls (
    run_id bigint PRIMARY KEY REFERENCES runs,
    url text NOT NULL,
    uses integer NOT NULL DEFAULT 0,
    expires_at timestamptz NOT NULL
);
