-- App Home: who opened it, what is to be published for whom. And indexes for it and for filters of the audit log.

CREATE TABLE homes (
    person text PRIMARY KEY,
    opened_at timestamptz NOT NULL DEFAULT clock_now(),
    wishes bigint NOT NULL DEFAULT 1,
    due_at timestamptz DEFAULT statement_timestamp(),
    published_at timestamptz NOT NULL DEFAULT '-infinity',
    hash text NOT NULL DEFAULT '',
    shown text NOT NULL DEFAULT ''
);
COMMENT ON COLUMN homes.wishes IS 'how often something changed for them: what changes while it is published is not lost';
COMMENT ON COLUMN homes.due_at IS 'when to publish it; NULL: what they have is as it should be';
COMMENT ON COLUMN homes.hash IS 'Slack''s name for the view they have: whoever knows an older one must not replace it';
CREATE INDEX homes_due ON homes (due_at) WHERE due_at IS NOT NULL;

CREATE INDEX runs_actor ON runs (actor, id) WHERE risk <> 'read';
CREATE INDEX runs_under_way ON runs (id)
    WHERE state IN ('queued', 'starting', 'running', 'verifying') AND risk <> 'read';

CREATE INDEX events_actor ON events (actor, id);
CREATE INDEX events_kind ON events (kind, id);
CREATE INDEX events_place ON events (service, environment, id);
CREATE INDEX events_at ON events USING brin (at) WITH (pages_per_range = 32, autosummarize = on);
