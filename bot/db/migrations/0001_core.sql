-- What the bot remembers: runs, approvals, locks, workers, and the sealed chain of events.

CREATE TABLE clock (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    ahead interval NOT NULL DEFAULT '0'
);
INSERT INTO clock DEFAULT VALUES;

-- The one clock of the product: PostgreSQL's, moved ahead only by tests.
CREATE FUNCTION clock_now() RETURNS timestamptz
    LANGUAGE sql STABLE AS 'SELECT statement_timestamp() + ahead FROM clock';

CREATE TABLE workers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    beat_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    ended_at timestamptz
);

CREATE TABLE runs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    state text NOT NULL CHECK (state IN (
        'received', 'planning', 'waiting', 'queued', 'starting', 'running', 'verifying',
        'succeeded', 'failed', 'timed_out', 'cancelled', 'interrupted',
        'refused', 'denied', 'withdrawn', 'expired', 'voided')),
    command text NOT NULL,
    verb text NOT NULL,
    text text NOT NULL,
    request jsonb NOT NULL,
    service text,
    environment text,
    lock text CHECK (lock IN ('deploy', 'data')),
    permission text NOT NULL,
    risk text NOT NULL CHECK (risk IN ('read', 'record', 'change', 'destructive')),
    actor text NOT NULL,
    team text NOT NULL,
    channel text NOT NULL,
    via text NOT NULL CHECK (via IN ('slack', 'terminal')),
    reason text NOT NULL DEFAULT '',
    dry_run boolean NOT NULL DEFAULT false,
    because text NOT NULL DEFAULT '',
    plan jsonb,
    digest text,
    outcome jsonb,
    changed text CHECK (changed IN ('nothing', 'something', 'unknown')),
    worker bigint REFERENCES workers,
    cancel_by text,
    settled_by text,
    created_at timestamptz NOT NULL DEFAULT clock_now(),
    approved_at timestamptz,
    start_by timestamptz,
    started_at timestamptz,
    finished_at timestamptz,
    CHECK (lock IS NULL OR (service IS NOT NULL AND environment IS NOT NULL)),
    CHECK (state NOT IN ('running', 'verifying') OR worker IS NOT NULL)
);
CREATE INDEX runs_claimable ON runs (id) WHERE state IN ('received', 'queued');
CREATE INDEX runs_held ON runs (worker) WHERE state IN ('planning', 'starting', 'running', 'verifying');
CREATE INDEX runs_open ON runs (actor, text)
    WHERE state IN ('received', 'planning', 'waiting', 'queued', 'starting', 'running', 'verifying');
CREATE INDEX runs_waiting ON runs (service, environment, lock, approved_at) WHERE state = 'waiting';
CREATE INDEX runs_place ON runs (service, environment, command, finished_at);

-- Every change of state is a conditional UPDATE in the code; this refuses what no code may do.
CREATE FUNCTION keep_runs_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state IN ('succeeded', 'failed', 'timed_out', 'cancelled', 'interrupted',
                     'refused', 'denied', 'withdrawn', 'expired', 'voided') AND NEW.state <> OLD.state THEN
        RAISE EXCEPTION 'run % has ended as %; it cannot become %', OLD.id, OLD.state, NEW.state;
    END IF;
    IF OLD.state IN ('running', 'verifying')
       AND NEW.state IN ('received', 'planning', 'waiting', 'queued', 'starting') THEN
        RAISE EXCEPTION 'run % has started; it cannot go back to %', OLD.id, NEW.state;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER runs_final BEFORE UPDATE OF state ON runs FOR EACH ROW EXECUTE FUNCTION keep_runs_final();

-- Delivery keys, kept 25 hours: one delivery, one effect.
CREATE TABLE deliveries (
    key bytea PRIMARY KEY,
    run_id bigint REFERENCES runs,
    at timestamptz NOT NULL DEFAULT clock_now()
);
CREATE INDEX deliveries_at ON deliveries (at);

CREATE TABLE approvals (
    run_id bigint PRIMARY KEY REFERENCES runs,
    state text NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'granted', 'denied', 'expired', 'withdrawn', 'voided')),
    need integer NOT NULL CHECK (need >= 0),
    asked text[] NOT NULL,
    confirm text NOT NULL CHECK (confirm IN ('button', 'typed')),
    digest text NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT clock_now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX approvals_expiring ON approvals (expires_at) WHERE state = 'waiting';

CREATE TABLE votes (
    run_id bigint NOT NULL REFERENCES approvals,
    voter text NOT NULL,
    yes boolean NOT NULL,
    digest text NOT NULL,
    via text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_now(),
    PRIMARY KEY (run_id, voter)
);

CREATE TABLE locks (
    service text NOT NULL,
    environment text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('deploy', 'data')),
    run_id bigint NOT NULL REFERENCES runs,
    since timestamptz NOT NULL DEFAULT clock_now(),
    PRIMARY KEY (service, environment, kind)
);
CREATE UNIQUE INDEX locks_run ON locks (run_id);

-- What commands remember: one row per kind, place and key.
CREATE TABLE records (
    kind text NOT NULL,
    service text NOT NULL,
    environment text NOT NULL,
    key text NOT NULL,
    value jsonb NOT NULL,
    run_id bigint REFERENCES runs,
    at timestamptz NOT NULL DEFAULT clock_now(),
    PRIMARY KEY (kind, service, environment, key)
);
CREATE INDEX records_newest ON records (kind, at DESC);

-- Long output, given to whoever asked as a file.
CREATE TABLE run_files (
    run_id bigint NOT NULL REFERENCES runs,
    name text NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (run_id, name)
);

CREATE TABLE events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    run_id bigint REFERENCES runs,
    actor text NOT NULL,
    service text,
    environment text,
    at timestamptz NOT NULL DEFAULT clock_now(),
    digest bytea NOT NULL CHECK (length(digest) = 32)
);
CREATE INDEX events_run ON events (run_id, id);

CREATE TABLE event_payloads (
    event_id bigint PRIMARY KEY REFERENCES events,
    body text NOT NULL
);

-- Committed events that have no number yet; the sealer empties it.
CREATE TABLE outbox (event_id bigint PRIMARY KEY REFERENCES events);

CREATE TABLE event_seals (
    number bigint PRIMARY KEY,
    event_id bigint NOT NULL UNIQUE REFERENCES events,
    hash bytea NOT NULL CHECK (length(hash) = 32)
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'event_payloads' AND TG_OP = 'DELETE'
       AND current_setting('watchkeeper.retention', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP;
END $$;
CREATE TRIGGER events_kept BEFORE UPDATE OR DELETE ON events FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payloads_kept BEFORE UPDATE OR DELETE ON event_payloads
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER seals_kept BEFORE UPDATE OR DELETE ON event_seals FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER events_whole BEFORE TRUNCATE ON events EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payloads_whole BEFORE TRUNCATE ON event_payloads EXECUTE FUNCTION refuse_change();
CREATE TRIGGER seals_whole BEFORE TRUNCATE ON event_seals EXECUTE FUNCTION refuse_change();

-- Writes one event in the caller's transaction and leaves it to the sealer.
CREATE FUNCTION record_event(
    kind text, run_id bigint, actor text, service text, environment text, body text
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    new_id bigint;
BEGIN
    INSERT INTO events (kind, run_id, actor, service, environment, digest)
    VALUES (kind, run_id, actor, service, environment, sha256(convert_to(body, 'UTF8')))
    RETURNING id INTO new_id;
    INSERT INTO event_payloads (event_id, body) VALUES (new_id, body);
    INSERT INTO outbox (event_id) VALUES (new_id);
    RETURN new_id;
END $$;

-- Intake in one round trip: claim the delivery, write the run and its first event.
-- fresh = false: this delivery, or the same open request within a minute, is already run_id.
CREATE FUNCTION receive_run(
    delivery bytea, new_state text, command text, verb text, line text, request jsonb,
    service text, environment text, lock text, permission text, risk text,
    actor text, team text, channel text, via text, reason text, dry_run boolean, because text,
    event_kind text, event_body text, response_url text,
    OUT run_id bigint, OUT fresh boolean
) LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO deliveries AS d (key) VALUES (delivery) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        SELECT d.run_id INTO run_id FROM deliveries d WHERE d.key = delivery;
        fresh := false;
        RETURN;
    END IF;
    IF new_state <> 'refused' THEN
        PERFORM pg_advisory_xact_lock(hashtextextended(actor || E'\n' || line, 0));
        SELECT r.id INTO run_id
        FROM runs r
        WHERE r.actor = receive_run.actor AND r.text = line AND r.dry_run = receive_run.dry_run
          AND r.state IN ('received', 'planning', 'waiting', 'queued', 'starting', 'running', 'verifying')
          AND r.created_at > clock_now() - interval '1 minute'
        LIMIT 1;
        IF FOUND THEN
            UPDATE deliveries d SET run_id = receive_run.run_id WHERE d.key = delivery;
            PERFORM record_event('request.repeated', run_id, actor, service, environment, '{}');
            fresh := false;
            RETURN;
        END IF;
    END IF;
    INSERT INTO runs AS r (state, command, verb, text, request, service, environment, lock, permission, risk,
                           actor, team, channel, via, reason, dry_run, because, finished_at, changed)
    VALUES (new_state, command, verb, line, request, service, environment, lock, permission, risk,
            actor, team, channel, via, reason, dry_run, because,
            CASE WHEN new_state = 'refused' THEN clock_now() END,
            CASE WHEN new_state = 'refused' THEN 'nothing' END)
    RETURNING r.id INTO run_id;
    UPDATE deliveries d SET run_id = receive_run.run_id WHERE d.key = delivery;
    PERFORM record_event(event_kind, run_id, actor, service, environment, event_body);
    IF response_url <> '' AND new_state <> 'refused' THEN
        INSERT INTO reply_urls (run_id, url, expires_at)
        VALUES (receive_run.run_id, response_url, clock_now() + interval '29 minutes');
    END IF;
    fresh := true;
END $$;
