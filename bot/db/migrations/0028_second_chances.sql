-- An incident that is reopened after its channel was put away gets another one.
ALTER TABLE incidents
    ADD COLUMN room integer NOT NULL DEFAULT 1,
    ADD COLUMN former_channel text;

-- Webhooks that were counted. Some vendors sign no time, so that only this tells a delivery from its replay: kept for
-- a year, where the keys of Slack's deliveries, which are signed with their time, leave after a day.
CREATE TABLE webhook_keys (
    key bytea PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_now()
);
CREATE INDEX webhook_keys_at ON webhook_keys (at);
INSERT INTO webhook_keys (key, at) SELECT key, at FROM deliveries WHERE run_id IS NULL;

-- What a follower of sealed events could not tell: tried again, later and later, until it is given up and said.
-- of: 'run' or 'event'; id: its number.
CREATE TABLE untold (
    follower text NOT NULL,
    of text NOT NULL CHECK (of IN ('run', 'event')),
    id bigint NOT NULL,
    attempts integer NOT NULL DEFAULT 1,
    due_at timestamptz, -- NULL: given up
    tried_at timestamptz NOT NULL DEFAULT clock_now(),
    error text NOT NULL,
    PRIMARY KEY (follower, of, id)
);
CREATE INDEX untold_due ON untold (follower, due_at) WHERE due_at IS NOT NULL;
