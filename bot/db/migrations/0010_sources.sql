-- What tells the bot something from outside: verified webhooks, counted together while they come in a burst.

-- since: the burst's first one; another one begins after ten quiet minutes.
CREATE TABLE webhook_bursts (
    service text NOT NULL,
    environment text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    since timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    count integer NOT NULL,
    PRIMARY KEY (service, environment, name, kind)
);
CREATE INDEX webhook_bursts_last ON webhook_bursts (last_at);
