-- A database as version 0.1.0 of 2026-11-21 left it: its tables (migrations 0001 to 0004) and what its own `demo --tour` wrote.
-- Made by pg_dump --inserts; the addresses for private answers are left out, folders are renamed.
SET check_function_bodies = false;
CREATE FUNCTION public.clock_now() RETURNS timestamp with time zone
    LANGUAGE sql STABLE
    AS $$SELECT statement_timestamp() + ahead FROM clock$$;
CREATE FUNCTION public.keep_runs_final() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION public.receive_run(delivery bytea, new_state text, command text, verb text, line text, request jsonb, service text, environment text, lock text, permission text, risk text, actor text, team text, channel text, via text, reason text, dry_run boolean, because text, event_kind text, event_body text, response_url text, OUT run_id bigint, OUT fresh boolean) RETURNS record
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION public.record_event(kind text, run_id bigint, actor text, service text, environment text, body text) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION public.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_TABLE_NAME = 'event_payloads' AND TG_OP = 'DELETE'
       AND current_setting('watchkeeper.retention', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP;
END $$;
CREATE TABLE public.approvals (
    run_id bigint NOT NULL,
    state text DEFAULT 'waiting'::text NOT NULL,
    need integer NOT NULL,
    asked text[] NOT NULL,
    confirm text NOT NULL,
    digest text NOT NULL,
    asked_at timestamp with time zone DEFAULT public.clock_now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT approvals_confirm_check CHECK ((confirm = ANY (ARRAY['button'::text, 'typed'::text]))),
    CONSTRAINT approvals_need_check CHECK ((need >= 0)),
    CONSTRAINT approvals_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'granted'::text, 'denied'::text, 'expired'::text, 'withdrawn'::text, 'voided'::text])))
);
CREATE TABLE public.clock (
    only_row boolean DEFAULT true NOT NULL,
    ahead interval DEFAULT '00:00:00'::interval NOT NULL,
    CONSTRAINT clock_only_row_check CHECK (only_row)
);
CREATE TABLE public.cursors (
    name text NOT NULL,
    number bigint NOT NULL
);
CREATE TABLE public.deliveries (
    key bytea NOT NULL,
    run_id bigint,
    at timestamp with time zone DEFAULT public.clock_now() NOT NULL
);
CREATE TABLE public.event_payloads (
    event_id bigint NOT NULL,
    body text NOT NULL
);
CREATE TABLE public.event_seals (
    number bigint NOT NULL,
    event_id bigint NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT event_seals_hash_check CHECK ((length(hash) = 32))
);
CREATE TABLE public.events (
    id bigint NOT NULL,
    kind text NOT NULL,
    run_id bigint,
    actor text NOT NULL,
    service text,
    environment text,
    at timestamp with time zone DEFAULT public.clock_now() NOT NULL,
    digest bytea NOT NULL,
    CONSTRAINT events_digest_check CHECK ((length(digest) = 32))
);
ALTER TABLE public.events ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.facts (
    name text NOT NULL,
    value jsonb NOT NULL,
    at timestamp with time zone DEFAULT public.clock_now() NOT NULL
);
CREATE TABLE public.locks (
    service text NOT NULL,
    environment text NOT NULL,
    kind text NOT NULL,
    run_id bigint NOT NULL,
    since timestamp with time zone DEFAULT public.clock_now() NOT NULL,
    CONSTRAINT locks_kind_check CHECK ((kind = ANY (ARRAY['deploy'::text, 'data'::text])))
);
CREATE TABLE public.migrations (
    name text NOT NULL,
    at timestamp with time zone DEFAULT statement_timestamp() NOT NULL
);
CREATE TABLE public.offers (
    id text NOT NULL,
    line text NOT NULL,
    service text,
    created_at timestamp with time zone DEFAULT public.clock_now() NOT NULL,
    CONSTRAINT offers_id_check CHECK (((length(id) >= 6) AND (length(id) <= 16)))
);
CREATE TABLE public.outbox (
    event_id bigint NOT NULL
);
CREATE TABLE public.people (
    id text NOT NULL,
    team text NOT NULL,
    name text NOT NULL,
    is_guest boolean NOT NULL,
    is_deactivated boolean NOT NULL,
    is_bot boolean NOT NULL,
    checked_at timestamp with time zone NOT NULL
);
CREATE TABLE public.posts (
    key text NOT NULL,
    run_id bigint,
    kind text NOT NULL,
    channel text DEFAULT ''::text NOT NULL,
    person text DEFAULT ''::text NOT NULL,
    thread_key text,
    priority integer NOT NULL,
    state text DEFAULT 'intended'::text NOT NULL,
    ts text,
    wanted jsonb NOT NULL,
    wanted_digest text NOT NULL,
    digest text,
    error text DEFAULT ''::text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    lost integer DEFAULT 0 NOT NULL,
    retry_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    tried_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    number bigint NOT NULL,
    created_at timestamp with time zone DEFAULT public.clock_now() NOT NULL,
    updated_at timestamp with time zone DEFAULT public.clock_now() NOT NULL,
    CONSTRAINT posts_check CHECK (((state <> 'posted'::text) OR (ts IS NOT NULL))),
    CONSTRAINT posts_kind_check CHECK ((kind = ANY (ARRAY['message'::text, 'dm'::text, 'thread'::text, 'ephemeral'::text, 'file'::text]))),
    CONSTRAINT posts_state_check CHECK ((state = ANY (ARRAY['intended'::text, 'posted'::text, 'unknown'::text, 'gone'::text])))
);
ALTER TABLE public.posts ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.posts_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.records (
    kind text NOT NULL,
    service text NOT NULL,
    environment text NOT NULL,
    key text NOT NULL,
    value jsonb NOT NULL,
    run_id bigint,
    at timestamp with time zone DEFAULT public.clock_now() NOT NULL
);
CREATE TABLE public.reply_urls (
    run_id bigint NOT NULL,
    url text NOT NULL,
    uses integer DEFAULT 0 NOT NULL,
    expires_at timestamp with time zone NOT NULL
);
CREATE TABLE public.run_files (
    run_id bigint NOT NULL,
    name text NOT NULL,
    content bytea NOT NULL
);
CREATE TABLE public.runs (
    id bigint NOT NULL,
    uuid uuid DEFAULT gen_random_uuid() NOT NULL,
    state text NOT NULL,
    command text NOT NULL,
    verb text NOT NULL,
    text text NOT NULL,
    request jsonb NOT NULL,
    service text,
    environment text,
    lock text,
    permission text NOT NULL,
    risk text NOT NULL,
    actor text NOT NULL,
    team text NOT NULL,
    channel text NOT NULL,
    via text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    dry_run boolean DEFAULT false NOT NULL,
    because text DEFAULT ''::text NOT NULL,
    plan jsonb,
    digest text,
    outcome jsonb,
    changed text,
    worker bigint,
    cancel_by text,
    settled_by text,
    created_at timestamp with time zone DEFAULT public.clock_now() NOT NULL,
    approved_at timestamp with time zone,
    start_by timestamp with time zone,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    CONSTRAINT runs_changed_check CHECK ((changed = ANY (ARRAY['nothing'::text, 'something'::text, 'unknown'::text]))),
    CONSTRAINT runs_check CHECK (((lock IS NULL) OR ((service IS NOT NULL) AND (environment IS NOT NULL)))),
    CONSTRAINT runs_check1 CHECK (((state <> ALL (ARRAY['running'::text, 'verifying'::text])) OR (worker IS NOT NULL))),
    CONSTRAINT runs_lock_check CHECK ((lock = ANY (ARRAY['deploy'::text, 'data'::text]))),
    CONSTRAINT runs_risk_check CHECK ((risk = ANY (ARRAY['read'::text, 'record'::text, 'change'::text, 'destructive'::text]))),
    CONSTRAINT runs_state_check CHECK ((state = ANY (ARRAY['received'::text, 'planning'::text, 'waiting'::text, 'queued'::text, 'starting'::text, 'running'::text, 'verifying'::text, 'succeeded'::text, 'failed'::text, 'timed_out'::text, 'cancelled'::text, 'interrupted'::text, 'refused'::text, 'denied'::text, 'withdrawn'::text, 'expired'::text, 'voided'::text]))),
    CONSTRAINT runs_via_check CHECK ((via = ANY (ARRAY['slack'::text, 'terminal'::text, 'schedule'::text])))
);
ALTER TABLE public.runs ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.runs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.schedules (
    schedule text NOT NULL,
    fire_at timestamp with time zone NOT NULL,
    state text NOT NULL,
    rule text NOT NULL,
    run_id bigint,
    at timestamp with time zone DEFAULT public.clock_now() NOT NULL,
    CONSTRAINT schedules_state_check CHECK ((state = ANY (ARRAY['begun'::text, 'fired'::text, 'late'::text, 'missed'::text, 'ended'::text])))
);
CREATE TABLE public.votes (
    run_id bigint NOT NULL,
    voter text NOT NULL,
    yes boolean NOT NULL,
    digest text NOT NULL,
    via text NOT NULL,
    at timestamp with time zone DEFAULT public.clock_now() NOT NULL
);
CREATE TABLE public.workers (
    id bigint NOT NULL,
    name text NOT NULL,
    started_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    beat_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    ended_at timestamp with time zone
);
ALTER TABLE public.workers ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.workers_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
INSERT INTO public.approvals VALUES
	(3, 'granted', 1, '{U0BEN,U0CHI,U0MIA}', 'button', '4023d83cd628731d9296f7db860e4987a86e770f6c131a6d5ade0f1a14606a12', '2026-11-26 00:26:25.146802+00', '2026-11-26 00:41:25.146802+00'),
	(4, 'granted', 1, '{U0BEN,U0CHI,U0MIA}', 'button', '96b76f95f3ed60bd839948d271ac4cd75481fa086f6b2a504fd838634c424c9c', '2026-11-26 00:26:49.584921+00', '2026-11-26 00:41:49.584921+00');
INSERT INTO public.clock VALUES
	(true, '00:00:00');
INSERT INTO public.cursors VALUES
	('slack', 81);
INSERT INTO public.deliveries VALUES
	('\xdb03a1bbc98f24cae8d65dce98517a98db3c3eded3360d7846b6a47a9510c34e', 1, '2026-11-26 00:26:21.719153+00'),
	('\x3fd37f227f42bc2a4c9948fa82a504897afaf759f6e8800a7724f7de107d7f75', 2, '2026-11-26 00:26:21.770009+00'),
	('\xaf36f0c3b1f921e602984feae226c7909baa7e98deb7d2bd92877550659f94b9', 3, '2026-11-26 00:26:22.936419+00'),
	('\x9db49ec7a05f0e077f1f59da888cf3b554f14cfe5f75a2ad391ebf6cb4b65c3f', 4, '2026-11-26 00:26:49.510026+00'),
	('\x4a734eb745ec1805bf64a58d40e4275495c08ca6a8e31178b8c076df3a72584a', 5, '2026-11-26 00:26:51.640189+00'),
	('\xc7c78477be0ac873efd2d1753b917b2cf7039576305569ceb822c26a1e8c4049', 6, '2026-11-26 00:26:52.277473+00'),
	('\xc3dd1e7a0d8e3f2fabc8ad453bb395a28a513bd410d037165c3e0b34c5c48144', 7, '2026-11-26 00:27:12.241868+00'),
	('\x13993303b02eac85560340023e07f0270dcdea51a54ba4e6282c3c90b08d0ae1', 8, '2026-11-26 00:27:31.442313+00'),
	('\x4bac3a1f1462952034e00c0afe6e8f3abdb0d5f1b67ddd25f12a7cf7e9eed34c', 9, '2026-11-26 00:27:43.991448+00'),
	('\xfdebb32ae1b9a2fce4b736fc12a36a163b395589db2af917eb12bfec92d62820', 10, '2026-11-26 00:27:44.378509+00'),
	('\x523cc39cddd70481ebbf97182ff3b72efd7500b350103afcefa3f864aa1700cb', 11, '2026-11-26 00:27:44.586852+00');
INSERT INTO public.event_payloads VALUES
	(1, '{"before":null,"by":"start","catalog":"e40c508c716f937da71d6ab84799e602edd80f4c4b640d185c5380cbcb3de08f","digest":"16a1026021ad4c9702680acf2a3760a8733611789cbd8b58140e7b2a383cdb1f","says":[]}'),
	(2, '{"policy":"16a1026021ad4c9702680acf2a3760a8733611789cbd8b58140e7b2a383cdb1f"}'),
	(3, '{"card":{"body":["Checkout answers 500, wants 200 (5 of 5 tries)\nWebhooks 6 undelivered, oldest 15 min\n⚠️ Database answers in 57 ms, wants 50 ms","✅ 6 fine home 124 ms · shop 66 ms · pool 5/100 · data 8.1 MB · Stripe key · bad signature refused","Last change 2026-11-26T00:09:19+00:00clock, 17 min ago: release 727ff03 “New checkout” by Mia Novak\nBefore it 4dc3923 ran 6 days","First seen 2026-11-26T00:26:10+00:00clock, when the watch began: it may have failed before"],"buttons":[{"action":"","ask":"/rollback shop production","confirm":null,"label":"Roll back…","style":"plain","target":"","url":""},{"action":"","ask":"/replay-webhook shop production --since 2h","confirm":null,"label":"Replay 6 webhooks…","style":"plain","target":"","url":""},{"action":"","ask":"/incident open shop production","confirm":null,"label":"Open incident","style":"plain","target":"","url":""},{"action":"","ask":"/logs shop production","confirm":null,"label":"Logs","style":"plain","target":"","url":""},{"action":"","ask":"/health shop production","confirm":null,"label":"Look again","style":"plain","target":"","url":""}],"file":"","footer":"Nothing was changed · 9 checks in 715 ms · 2026-11-26T00:26:21+00:00clock · seen by the watch","private":false,"text":"shop production: 2 of 9 checks fail. Checkout answers 500, wants 200 (5 of 5 tries); Webhooks 6 undelivered, oldest 15 min. Last change: release 727ff03, 17 min ago.","title":"shop production: 2 of 9 checks fail","tone":"fail"},"says":"","since":"2026-11-26T00:26:10.366912+00:00","state":"failing"}'),
	(4, '{"because":"Eli may not roll back shop production: viewers may only look. (policy.yml:7)","line":"/rollback shop production","reason":"","via":"slack"}'),
	(5, '{"because":"Ana may look at the health of shop production: viewers may look. (policy.yml:7)","line":"/health shop production","reason":"","via":"slack"}'),
	(6, '{}'),
	(7, '{"changed":"nothing","says":"shop production: 2 of 9 checks fail. Checkout answers 500, wants 200 (5 of 5 tries); Webhooks 6 undelivered, oldest 15 min. Last change: release 727ff03, 17 min ago.","state":"succeeded"}'),
	(8, '{"because":"Ana may roll back shop production once 1 other operator agrees within 15 min. (policy.yml:11)","line":"/rollback shop production","reason":"checkout answers 500","via":"slack"}'),
	(9, '{"digest":"4023d83cd628731d9296f7db860e4987a86e770f6c131a6d5ade0f1a14606a12","summary":"727ff03 → 4dc3923. Data is not touched."}'),
	(10, '{"asked":["U0BEN","U0CHI","U0MIA"],"from":"operator","need":1}'),
	(11, '{"because":"You asked for this.","where":"policy.yml:11","yes":true}'),
	(12, '{"have":1,"need":1,"reason":"","yes":true}'),
	(13, '{"by":["U0BEN"]}'),
	(14, '{"kind":"deploy"}'),
	(15, '{}'),
	(16, '{}'),
	(17, '{"step":"fetch"}'),
	(18, '{"says":"","state":"done","step":"fetch","took_s":0.951}'),
	(19, '{"step":"build"}'),
	(20, '{"says":"running python","step":"build"}'),
	(21, '{"says":"running python","state":"done","step":"build","took_s":18.135}'),
	(22, '{"step":"switch"}'),
	(23, '{"says":"current is 4dc3923, restarting","step":"switch"}'),
	(24, '{"says":"restarted on 4dc3923 in 1.3 s","step":"switch"}'),
	(25, '{"says":"restarted on 4dc3923 in 1.3 s","state":"done","step":"switch","took_s":1.296}'),
	(26, '{"step":"verify"}'),
	(27, '{"says":"8 of 9 checks pass","step":"verify"}'),
	(28, '{"says":"8 of 9 checks pass","state":"done","step":"verify","took_s":0.124}'),
	(29, '{"changed":"something","says":"shop production is back on 4dc3923: 8 of 9 checks pass, after 21 s. Data not touched. Left to do: Webhooks 6 undelivered, oldest 16 min.","state":"succeeded"}'),
	(30, '{"kind":"deploy"}'),
	(31, '{"because":"Ana may replay webhooks to shop production once 1 other operator agrees within 15 min. (policy.yml:11)","line":"/replay-webhook shop production --since 2026-11-25T22:26:49Z","reason":"","via":"slack"}'),
	(32, '{"digest":"96b76f95f3ed60bd839948d271ac4cd75481fa086f6b2a504fd838634c424c9c","summary":"6 events to http://127.0.0.1:59039/stripe/webhook, asked at Stripe. What the service has is left out."}'),
	(33, '{"asked":["U0BEN","U0CHI","U0MIA"],"from":"operator","need":1}'),
	(34, '{"have":1,"need":1,"reason":"","yes":true}'),
	(35, '{"by":["U0BEN"]}'),
	(36, '{}'),
	(37, '{}'),
	(38, '{"step":"look up"}'),
	(39, '{"says":"","state":"done","step":"look up","took_s":0.037}'),
	(40, '{"step":"send"}'),
	(41, '{"says":"1 of 6 delivered","step":"send"}'),
	(42, '{"says":"6 of 6 delivered","state":"done","step":"send","took_s":1.057}'),
	(43, '{"step":"verify"}'),
	(44, '{"says":"6 of 6 delivered are in the service''s own table (stripe_webhook_events.event_id)","step":"verify"}'),
	(45, '{"says":"6 of 6 delivered are in the service''s own table (stripe_webhook_events.event_id)","state":"done","step":"verify","took_s":0.023}'),
	(46, '{"changed":"something","says":"6 of 6 webhooks delivered to shop production.","state":"succeeded"}'),
	(47, '{"because":"Ana may replay webhooks to shop production once 1 other operator agrees within 15 min. (policy.yml:11)","line":"/replay-webhook shop production --since 2026-11-25T22:26:51Z","reason":"","via":"slack"}'),
	(48, '{"changed":"nothing","says":"shop production has no webhook to replay since 2026-11-25T22:26:51+00:00date.","state":"succeeded"}'),
	(49, '{"because":"Ana may back up shop staging: operators may keep records and change in shop. (policy.yml:8)","line":"/backup db shop staging","reason":"","via":"slack"}'),
	(50, '{}');
INSERT INTO public.event_payloads VALUES
	(51, '{"step":"dump"}'),
	(52, '{"card":{"body":["home 116 ms · shop 135 ms · checkout 124 ms · database 31 ms · pool 9/100 · data 8.1 MB · Stripe key · bad signature refused · webhooks all delivered","It failed for at least 43 s, from 2026-11-26T00:26:10+00:00clock to 2026-11-26T00:26:53+00:00clock"],"buttons":[],"file":"","footer":"Nothing was changed · 9 checks in 956 ms · 2026-11-26T00:26:53+00:00clock · seen by the watch","private":false,"text":"shop production: 9 of 9 checks pass again.","title":"shop production: 9 of 9 checks pass again","tone":"ok"},"says":"","since":"2026-11-26T00:26:53.367122+00:00","state":"recovered"}'),
	(53, '{"policy":"16a1026021ad4c9702680acf2a3760a8733611789cbd8b58140e7b2a383cdb1f"}'),
	(54, '{"changed":"unknown","says":"The bot that ran it was not heard of any more: it died, or lost its database. No step was finished before that. How “dump” ended is not known.","state":"interrupted"}'),
	(55, '{"how":"not-done","note":""}'),
	(56, '{"because":"Ana may back up shop staging: operators may keep records and change in shop. (policy.yml:8)","line":"/backup db shop staging","reason":"","via":"slack"}'),
	(57, '{}'),
	(58, '{"step":"dump"}'),
	(59, '{"says":"4.1 kB","step":"dump"}'),
	(60, '{"says":"10.7 kB, 78 rows in 3 tables","state":"done","step":"dump","took_s":10.888}'),
	(61, '{"step":"check"}'),
	(62, '{"says":"the file is whole","step":"check"}'),
	(63, '{"says":"the file is whole","state":"done","step":"check","took_s":5.425}'),
	(64, '{"changed":"something","says":"shop staging is backed up as B-7: 10.7 kB, 78 rows in 3 tables, in 11 s. Nothing in the service was changed.","state":"succeeded"}'),
	(65, '{"because":"Ana may verify the backups of shop staging: operators may keep records and change in shop. (policy.yml:8)","line":"/backup verify shop staging latest","reason":"","via":"slack"}'),
	(66, '{}'),
	(67, '{"step":"read"}'),
	(68, '{"says":"whole, SHA-256 as recorded","step":"read"}'),
	(69, '{"says":"whole, SHA-256 as recorded","state":"done","step":"read","took_s":10.922}'),
	(70, '{"step":"restore a copy"}'),
	(71, '{"because":"Eli may read the permissions: viewers may look. (policy.yml:7)","line":"/can rollback shop production","reason":"","via":"slack"}'),
	(72, '{}'),
	(73, '{"changed":"nothing","says":"No: Eli may not roll back shop production. Viewers may only look. Ana, Ben, Chi or Mia can. Nothing was changed.","state":"succeeded"}'),
	(74, '{"because":"Ana may look at the runs on shop production: viewers may look. (policy.yml:7)","line":"/runs shop production","reason":"","via":"slack"}'),
	(75, '{}'),
	(76, '{"changed":"nothing","says":"The last 4 runs of shop production, newest first: R-5 /replay-webhook shop production --since 2026-11-25T22:26:51Z is succeeded. Nothing was changed.","state":"succeeded"}'),
	(77, '{"because":"Ana may read the audit log: viewers may look. (policy.yml:7)","line":"/audit verify","reason":"","via":"slack"}'),
	(78, '{}'),
	(79, '{"changed":"nothing","says":"The audit log is whole: 77 events, every one sealed and unchanged. Nothing was changed.","state":"succeeded"}'),
	(80, '{"says":"78 rows in 3 tables","step":"restore a copy"}'),
	(81, '{"says":"78 rows in 3 tables","state":"done","step":"restore a copy","took_s":10.205}'),
	(82, '{"changed":"something","says":"B-7 of shop staging restores: 78 rows in 3 tables, as many as when it was made. Nothing in the service was changed.","state":"succeeded"}'),
	(83, '{}');
INSERT INTO public.event_seals VALUES
	(1, 1, '\x7c99beb6e8158c8e4c4af01a70f4c8be13af9d294ffbbf6281f4830978cca38e'),
	(2, 2, '\x12179619d910399bacf95dc45b60d5c5a11e45a157d34bd93e5c409b294946cc'),
	(3, 3, '\x8ed6f1af8bc3076f056db6fb3c90865221e1fcb1732145f2610369980bb76051'),
	(4, 4, '\xdd526a5d1b7d3820516f5a5b36b0bbfc0a44a5d6fa25af89848a5dca091d16a7'),
	(5, 5, '\x33cf5f874ce90e3901916d0cd9222dd121c4b7d60c8ad69ae37037e13ea197ac'),
	(6, 6, '\xf9ea1fcd49e8ee0047a9c1540c79e1aca291d4b3b9e910d308c961e17db4afdb'),
	(7, 7, '\xaee3e86876577200ebff389767948c46c04e515b7afb653d485f983c9fd07d15'),
	(8, 8, '\x08fa39bb67fb23cfa73fc10886b45518b82c9cca50212c819ca10280bf2e82e0'),
	(9, 9, '\xf26286d715fcac30427cc48b26fc88b8115f5c76166cbb976b3489ea392a5842'),
	(10, 10, '\x4f1fd7f12402083055f45fb4328c7ac5e30b6df618341c9069044ca214c37956'),
	(11, 11, '\x6892542d17ead282551feeef69f659f546f7adffd0ccba57b76cb404cb13511e'),
	(12, 12, '\x5e7448e447ad35b32f0a5a2844fe9a6c10c1cd805043ad51cbe80ced033d38a6'),
	(13, 13, '\x1fa448d5fc07611f6c0be4a0a8d01dbd382943360e6f180c220c21b52cd947c0'),
	(14, 14, '\xa71bb15a5947406ee9aa8277291ce31b141112d68b14614078548814503662a2'),
	(15, 15, '\x2b5905c781e6cc39716f4e1adbae84d98b18f3a459aa85e93c0d1c7882e03e05'),
	(16, 16, '\xaec1d4be576cbbdc38198c15dba8118b7d9544d503cd3caff83769d41f628fb5'),
	(17, 17, '\x9b1007dc279ba67598944ddedea0f4b1b7c13da9fbd630773e0c92f71f615bbb'),
	(18, 18, '\x5a90318c6e44d538648e121b4bd87ee58052ae19dea09047013811798dda8707'),
	(19, 19, '\x41c40b4fb2743acda4bb42c522bbf111f75e48068004d9f36e518a258c4eb398'),
	(20, 20, '\x40be014c088707b1546941bfa88133edfb9eb629e15a9adf52bbd4860fa9e51d'),
	(21, 21, '\x4cc053d93a89b1e4e81eff63fa1d9b6249296f6452ac617e10849616d50c91e4'),
	(22, 22, '\xf7baf987fcaa3b3d85db826c8c45335bec99bedc663f8ca4111f3b99000dddfc'),
	(23, 23, '\xe5ca2ae987ae807c40811c37bbbca0262087099dd25ecd4fd3760e05c8dd5773'),
	(24, 24, '\x2ed3875d747932980f4c410c53eabaeeb816e3b1e13312572d4dc0998ada8be2'),
	(25, 25, '\x69dbca4105a48369a3bc20ad0b9e3f4618c29ad2d30f644e6bcc415538553bcd'),
	(26, 26, '\xbfff6f63a67033b5519d3b46c39a414f745a63014c241de36275c472f47bf399'),
	(27, 27, '\xd341137aad7956faf48260e53c1ed1455b0647ed5276712532d8b3c7bb2073ca'),
	(28, 28, '\x5bfba5176257cee2558330b6a4a94c0ad56cd9c72eae5f260e821276e67252b2'),
	(29, 29, '\xd65415e7e822a726a0afe98ee98f104e13d69bb44320d53f9e6a0f14240503e3'),
	(30, 30, '\x789663d7e5901aa53baa7bad9ca59087e8b1cfca9fa2c35b91188bfcc11f10ec'),
	(31, 31, '\x9885496745bbb2bf16a5b531fe405f5f6e9fec9e3b2cef25f28b8ad445ab0a16'),
	(32, 32, '\xf2df6967cf909647e55cc84fd2c893589ffe5cc9eb394b80f922d6c634045a94'),
	(33, 33, '\xfc749a6ee4ed518e6f61159c1a685f61bf4f96a5640482d453d10c01bed4f3a0'),
	(34, 34, '\x54cd190cb94335b419ac1387e8290f404bef8c76a06fb055dab14363f19ca271'),
	(35, 35, '\xd5f539b45bf03db1eac2109b4ea46fde7175675546f19b5f61cd0c83366248f1'),
	(36, 36, '\xe0cf07f468ffb256664d280432772cd2fa8e978e9df19a11d66a67b6f3556569'),
	(37, 37, '\x0651b0b04afbfc09353026842358e22033aaf973f5f4b3c1230c25cce21c29ca'),
	(38, 38, '\x9add41691d283480d1e5f0623784551511cdce3bb02e41ebd77daa04f9164f15'),
	(39, 39, '\x477e23ab07461c88f6f3c47234a4a071d30597612afc0446f7b9072331dbff5b'),
	(40, 40, '\xa048683b81f32c161187c3b2951774ebe453ab7a4a629ed768c5308d083d423a'),
	(41, 41, '\x443799d5bbb43848c26c4ecd019bd9defafe95d824224d029b2f090f4dbdeb10'),
	(42, 42, '\x2c1c4fef7c6b7a73913f43ed47ac9077d88349101eee5f7c021f369035c0bed2'),
	(43, 43, '\x341866dfdda8ec36adc6a231f57d4fe7d7a9af96a46d7cfb92ef07d5483bf1e5'),
	(44, 44, '\x725a83c78eb57bda38c1b085e278f2524a37f2dc13f0eea21f3e3721d7f41052'),
	(45, 45, '\xdd579622d6042b93ded2a1993c4b41dd2d758722278f91fa9525db2bdb696dda'),
	(46, 46, '\x20bf60102d9584207d9e2f1b92a4b8b06ca7fe048056e4b643e87ff1a1b33fef'),
	(47, 47, '\x0c44366a4ae37096e55cb9228fe577e9fd8ff9f5f0b284c7229ab6d5532a49c6'),
	(48, 48, '\x1ab6e4f309c4c0db1fd80d2e38224e194c51a4bdcec8aa9a433e16374bbc5f48'),
	(49, 49, '\x131d54c7b8eb6f08edabe303eb1d0f9759e0c3b8f834c17e4403ad259f357680'),
	(50, 50, '\x99377b99707f81a4c4a9dce4fd4cccf55d825034a037472a3d773fda2df9aa30');
INSERT INTO public.event_seals VALUES
	(51, 51, '\x49a3b408a4868f2463393ab552f5fad3d9d23219ed7eccae99cc715aa6cdd8da'),
	(52, 52, '\xd594bc5947d93f70de0cfab9d1bc7c04b3e3425ba275b5b182f934424f6526c4'),
	(53, 53, '\xd9d7212d980b5daf2fbe842e4c8d48a293e5e71d97c2e787de43c7938475effd'),
	(54, 54, '\x832ea16f1adf27b50c6a9080ea50778b23e7f8fac43c77351bb29116dd45ce10'),
	(55, 55, '\x066d86696eb3caa926cbb6707f7973a1f4812257841b08297ccc835784b8ed9c'),
	(56, 56, '\xfd9563f497d1da6490f7c02ce0738af6eaa46ae77205c8367dca50a6d613e95f'),
	(57, 57, '\xebafa6dca4e129f2136704de560cfc12f0f3defd4efe0537f57527871b35c3f8'),
	(58, 58, '\x6b4a1a3d07e282e9ea5d4b0440e6dbf3cfb3f2865526aba403d680545c667447'),
	(59, 59, '\xc237186e16349c05fa7fe330ca4c16a88d12163da2d7241b468b3a219055fe73'),
	(60, 60, '\xf8096c45fd613ff155bf6e95f3f4e77ce675df214fe8b06f50f34b2977b37fb3'),
	(61, 61, '\x1ab01539066df06668dbe4df8ed5375d66441eab43874e38f11ba73c98937fd5'),
	(62, 62, '\x76c8feb11b4b256626c6beb5f8b7e089989aefe25878a8fb00892e65deb7ceec'),
	(63, 63, '\x5f5d9f05f0b8363949e002b0ce5bdd0d4cf09f6048f933360e9133276491ed44'),
	(64, 64, '\x6d5d429e289f9742347b12b03191bb42966a8a2421dfac27d46db75f6683ecbd'),
	(65, 65, '\xc3fc9be8ae90ce0d69b9165d733b74f9a63de60eda07a19d668e443d7fd5f045'),
	(66, 66, '\x177ef9c8f76c42c60b4fb49365415cc4012feef72254aa76de9508e37ae08b61'),
	(67, 67, '\x966d36f137884f4232d7b7e6da458ec1b6b750e29ba8fdde5634481a72a9e777'),
	(68, 68, '\xfc1f7999ddff95fee460e88ee575c981b1f42595057c5af5d33b157805527db0'),
	(69, 69, '\x82854e78d337fa9dddfaf77255da0043273dff63b1d70a92febd910d94d8cd0a'),
	(70, 70, '\x7c1c942410f5539526f1449d3b2f6313671b9a8e9965001e2a2702fbb83aabcc'),
	(71, 71, '\x51e46a342f6a0c0749e73a4f2b48a9253437881320ebdbc24bbaffc9dd5a0a86'),
	(72, 72, '\x51d4bd7046ef98fd7eddf94d14212e6a70c9831092e0ede4d624d22694e49130'),
	(73, 73, '\xd1d3ef62529fbb7e80aa088975c447a6d5ef9b89ae53ec14de4713192d7db36a'),
	(74, 74, '\x7b11510ed64fa8a4c944b3afc7a32b1b3ed8e2e4fe5124921623b1e20bb9ba2b'),
	(75, 75, '\x80ea0a53b177f23805986f8ca2cadf724b311d078192f3aaa3bca8dac9b4edcd'),
	(76, 76, '\xf99aedb7c7d185949c4b3d99502e06c882e1ac555a6f6d4488c80757841cd197'),
	(77, 77, '\xbfff21a73b15126add5e729821244e97238a16eefc60512eb0ba3661e04b771a'),
	(78, 78, '\xaec3e44af5ff6738ca8dce486085afa707761f7954d7bf4161d0c3b43c5a2a43'),
	(79, 79, '\x3a14cdbfa08129377d83f7c52523ce2bc061205c9431f1a3159cf5fe6f157536'),
	(80, 80, '\xb9e30a7287e5909e4b1621f22899357b5fe170ab23c190af63254724d9cd8334'),
	(81, 81, '\xb91f911817e2b6f340ae0d7e200155740e9a3041b48037a31ca8478334621e99'),
	(82, 82, '\x9e71ba179d322470d78a21f5463fb5251b36164e1e1b8034676447e5eb316ba3'),
	(83, 83, '\x1a8cd58b2384dde01b0fb392c619c7786ca03f059c2e87a4ba322d3d51bb7e5d');
INSERT INTO public.events OVERRIDING SYSTEM VALUE VALUES
	(1, 'policy.changed', NULL, 'watchkeeper', NULL, NULL, '2026-11-26 00:26:09.958737+00', '\xafc7eb9f73f60bef498bdbfa2f14a641b9f836a8a2310c6cac04712e7e34fe7e'),
	(2, 'bot.started', NULL, 'watchkeeper', NULL, NULL, '2026-11-26 00:26:10.321731+00', '\xee0e046c2a205d6016612257d8127b898d4e0efe4d9cf1d92741e5a7b18d1b28'),
	(3, 'health.changed', NULL, 'watchkeeper', 'shop', 'production', '2026-11-26 00:26:21.473768+00', '\x14d3aeaa0709ce3b0dc3eb4f36e3bdf7b0a20fe4b389538d2ee4c8f6d8dae471'),
	(4, 'request.refused', 1, 'U0ELI', 'shop', 'production', '2026-11-26 00:26:21.719153+00', '\x82879d6d5b143684d39d73f6a9f97fcbaf80b54c138b63d94b4f5afabfc3a184'),
	(5, 'request.received', 2, 'U0ANA', 'shop', 'production', '2026-11-26 00:26:21.770009+00', '\x1d5135e85a0c5fb853943e74d77d57cfa82b6d6a6ef7e615419607f0dd928afd'),
	(6, 'run.started', 2, 'watchkeeper', 'shop', 'production', '2026-11-26 00:26:21.907833+00', '\x44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'),
	(7, 'run.ended', 2, 'watchkeeper', 'shop', 'production', '2026-11-26 00:26:22.857289+00', '\x0c634134e81417d2d8f140dc16cd2a85c59773970385f43c367b8f4f5305097a'),
	(8, 'request.received', 3, 'U0ANA', 'shop', 'production', '2026-11-26 00:26:22.936419+00', '\xf5e752cf79a7ad576b50d2262cc63a1b082cf11fc876232116e9da22b3d56086'),
	(9, 'plan.made', 3, 'watchkeeper', 'shop', 'production', '2026-11-26 00:26:25.117414+00', '\x64d6fb990b0549304b2e85094ad59fe6cfd506b7273cb834ac0fc3947ab73c37'),
	(10, 'approval.asked', 3, 'watchkeeper', 'shop', 'production', '2026-11-26 00:26:25.148646+00', '\x19d2338cb3d6f111cc565a995eba53b1983b37914634d397762297f9ee0f20d8'),
	(11, 'vote.refused', 3, 'U0ANA', 'shop', 'production', '2026-11-26 00:26:25.754207+00', '\xd382e076b5a391701afe2f9970b8e65d147810ae5c1d6f92245e29baaf874945'),
	(12, 'vote.cast', 3, 'U0BEN', 'shop', 'production', '2026-11-26 00:26:25.78592+00', '\x1175ab913828e5d68eb8e7025296e0072cc9030781ef1068fdad3a1f23a9091b'),
	(13, 'approval.granted', 3, 'U0BEN', 'shop', 'production', '2026-11-26 00:26:25.793757+00', '\xde8e33a8b99183ec6a0bdd6a7ea313a55dfc59d4755787d6bd3ee2ff64d6b6f3'),
	(14, 'lock.taken', 3, 'watchkeeper', 'shop', 'production', '2026-11-26 00:26:25.805518+00', '\xcf93ed7e804ba3ced2bb9544a1c55eff7d9730de9d617b3b040f56a61289ac5d'),
	(15, 'run.queued', 3, 'watchkeeper', 'shop', 'production', '2026-11-26 00:26:25.806919+00', '\x44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'),
	(16, 'run.started', 3, 'watchkeeper', 'shop', 'production', '2026-11-26 00:26:28.53075+00', '\x44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'),
	(17, 'step.started', 3, 'watchkeeper', 'shop', 'production', '2026-11-26 00:26:28.541862+00', '\x0429d867da2f1d09b57fb902fea402cf5422e1420477e76d82db9c58249fc2c9'),
	(18, 'step.ended', 3, 'watchkeeper', 'shop', 'production', '2026-11-26 00:26:29.504729+00', '\x0eda73f160948a97f41c3afd4944ab2aca7051c6b6e9893c77d062bf44b328d2'),
	(19, 'step.started', 3, 'watchkeeper', 'shop', 'production', '2026-11-26 00:26:29.51962+00', '\xd9322e89bb182522f0c2bb12030a0793111a0a28158de9a41be4988700bd3dd1'),
	(20, 'step.progressed', 3, 'watchkeeper', 'shop', 'production', '2026-11-26 00:26:29.793109+00', '\x6fc74a9ba8f4d11e2fb07f3d178a947755406142240ae558f386ee2c723108c9'),
	(21, 'step.ended', 3, 'watchkeeper', 'shop', 'production', '2026-11-26 00:26:47.66495+00', '\xfe7fd4d887c604778eb8c641b323188ee8b12760eed06da337e64d14c35235c6'),
	(22, 'step.started', 3, 'watchkeeper', 'shop', 'production', '2026-11-26 00:26:47.672574+00', '\x207e179b4eb5624a59785b6fea4cb8ea5e02dc514cdc489ab9209a40b87894a8'),
	(23, 'step.progressed', 3, 'watchkeeper', 'shop', 'production', '2026-11-26 00:26:47.681775+00', '\x00adc9772532ac6af941d0c0f7b2233a9f07815fe5d3ce7b7af29ac8be9764de'),
	(24, 'step.progressed', 3, 'watchkeeper', 'shop', 'production', '2026-11-26 00:26:48.96237+00', '\xb09314f9c04c098c974324759db1bd317800045d72d43b89eaf062888dcc3ba3'),
	(25, 'step.ended', 3, 'watchkeeper', 'shop', 'production', '2026-11-26 00:26:48.985883+00', '\x070ef4e5e4330aad99a54bf1f5bfea6f20814c2df82dc63a0fd7c38074fbf14f'),
	(26, 'step.started', 3, 'watchkeeper', 'shop', 'production', '2026-11-26 00:26:49.030241+00', '\xd3d84febb0943c49029ea23ce1698de5757cc56d7df90cc748bc700ec3b1bd56'),
	(27, 'step.progressed', 3, 'watchkeeper', 'shop', 'production', '2026-11-26 00:26:49.149613+00', '\x8b48624919473a53ebd231587df83c58ed2398b6d8b3ca5248af2f292484dfed'),
	(28, 'step.ended', 3, 'watchkeeper', 'shop', 'production', '2026-11-26 00:26:49.15815+00', '\x72406a37e33a51115d5a4bb2bdf24ffb1afcc939ddf48ea5007eacf10dea5b27'),
	(29, 'run.ended', 3, 'watchkeeper', 'shop', 'production', '2026-11-26 00:26:49.217681+00', '\xc4b9f7d106e96d0b29cec894fb5773223ce75e7c020079879d24f2ed5a51010d'),
	(30, 'lock.freed', 3, 'watchkeeper', 'shop', 'production', '2026-11-26 00:26:49.219164+00', '\xcf93ed7e804ba3ced2bb9544a1c55eff7d9730de9d617b3b040f56a61289ac5d'),
	(31, 'request.received', 4, 'U0ANA', 'shop', 'production', '2026-11-26 00:26:49.510026+00', '\x46b15102e482eb497c32117522323033dc79a6c75560f33d287e158bbcb5e200'),
	(32, 'plan.made', 4, 'watchkeeper', 'shop', 'production', '2026-11-26 00:26:49.583411+00', '\x2e0c0cd2045513ebb9e1940790d37fc3875a137c0b93ddbff8c6e06a5f0af051'),
	(33, 'approval.asked', 4, 'watchkeeper', 'shop', 'production', '2026-11-26 00:26:49.593705+00', '\x19d2338cb3d6f111cc565a995eba53b1983b37914634d397762297f9ee0f20d8'),
	(34, 'vote.cast', 4, 'U0BEN', 'shop', 'production', '2026-11-26 00:26:50.288739+00', '\x1175ab913828e5d68eb8e7025296e0072cc9030781ef1068fdad3a1f23a9091b'),
	(35, 'approval.granted', 4, 'U0BEN', 'shop', 'production', '2026-11-26 00:26:50.289521+00', '\xde8e33a8b99183ec6a0bdd6a7ea313a55dfc59d4755787d6bd3ee2ff64d6b6f3'),
	(36, 'run.queued', 4, 'watchkeeper', 'shop', 'production', '2026-11-26 00:26:50.291763+00', '\x44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'),
	(37, 'run.started', 4, 'watchkeeper', 'shop', 'production', '2026-11-26 00:26:50.36093+00', '\x44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'),
	(38, 'step.started', 4, 'watchkeeper', 'shop', 'production', '2026-11-26 00:26:50.368292+00', '\xaca6623bfe266c9788b70c84fe0ff4c6a7925ba0f8e18c749086611eeacbe2ee'),
	(39, 'step.ended', 4, 'watchkeeper', 'shop', 'production', '2026-11-26 00:26:50.407013+00', '\x030cf8052e8b31d5f714cbc40ba731beb866828dccd74087c87fd7db1c682b34'),
	(40, 'step.started', 4, 'watchkeeper', 'shop', 'production', '2026-11-26 00:26:50.411379+00', '\x2fe735f4ba2d7bd0bcca08a43abcdf363e10d6b6edaeaa531a57115975cff9bc'),
	(41, 'step.progressed', 4, 'watchkeeper', 'shop', 'production', '2026-11-26 00:26:50.838405+00', '\x07b9c9771068499da3b545ba1aa5e4e1917523287abdf6765144481531449b69'),
	(42, 'step.ended', 4, 'watchkeeper', 'shop', 'production', '2026-11-26 00:26:51.485423+00', '\x2002f81f2c671b61a4b69f601f34d51662dca70008c268f8d3908dae7b31e8e8'),
	(43, 'step.started', 4, 'watchkeeper', 'shop', 'production', '2026-11-26 00:26:51.493959+00', '\xd3d84febb0943c49029ea23ce1698de5757cc56d7df90cc748bc700ec3b1bd56'),
	(44, 'step.progressed', 4, 'watchkeeper', 'shop', 'production', '2026-11-26 00:26:51.514578+00', '\x0456d31d1e5b16a471191788f3a4be141fe0b3037f9f3d5675d5dfa3706f33e3'),
	(45, 'step.ended', 4, 'watchkeeper', 'shop', 'production', '2026-11-26 00:26:51.525685+00', '\xa8bba7993c592a2501d55a58d46f3afae3d6ba8db30dd2718aae74c6c6ab5e65'),
	(46, 'run.ended', 4, 'watchkeeper', 'shop', 'production', '2026-11-26 00:26:51.569613+00', '\xc0f69fb4fb1d69995be2bad1be7a6e0f0b379b9503279e62cb191f4b12cf720c'),
	(47, 'request.received', 5, 'U0ANA', 'shop', 'production', '2026-11-26 00:26:51.640189+00', '\xa2b7c02fc03928fd5693a399411cd1b1032b6d2b73bdfaea00b516e0632ae892'),
	(48, 'run.ended', 5, 'watchkeeper', 'shop', 'production', '2026-11-26 00:26:51.668003+00', '\xdc039dc0df1750037b5f53af361e74af22833e4476d8b4749e279e62615f2e68'),
	(49, 'request.received', 6, 'U0ANA', 'shop', 'staging', '2026-11-26 00:26:52.277473+00', '\xf64fbe56faa9ee839bab85fc65b381c10bf6115305be5efacfd665ca4ed1d26a'),
	(50, 'run.started', 6, 'watchkeeper', 'shop', 'staging', '2026-11-26 00:26:52.329378+00', '\x44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
INSERT INTO public.events OVERRIDING SYSTEM VALUE VALUES
	(51, 'step.started', 6, 'watchkeeper', 'shop', 'staging', '2026-11-26 00:26:52.350867+00', '\x3e5621138bda440e47ab216f8490d1b1ff32dce2a19f11b25908a4b083b2fed7'),
	(52, 'health.changed', NULL, 'watchkeeper', 'shop', 'production', '2026-11-26 00:26:53.600313+00', '\x1fcba570884e3f683c64030e41049ac878e20b1f1a0f4ededd4f02b66d568db5'),
	(53, 'bot.started', NULL, 'watchkeeper', NULL, NULL, '2026-11-26 00:27:01.004307+00', '\xee0e046c2a205d6016612257d8127b898d4e0efe4d9cf1d92741e5a7b18d1b28'),
	(54, 'run.ended', 6, 'watchkeeper', 'shop', 'staging', '2026-11-26 00:27:10.99189+00', '\x3c776f2d0b2b40efbda1a28df811c30072446daa3e2b5e75ea24b1a9491041ea'),
	(55, 'run.settled', 6, 'U0ANA', 'shop', 'staging', '2026-11-26 00:27:11.306242+00', '\x207c77db3019c9079f4f90b4127081e45fcf7fc73aeb352a96a3a50497b8708d'),
	(56, 'request.received', 7, 'U0ANA', 'shop', 'staging', '2026-11-26 00:27:12.241868+00', '\xf64fbe56faa9ee839bab85fc65b381c10bf6115305be5efacfd665ca4ed1d26a'),
	(57, 'run.started', 7, 'watchkeeper', 'shop', 'staging', '2026-11-26 00:27:12.642722+00', '\x44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'),
	(58, 'step.started', 7, 'watchkeeper', 'shop', 'staging', '2026-11-26 00:27:12.650109+00', '\x3e5621138bda440e47ab216f8490d1b1ff32dce2a19f11b25908a4b083b2fed7'),
	(59, 'step.progressed', 7, 'watchkeeper', 'shop', 'staging', '2026-11-26 00:27:23.47321+00', '\x704aa9f6a8329ae944b59f4f3237bffcde572e29ce16fd2ea8335c94f7ad41bb'),
	(60, 'step.ended', 7, 'watchkeeper', 'shop', 'staging', '2026-11-26 00:27:23.543568+00', '\x7974aec7b65041809208828befee9bb0d6c45129d53c95275054dc3ea5b64357'),
	(61, 'step.started', 7, 'watchkeeper', 'shop', 'staging', '2026-11-26 00:27:23.552824+00', '\xae09e1d7da522b0953c74b78e68eb501766802a78fbea373ac22d31ff47c8847'),
	(67, 'step.started', 8, 'watchkeeper', 'shop', 'staging', '2026-11-26 00:27:31.741575+00', '\xb65edcce4fff41fb4faf98236c78d6fa2dab1c6e259234c43e73825aea0e4309'),
	(71, 'request.received', 9, 'U0ELI', NULL, NULL, '2026-11-26 00:27:43.991448+00', '\x4c466ae36def8f681a0daedcaf0861617fc765129f366a1293c806a672448ba1'),
	(72, 'run.started', 9, 'watchkeeper', NULL, NULL, '2026-11-26 00:27:44.10271+00', '\x44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'),
	(73, 'run.ended', 9, 'watchkeeper', NULL, NULL, '2026-11-26 00:27:44.194874+00', '\xacad0342bed021ba66f81337779492703b12b0eecece72328ef0349dada809e3'),
	(76, 'run.ended', 10, 'watchkeeper', 'shop', 'production', '2026-11-26 00:27:44.477726+00', '\x10bf0910f17bd7403e80ae2faad6a4f4a9d9cd0add980f9ad1cd6abb8728b436'),
	(77, 'request.received', 11, 'U0ANA', NULL, NULL, '2026-11-26 00:27:44.586852+00', '\x94779e905a6cf5b416e1583f38ca53e0317ec01fb897436d1ac278452a25a744'),
	(62, 'step.progressed', 7, 'watchkeeper', 'shop', 'staging', '2026-11-26 00:27:28.797001+00', '\xb0448cbf952037736811c81b21d451311b3f5f83235c226de8ef92889822d206'),
	(63, 'step.ended', 7, 'watchkeeper', 'shop', 'staging', '2026-11-26 00:27:28.98267+00', '\x83cc46dc7cd7fe07612962a3668639c3447275869a7edbfad0d92fc266315af4'),
	(64, 'run.ended', 7, 'watchkeeper', 'shop', 'staging', '2026-11-26 00:27:29.944561+00', '\xd86607817f4859c69fdfeb146a16e4d923ea694402090f4b08c33cd5d153d019'),
	(74, 'request.received', 10, 'U0ANA', 'shop', 'production', '2026-11-26 00:27:44.378509+00', '\x78dd7da9316f1d902ec029f72682cadd2a0b2cf8e4405bbb45cbd54f5f77cd22'),
	(80, 'step.progressed', 8, 'watchkeeper', 'shop', 'staging', '2026-11-26 00:27:53.64189+00', '\x563028e4a5f5931908726159aa735f8824d3d1351bfd81b33ce3870e698bc594'),
	(81, 'step.ended', 8, 'watchkeeper', 'shop', 'staging', '2026-11-26 00:27:53.658224+00', '\xa89beaebd8104c5710d0e2736efedf624a9a80cee2096aa0b0dd88c3ed82d40e'),
	(82, 'run.ended', 8, 'watchkeeper', 'shop', 'staging', '2026-11-26 00:27:53.74768+00', '\x063a9df31fcb395ac6073bda7eccaddc65d2bba5e6be9cdb859a4acdfa5f6d19'),
	(65, 'request.received', 8, 'U0ANA', 'shop', 'staging', '2026-11-26 00:27:31.442313+00', '\x05f9a34dcacf4100320abf7e4d46335b214a8f687486f4722d9debf84795cd1e'),
	(66, 'run.started', 8, 'watchkeeper', 'shop', 'staging', '2026-11-26 00:27:31.701786+00', '\x44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'),
	(68, 'step.progressed', 8, 'watchkeeper', 'shop', 'staging', '2026-11-26 00:27:42.326029+00', '\xe2dfe0ee700f01552bfade3b68c4218e8dba341bc4285ea99bf85f5acc0c736c'),
	(69, 'step.ended', 8, 'watchkeeper', 'shop', 'staging', '2026-11-26 00:27:42.70049+00', '\xf364fbfbbf22d951f124f6c56ef282df0ba475bfbbca6c805c3827c79a8bbbe1'),
	(70, 'step.started', 8, 'watchkeeper', 'shop', 'staging', '2026-11-26 00:27:43.436751+00', '\x2dd95523b7ca276c14fdf35542a3f9387e3fb308f839cf59cd74e1bda704c3a2'),
	(75, 'run.started', 10, 'watchkeeper', 'shop', 'production', '2026-11-26 00:27:44.438912+00', '\x44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'),
	(78, 'run.started', 11, 'watchkeeper', NULL, NULL, '2026-11-26 00:27:44.658415+00', '\x44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'),
	(79, 'run.ended', 11, 'watchkeeper', NULL, NULL, '2026-11-26 00:27:45.0739+00', '\x08c0e60726d42992dd391a07956e0ac2eb56394891114be9e72cb5b6193e158a'),
	(83, 'bot.stopped', NULL, 'watchkeeper', NULL, NULL, '2026-11-26 00:27:53.796516+00', '\x44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
INSERT INTO public.facts VALUES
	('policy', '"16a1026021ad4c9702680acf2a3760a8733611789cbd8b58140e7b2a383cdb1f"', '2026-11-26 00:26:09.957828+00'),
	('catalog', '"e40c508c716f937da71d6ab84799e602edd80f4c4b640d185c5380cbcb3de08f"', '2026-11-26 00:26:09.958184+00'),
	('files', '{"policy": "# The demo''s policy: not granted = no; a denial beats every grant.\npreset: small-team\npeople: {ana: U0ANA, ben: U0BEN, chi: U0CHI, eli: U0ELI, mia: U0MIA}\nroles: {admin: [ben], operator: [admin, ana, chi, mia], viewer: everyone}   # everyone = members, never guests\noncall: {rotation: [ana], handover: Mon 10:00 Europe/London}\ngrants:\n  - {role: viewer, may: [read]}\n  - {role: operator, may: [record, change], except: [billing], in: [shop]}\n  - {role: admin, may: [destructive], in: [shop/staging]}        # in production nobody: two admins would be needed\napprovals:                                               # what small-team says anyway\n  - {risk: change, in: production, need: 1, from: operator, answer: 15m, alone_after: 3m}\n", "catalog": "# The demo''s catalog: $NAME is an environment variable of the bot; no secret stands here.\nservices:\n  shop:\n    repository: /var/lib/watchkeeper/world/shop.git\n    channels:\n      cards: C0SHOPOPS\n      production: [C0SHOPOPS]\n      staging: [C0SHOPDEV]\n    migrations: [migrations]\n    thresholds: {watch: 10s}\n    environments:\n      production:\n        url: http://127.0.0.1:59039\n        health:\n        - {name: Home, path: /, status: 200}\n        - name: Shop\n          path: /health\n          status: 200\n          expect: {status: healthy, database: ok}\n        - name: Checkout\n          path: /checkout/quote?sku=harbour\n          status: 200\n          expect: {status: healthy}\n        releases:\n          repository: /var/lib/watchkeeper/world/shop.git\n          folder: /var/lib/watchkeeper/world/shop/production/releases\n          build: [/tmp/load2/oldvenv/bin/python, build.py]\n          build_env: {PICTURE_SIZE: $SHOP_PICTURE_SIZE}\n          restart: [/tmp/load2/oldvenv/bin/python, -m, bot.sandbox.supervisor, restart, production, --folder, /var/lib/watchkeeper/world/shop]\n        postgres: {url: $SHOP_PRODUCTION_DB}\n        stripe: {key: $STRIPE_KEY, api: ''http://127.0.0.1:33557'', webhook: /stripe/webhook, seen: stripe_webhook_events.event_id}\n      staging:\n        protected: false\n        url: http://127.0.0.1:35545\n        health:\n        - {name: Home, path: /, status: 200}\n        - name: Shop\n          path: /health\n          status: 200\n          expect: {status: healthy, database: ok}\n        - name: Checkout\n          path: /checkout/quote?sku=harbour\n          status: 200\n          expect: {status: healthy}\n        releases:\n          repository: /var/lib/watchkeeper/world/shop.git\n          folder: /var/lib/watchkeeper/world/shop/staging/releases\n          build: [/tmp/load2/oldvenv/bin/python, build.py]\n          build_env: {PICTURE_SIZE: $SHOP_PICTURE_SIZE}\n          restart: [/tmp/load2/oldvenv/bin/python, -m, bot.sandbox.supervisor, restart, staging, --folder, /var/lib/watchkeeper/world/shop]\n        postgres: {url: $SHOP_STAGING_DB}\n        stripe: {key: $STRIPE_STAGING_KEY, api: ''http://127.0.0.1:33557'', webhook: /stripe/webhook, seen: stripe_webhook_events.event_id,\n          signing_secret: $SHOP_STAGING_WEBHOOK_SECRET}\n", "policy_file": "policy.yml", "catalog_file": "catalog.yml"}', '2026-11-26 00:26:09.958363+00'),
	('workspace', '{"bot": "B0WATCH", "team": "T0LANTERN", "bot_user": "U0WATCH"}', '2026-11-26 00:27:01.382231+00');
INSERT INTO public.migrations VALUES
	('0001_core.sql', '2026-11-26 00:26:09.789615+00'),
	('0002_slack.sql', '2026-11-26 00:26:09.846482+00'),
	('0003_people.sql', '2026-11-26 00:26:09.869414+00'),
	('0004_schedules.sql', '2026-11-26 00:26:09.891999+00');
INSERT INTO public.offers VALUES
	('oECIZ2Du', '/health shop production', 'shop', '2026-11-26 00:26:22.88513+00'),
	('YyUlkx0-', '/rollback shop production', 'shop', '2026-11-26 00:26:22.889588+00'),
	('nnQ8TKEZ', '/replay-webhook shop production --since 2h', 'shop', '2026-11-26 00:26:49.293832+00'),
	('VlvC5tnQ', '/backup db shop staging', 'shop', '2026-11-26 00:27:11.50979+00'),
	('GlNl6TQz', '/backup verify shop staging B-7', 'shop', '2026-11-26 00:27:31.568543+00');
INSERT INTO public.people VALUES
	('USLACKBOT', 'T0LANTERN', 'slackbot', false, false, false, '2026-11-26 00:27:00.984462+00'),
	('U0WATCH', 'T0LANTERN', 'watchkeeper', false, false, true, '2026-11-26 00:27:00.984462+00'),
	('U0ANA', 'T0LANTERN', 'ana', false, false, false, '2026-11-26 00:27:00.984462+00'),
	('U0BEN', 'T0LANTERN', 'ben', false, false, false, '2026-11-26 00:27:00.984462+00'),
	('U0CHI', 'T0LANTERN', 'chi', false, false, false, '2026-11-26 00:27:00.984462+00'),
	('U0ELI', 'T0LANTERN', 'eli', false, false, false, '2026-11-26 00:27:00.984462+00'),
	('U0MIA', 'T0LANTERN', 'mia', false, false, false, '2026-11-26 00:27:00.984462+00');
INSERT INTO public.posts OVERRIDING SYSTEM VALUE VALUES
	('R-6:told', 6, 'thread', 'C0SHOPOPS', '', 'R-6:root', 5, 'posted', '1795652831.113368', '{"card": {"body": ["U0ANA R-6: /backup db shop staging: interrupted. The bot that ran it was not heard of any more: it died, or lost its database. No step was finished before that. How “dump” ended is not known. It is not known whether anything was changed. Look at what is true now, then say it here."], "file": "", "text": "U0ANA R-6: /backup db shop staging: interrupted. The bot that ran it was not heard of any more: it died, or lost its database. No step was finished before that. How “dump” ended is not known. It is not known whether anything was changed. Look at what is true now, then say it here.", "tone": "unknown", "title": "", "footer": "", "buttons": [], "private": false}, "offers": {}}', '22c0383dfb15e008705ec22919fb17f0b8b2ff24d4a6da0521d55d07cdec6c6d', '22c0383dfb15e008705ec22919fb17f0b8b2ff24d4a6da0521d55d07cdec6c6d', '', 0, 0, '2026-11-26 00:27:11.222215+00', '2026-11-26 00:27:11.106059+00', 51, '2026-11-26 00:27:11.086272+00', '2026-11-26 00:27:11.222215+00'),
	('R-8:thread:69', 8, 'thread', 'C0SHOPOPS', '', 'R-8:root', 4, 'posted', '1795652863.970384', '{"card": {"body": ["2026-11-26T00:27:42+00:00exact ✅ read 11 s · whole, SHA-256 as recorded"], "file": "", "text": "2026-11-26T00:27:42+00:00exact ✅ read 11 s · whole, SHA-256 as recorded", "tone": "info", "title": "", "footer": "", "buttons": [], "private": false}, "upto": 69, "lines": ["2026-11-26T00:27:42+00:00exact ✅ read 11 s · whole, SHA-256 as recorded"], "offers": {}}', '60d353ca15e7658b943ab9c99545ee9473abeb97b82d2d68df29b597bbeeb3d7', '60d353ca15e7658b943ab9c99545ee9473abeb97b82d2d68df29b597bbeeb3d7', '', 0, 0, '2026-11-26 00:27:43.975473+00', '2026-11-26 00:27:43.960977+00', 68, '2026-11-26 00:27:43.892155+00', '2026-11-26 00:27:43.975473+00'),
	('R-10:answer', 10, 'message', 'C0SHOPOPS', '', NULL, 2, 'posted', '1795652864.554369', '{"card": {"body": [{"head": ["Run", "What", "Who", "State", "When"], "rows": [["R-5", "/replay-webhook shop production --since 2026-11-25T22:26:51Z", "Ana", "succeeded", "2026-11-26T00:26:51+00:00date"], ["R-4", "/replay-webhook shop production --since 2026-11-25T22:26:49Z", "Ana", "succeeded", "2026-11-26T00:26:49+00:00date"], ["R-3", "/rollback shop production", "Ana", "succeeded", "2026-11-26T00:26:22+00:00date"], ["R-1", "/rollback shop production", "Eli", "refused", "2026-11-26T00:26:21+00:00date"]]}], "file": "", "text": "The last 4 runs of shop production, newest first: R-5 /replay-webhook shop production --since 2026-11-25T22:26:51Z is succeeded. Nothing was changed.", "tone": "info", "title": "4 runs of shop production", "footer": "Nothing was changed · /runs show R-5 tells all of one · asked by Ana", "buttons": [], "private": false}, "offers": {}}', '8f4b402d2e74ab446c27b740e657f371be8b8ee16ff655ad2910251c7c412a1a', '8f4b402d2e74ab446c27b740e657f371be8b8ee16ff655ad2910251c7c412a1a', '', 0, 0, '2026-11-26 00:27:44.558194+00', '2026-11-26 00:27:44.54669+00', 71, '2026-11-26 00:27:44.540826+00', '2026-11-26 00:27:44.558194+00'),
	('R-8:thread:81', 8, 'thread', '', '', 'R-8:root', 4, 'unknown', NULL, '{"card": {"body": ["2026-11-26T00:27:53+00:00exact ✅ restore a copy 10 s · 78 rows in 3 tables"], "file": "", "text": "2026-11-26T00:27:53+00:00exact ✅ restore a copy 10 s · 78 rows in 3 tables", "tone": "info", "title": "", "footer": "", "buttons": [], "private": false}, "upto": 81, "lines": ["2026-11-26T00:27:53+00:00exact ✅ restore a copy 10 s · 78 rows in 3 tables"], "offers": {}}', '4f6e74482dcb43ac97aa9fe5ca6dc61128f613e2e3686e4d14be43dd7abf3469', '4f6e74482dcb43ac97aa9fe5ca6dc61128f613e2e3686e4d14be43dd7abf3469', '', 0, 0, '2026-11-26 00:27:57.8295+00', '2026-11-26 00:27:53.8295+00', 75, '2026-11-26 00:27:53.789851+00', '2026-11-26 00:27:53.8295+00'),
	('R-3:thread:18', 3, 'thread', 'C0SHOPOPS', '', 'R-3:root', 4, 'posted', '1795652790.084170', '{"card": {"body": ["2026-11-26T00:26:29+00:00exact ✅ fetch 951 ms"], "file": "", "text": "2026-11-26T00:26:29+00:00exact ✅ fetch 951 ms", "tone": "info", "title": "", "footer": "", "buttons": [], "private": false}, "upto": 18, "lines": ["2026-11-26T00:26:29+00:00exact ✅ fetch 951 ms"], "offers": {}}', '3f414ef8cc3416f61b9c0e2b1cc946d794868fb24d136349b267ee43142eb296', '3f414ef8cc3416f61b9c0e2b1cc946d794868fb24d136349b267ee43142eb296', '', 0, 0, '2026-11-26 00:26:30.087764+00', '2026-11-26 00:26:29.994784+00', 17, '2026-11-26 00:26:29.942319+00', '2026-11-26 00:26:30.087764+00'),
	('R-3:thread:21', 3, 'thread', 'C0SHOPOPS', '', 'R-3:root', 4, 'posted', '1795652807.736766', '{"card": {"body": ["2026-11-26T00:26:47+00:00exact ✅ build 18 s · running python"], "file": "", "text": "2026-11-26T00:26:47+00:00exact ✅ build 18 s · running python", "tone": "info", "title": "", "footer": "", "buttons": [], "private": false}, "upto": 21, "lines": ["2026-11-26T00:26:47+00:00exact ✅ build 18 s · running python"], "offers": {}}', 'f6de22ddba9f478ff4c8d47215d957f1fe9791682ba31ba1393651fa24376646', 'f6de22ddba9f478ff4c8d47215d957f1fe9791682ba31ba1393651fa24376646', '', 0, 0, '2026-11-26 00:26:47.738569+00', '2026-11-26 00:26:47.729515+00', 20, '2026-11-26 00:26:47.691333+00', '2026-11-26 00:26:47.738569+00'),
	('R-3:requester', 3, 'dm', 'D0ANA', 'U0ANA', NULL, 2, 'posted', '1795652785.678754', '{"card": {"body": ["Approved by Ben 2026-11-26T00:26:25+00:00clock\n727ff03 → 4dc3923. Data is not touched.\nThe result is in C0SHOPOPS"], "file": "", "text": "R-3, Roll back shop production: approved by Ben. The result is in C0SHOPOPS.", "tone": "ok", "title": "shop production is back on 4dc3923", "footer": "R-3 by Ana", "buttons": [], "private": false}, "offers": {}}', '2b3ebb26b0bcc2ec66340c2e1a3cacb2f43cb97e8bf5bd552b785d5ef7c154b6', '2b3ebb26b0bcc2ec66340c2e1a3cacb2f43cb97e8bf5bd552b785d5ef7c154b6', '', 0, 0, '2026-11-26 00:26:53.658931+00', '2026-11-26 00:26:25.590336+00', 7, '2026-11-26 00:26:25.202187+00', '2026-11-26 00:26:53.658931+00'),
	('alert:shop production:3', NULL, 'message', 'C0SHOPOPS', '', NULL, 0, 'posted', '1795652781.651390', '{"card": {"body": ["home 116 ms · shop 135 ms · checkout 124 ms · database 31 ms · pool 9/100 · data 8.1 MB · Stripe key · bad signature refused · webhooks all delivered", "It failed for at least 43 s, from 2026-11-26T00:26:10+00:00clock to 2026-11-26T00:26:53+00:00clock"], "file": "", "text": "shop production: 9 of 9 checks pass again.", "tone": "ok", "title": "shop production: 9 of 9 checks pass again", "footer": "Nothing was changed · 9 checks in 956 ms · 2026-11-26T00:26:53+00:00clock · seen by the watch", "buttons": [], "private": false}, "open": "false", "alert": "shop production", "offers": {}}', 'f72f2e6db5a9fdb8159ae424f9bbdea0eebc87966289cf84fa376524741491cb', 'f72f2e6db5a9fdb8159ae424f9bbdea0eebc87966289cf84fa376524741491cb', '', 0, 0, '2026-11-26 00:26:53.741808+00', '2026-11-26 00:26:21.634801+00', 1, '2026-11-26 00:26:21.619004+00', '2026-11-26 00:26:53.741808+00'),
	('R-2:answer', 2, 'message', 'C0SHOPOPS', '', NULL, 2, 'posted', '1795652782.913507', '{"card": {"body": ["Checkout answers 500, wants 200 (5 of 5 tries)\nWebhooks 6 undelivered, oldest 15 min\n⚠️ Database answers in 74 ms, wants 50 ms", "✅ 6 fine home 108 ms · shop 78 ms · pool 4/100 · data 8.1 MB · Stripe key · bad signature refused", "Last change 2026-11-26T00:09:19+00:00clock, 17 min ago: release 727ff03 “New checkout” by Mia Novak\nBefore it 4dc3923 ran 6 days"], "file": "", "text": "shop production: 2 of 9 checks fail. Checkout answers 500, wants 200 (5 of 5 tries); Webhooks 6 undelivered, oldest 15 min. Last change: release 727ff03, 17 min ago.", "tone": "fail", "title": "shop production: 2 of 9 checks fail", "footer": "Nothing was changed · 9 checks in 659 ms · 2026-11-26T00:26:21+00:00clock · asked by Ana", "buttons": [{"ask": "/rollback shop production", "url": "", "label": "Roll back…", "style": "plain", "action": "", "target": "", "confirm": null}, {"ask": "/replay-webhook shop production --since 2h", "url": "", "label": "Replay 6 webhooks…", "style": "plain", "action": "", "target": "", "confirm": null}, {"ask": "/incident open shop production", "url": "", "label": "Open incident", "style": "plain", "action": "", "target": "", "confirm": null}, {"ask": "/logs shop production", "url": "", "label": "Logs", "style": "plain", "action": "", "target": "", "confirm": null}, {"ask": "/health shop production", "url": "", "label": "Look again", "style": "plain", "action": "", "target": "", "confirm": null}], "private": false}, "offers": {"/health shop production": "oECIZ2Du", "/rollback shop production": "YyUlkx0-", "/replay-webhook shop production --since 2h": "nnQ8TKEZ"}}', 'e35cb2c2f17b302d0ce9d14efa74b0b57d2369957b67f119064149ccae7e7904', 'e35cb2c2f17b302d0ce9d14efa74b0b57d2369957b67f119064149ccae7e7904', '', 0, 0, '2026-11-26 00:26:22.92118+00', '2026-11-26 00:26:22.901132+00', 2, '2026-11-26 00:26:22.889999+00', '2026-11-26 00:26:22.92118+00'),
	('R-6:root', 6, 'message', 'C0SHOPOPS', '', NULL, 1, 'posted', '1795652815.246961', '{"card": {"body": ["The bot that ran it was not heard of any more: it died, or lost its database. No step was finished before that. How “dump” ended is not known.\nChanged nothing\nSettled as not done by Ana", {"says": "its end is not known", "step": "dump", "state": "stopped"}], "file": "", "text": "R-6, /backup db shop staging: interrupted. The bot that ran it was not heard of any more: it died, or lost its database. No step was finished before that. How “dump” ended is not known. Nothing was changed. Settled as not done by Ana.", "tone": "unknown", "title": "/backup db shop staging: interrupted", "footer": "R-6 · asked Ana 2026-11-26T00:26:52+00:00clock · ran 2026-11-26T00:26:52+00:00exact–2026-11-26T00:27:10+00:00exact", "buttons": [{"ask": "/backup db shop staging", "url": "", "label": "Ask again…", "style": "plain", "action": "", "target": "", "confirm": null}, {"ask": "", "url": "", "label": "Details", "style": "plain", "action": "run.details", "target": "6-722adc7a", "confirm": null}], "private": false}, "offers": {"/backup db shop staging": "VlvC5tnQ"}}', '887d2da5d4280c34cb8105e71050d79ad5321dc689dbd357f6195dbe15fd69dc', '887d2da5d4280c34cb8105e71050d79ad5321dc689dbd357f6195dbe15fd69dc', '', 0, 0, '2026-11-26 00:27:12.218542+00', '2026-11-26 00:26:55.241978+00', 45, '2026-11-26 00:26:53.277646+00', '2026-11-26 00:27:12.218542+00'),
	('R-3:root', 3, 'message', 'C0SHOPOPS', '', NULL, 1, 'posted', '1795652785.467136', '{"card": {"body": ["Verified 8 of 9 checks pass, the other one is left to do\nBefore 2 of 9 checks fail (2026-11-26T00:26:25+00:00clock): Checkout answers 500; Webhooks 6 undelivered\nTook 21 s: fetch 1 · build 18 · switch 1\nChanged the release, nothing else. Data not touched.", "Left to do\n• Webhooks 6 undelivered, oldest 16 min\n• main still holds 727ff03: the next deploy brings it back"], "file": "", "text": "shop production is back on 4dc3923: 8 of 9 checks pass, after 21 s. Data not touched. Left to do: Webhooks 6 undelivered, oldest 16 min.", "tone": "ok", "title": "shop production is back on 4dc3923", "footer": "R-3 · asked Ana 2026-11-26T00:26:22+00:00clock · approved Ben 2026-11-26T00:26:25+00:00clock · ran 2026-11-26T00:26:28+00:00exact–2026-11-26T00:26:49+00:00exact", "buttons": [{"ask": "/replay-webhook shop production --since 2h", "url": "", "label": "Replay 6 webhooks…", "style": "plain", "action": "", "target": "", "confirm": null}, {"ask": "", "url": "", "label": "Details", "style": "plain", "action": "run.details", "target": "3-ffc1a639", "confirm": null}], "private": false}, "offers": {"/replay-webhook shop production --since 2h": "nnQ8TKEZ"}}', '03f28aeb16bda571257155815b9f4dd46e89fd2eca02dc86afe389a053346aac', '03f28aeb16bda571257155815b9f4dd46e89fd2eca02dc86afe389a053346aac', '', 0, 0, '2026-11-26 00:26:49.427303+00', '2026-11-26 00:26:25.252585+00', 3, '2026-11-26 00:26:25.196468+00', '2026-11-26 00:26:49.427303+00'),
	('R-4:thread:34', 4, 'thread', 'C0SHOPOPS', '', 'R-4:root', 4, 'posted', '1795652811.258859', '{"card": {"body": ["2026-11-26T00:26:50+00:00exact 👍 Ben approved (1 of 1)\n2026-11-26T00:26:50+00:00exact ✅ look up 37 ms"], "file": "", "text": "2026-11-26T00:26:50+00:00exact 👍 Ben approved (1 of 1)\n2026-11-26T00:26:50+00:00exact ✅ look up 37 ms", "tone": "info", "title": "", "footer": "", "buttons": [], "private": false}, "upto": 39, "lines": ["2026-11-26T00:26:50+00:00exact 👍 Ben approved (1 of 1)", "2026-11-26T00:26:50+00:00exact ✅ look up 37 ms"], "offers": {}}', '742da187e17233f8ad2cfa86fe37ec7c5792c80d004f4ff61d162b78259789d7', '742da187e17233f8ad2cfa86fe37ec7c5792c80d004f4ff61d162b78259789d7', '', 0, 0, '2026-11-26 00:26:51.261463+00', '2026-11-26 00:26:51.245713+00', 34, '2026-11-26 00:26:50.342684+00', '2026-11-26 00:26:51.261463+00'),
	('R-4:requester', 4, 'dm', 'D0ANA', 'U0ANA', NULL, 2, 'posted', '1795652809.647930', '{"card": {"body": ["Approved by Ben 2026-11-26T00:26:50+00:00clock\n6 events to http://127.0.0.1:59039/stripe/webhook, asked at Stripe. What the service has is left out.\nThe result is in C0SHOPOPS"], "file": "", "text": "R-4, Replay 6 webhooks to shop production: approved by Ben. The result is in C0SHOPOPS.", "tone": "ok", "title": "6 of 6 webhooks delivered to shop production", "footer": "R-4 by Ana", "buttons": [], "private": false}, "offers": {}}', '2b9d7ccff383c8e8d9dd0e363a05acb64ba5497ef810e6785f6e2d2b8810c3bb', '2b9d7ccff383c8e8d9dd0e363a05acb64ba5497ef810e6785f6e2d2b8810c3bb', '', 0, 0, '2026-11-26 00:27:01.581815+00', '2026-11-26 00:26:49.643557+00', 32, '2026-11-26 00:26:49.632765+00', '2026-11-26 00:27:01.581815+00'),
	('R-6:thread:55', 6, 'thread', 'C0SHOPOPS', '', 'R-6:root', 4, 'posted', '1795652832.581199', '{"card": {"body": ["2026-11-26T00:27:11+00:00exact Ana settled R-6 as not done"], "file": "", "text": "2026-11-26T00:27:11+00:00exact Ana settled R-6 as not done", "tone": "info", "title": "", "footer": "", "buttons": [], "private": false}, "upto": 55, "lines": ["2026-11-26T00:27:11+00:00exact Ana settled R-6 as not done"], "offers": {}}', '5c0d38f5531cb7cb001b3b8fc2e14a439655627776b238a63358d6196662952c', '5c0d38f5531cb7cb001b3b8fc2e14a439655627776b238a63358d6196662952c', '', 0, 0, '2026-11-26 00:27:12.589518+00', '2026-11-26 00:27:12.274186+00', 54, '2026-11-26 00:27:11.565149+00', '2026-11-26 00:27:12.589518+00'),
	('R-7:root', 7, 'message', 'C0SHOPOPS', '', NULL, 1, 'posted', '1795652833.935685', '{"card": {"body": ["Holds 78 rows in 3 tables; the database is 7.9 MB, the file 10.7 kB\nStored /var/lib/watchkeeper/backups/shop/staging/shop-staging-20261126T002712Z-B-7.dump\nSHA-256 00936941938b46a142949f20aac00f23d7eed376239ba5ca2a678bf5ad631cf7\nTook 17 s: dump 11 · check 6\nFirst backup of shop staging on record\nChecked the file is whole; whether it restores is not tried yet\nChanged one new file in the backup store, nothing in the service"], "file": "", "text": "shop staging is backed up as B-7: 10.7 kB, 78 rows in 3 tables, in 11 s. Nothing in the service was changed.", "tone": "ok", "title": "shop staging is backed up: B-7", "footer": "R-7 · asked Ana 2026-11-26T00:27:12+00:00clock · ran 2026-11-26T00:27:12+00:00exact–2026-11-26T00:27:29+00:00exact", "buttons": [{"ask": "/backup verify shop staging B-7", "url": "", "label": "Verify by restoring a copy", "style": "plain", "action": "", "target": "", "confirm": null}], "private": false}, "offers": {"/backup verify shop staging B-7": "GlNl6TQz"}}', 'a3f54f0ddc22ca014aac8fdb8f2bdfdc27b16cb304ceb1ce28b9120c054a1d97', 'a3f54f0ddc22ca014aac8fdb8f2bdfdc27b16cb304ceb1ce28b9120c054a1d97', '', 0, 0, '2026-11-26 00:27:30.692293+00', '2026-11-26 00:27:12.830667+00', 55, '2026-11-26 00:27:12.69103+00', '2026-11-26 00:27:30.692293+00'),
	('R-7:thread:63', 7, 'thread', 'C0SHOPOPS', '', 'R-7:root', 4, 'posted', '1795652851.480547', '{"card": {"body": ["2026-11-26T00:27:28+00:00exact ✅ check 5.4 s · the file is whole"], "file": "", "text": "2026-11-26T00:27:28+00:00exact ✅ check 5.4 s · the file is whole", "tone": "info", "title": "", "footer": "", "buttons": [], "private": false}, "upto": 63, "lines": ["2026-11-26T00:27:28+00:00exact ✅ check 5.4 s · the file is whole"], "offers": {}}', 'edf34b141d8b92a542267470f5b8d47ece43de4b54b91c854c5f1da90027675c', 'edf34b141d8b92a542267470f5b8d47ece43de4b54b91c854c5f1da90027675c', '', 0, 0, '2026-11-26 00:27:31.656539+00', '2026-11-26 00:27:31.39624+00', 62, '2026-11-26 00:27:30.035963+00', '2026-11-26 00:27:31.656539+00'),
	('R-7:told', 7, 'thread', 'C0SHOPOPS', '', 'R-7:root', 5, 'posted', '1795652851.710100', '{"card": {"body": ["U0ANA R-7: shop staging is backed up as B-7: 10.7 kB, 78 rows in 3 tables, in 11 s. Nothing in the service was changed."], "file": "", "text": "U0ANA R-7: shop staging is backed up as B-7: 10.7 kB, 78 rows in 3 tables, in 11 s. Nothing in the service was changed.", "tone": "ok", "title": "", "footer": "", "buttons": [], "private": false}, "offers": {}}', '10dc13a610550822afa5d3d3a2b5a89c13eb2180214e278927294630c700a680', '10dc13a610550822afa5d3d3a2b5a89c13eb2180214e278927294630c700a680', '', 0, 0, '2026-11-26 00:27:31.713156+00', '2026-11-26 00:27:31.701259+00', 61, '2026-11-26 00:27:30.034346+00', '2026-11-26 00:27:31.713156+00'),
	('R-11:answer', 11, 'message', 'C0SHOPOPS', '', NULL, 2, 'posted', '1795652865.470101', '{"card": {"body": ["Checked 77 events, every one sealed and unchanged", "Head bfff21a73b15126a"], "file": "", "text": "The audit log is whole: 77 events, every one sealed and unchanged. Nothing was changed.", "tone": "ok", "title": "The audit log is whole", "footer": "Nothing was changed · keep the head somewhere else to prove this log later · asked by Ana", "buttons": [], "private": false}, "offers": {}}', '1195ed77440fc11970f53436c964304670e5a01c11e81a973d698749f86f69f9', '1195ed77440fc11970f53436c964304670e5a01c11e81a973d698749f86f69f9', '', 0, 0, '2026-11-26 00:27:45.485093+00', '2026-11-26 00:27:45.453758+00', 73, '2026-11-26 00:27:45.438647+00', '2026-11-26 00:27:45.485093+00'),
	('R-8:root', 8, 'message', 'C0SHOPOPS', '', NULL, 3, 'posted', '1795652851.802192', '{"card": {"body": [{"says": "11 s · whole, SHA-256 as recorded", "step": "read", "state": "done"}, {"says": "10 s · 78 rows in 3 tables", "step": "restore a copy", "state": "done"}], "file": "", "text": "R-8, /backup verify shop staging latest: running.", "tone": "working", "title": "/backup verify shop staging latest: running", "footer": "R-8 by Ana · started 2026-11-26T00:27:31+00:00exact", "buttons": [{"ask": "", "url": "", "label": "Cancel", "style": "plain", "action": "run.cancel", "target": "8-7c666ce4", "confirm": ["Cancel R-8?", "It stops before its next step; the step under way ends first. What is done stays done.", "Cancel it", "Let it run"]}, {"ask": "", "url": "", "label": "Details", "style": "plain", "action": "run.details", "target": "8-7c666ce4", "confirm": null}], "private": false}, "offers": {}}', 'a5bd418d9653bfaa36856cb6c8119588e580ef7541cbdc23e6248fa2f2408ecc', 'a5bd418d9653bfaa36856cb6c8119588e580ef7541cbdc23e6248fa2f2408ecc', '', 0, 0, '2026-11-26 00:27:53.822144+00', '2026-11-26 00:27:31.79827+00', 65, '2026-11-26 00:27:31.717006+00', '2026-11-26 00:27:53.822144+00'),
	('R-3:thread:12', 3, 'thread', 'C0SHOPOPS', '', 'R-3:root', 4, 'posted', '1795652787.114288', '{"card": {"body": ["2026-11-26T00:26:25+00:00exact 👍 Ben approved (1 of 1)"], "file": "", "text": "2026-11-26T00:26:25+00:00exact 👍 Ben approved (1 of 1)", "tone": "info", "title": "", "footer": "", "buttons": [], "private": false}, "upto": 12, "lines": ["2026-11-26T00:26:25+00:00exact 👍 Ben approved (1 of 1)"], "offers": {}}', '1ab4ee25c2fe9da84af7d174406c8fb5e01098f3d13fec83dc52176d1ad98330', '1ab4ee25c2fe9da84af7d174406c8fb5e01098f3d13fec83dc52176d1ad98330', '', 0, 0, '2026-11-26 00:26:27.115833+00', '2026-11-26 00:26:27.101536+00', 14, '2026-11-26 00:26:26.933776+00', '2026-11-26 00:26:27.115833+00'),
	('R-3:dm:U0CHI', 3, 'dm', 'D0CHI', 'U0CHI', NULL, 1, 'posted', '1795652785.468073', '{"card": {"body": ["Approved by Ben 2026-11-26T00:26:25+00:00clock\n727ff03 → 4dc3923. Data is not touched.\nThe result is in C0SHOPOPS"], "file": "", "text": "R-3, Roll back shop production: approved by Ben. The result is in C0SHOPOPS.", "tone": "ok", "title": "shop production is back on 4dc3923", "footer": "R-3 by Ana", "buttons": [], "private": false}, "offers": {}}', '2b3ebb26b0bcc2ec66340c2e1a3cacb2f43cb97e8bf5bd552b785d5ef7c154b6', '2b3ebb26b0bcc2ec66340c2e1a3cacb2f43cb97e8bf5bd552b785d5ef7c154b6', '', 0, 0, '2026-11-26 00:26:49.429587+00', '2026-11-26 00:26:25.294798+00', 5, '2026-11-26 00:26:25.198181+00', '2026-11-26 00:26:49.429587+00'),
	('R-7:thread:60', 7, 'thread', 'C0SHOPOPS', '', 'R-7:root', 4, 'posted', '1795652843.746063', '{"card": {"body": ["2026-11-26T00:27:23+00:00exact ✅ dump 11 s · 10.7 kB, 78 rows in 3 tables"], "file": "", "text": "2026-11-26T00:27:23+00:00exact ✅ dump 11 s · 10.7 kB, 78 rows in 3 tables", "tone": "info", "title": "", "footer": "", "buttons": [], "private": false}, "upto": 60, "lines": ["2026-11-26T00:27:23+00:00exact ✅ dump 11 s · 10.7 kB, 78 rows in 3 tables"], "offers": {}}', '5198fa36041807ae9e9846208029b19ca6e7b0eebc2b7577bb1c8dba234e697d', '5198fa36041807ae9e9846208029b19ca6e7b0eebc2b7577bb1c8dba234e697d', '', 0, 0, '2026-11-26 00:27:23.748664+00', '2026-11-26 00:27:23.731464+00', 58, '2026-11-26 00:27:23.706226+00', '2026-11-26 00:27:23.748664+00'),
	('R-3:thread:25', 3, 'thread', 'C0SHOPOPS', '', 'R-3:root', 4, 'posted', '1795652809.261942', '{"card": {"body": ["2026-11-26T00:26:48+00:00exact ✅ switch 1.3 s · restarted on 4dc3923 in 1.3 s"], "file": "", "text": "2026-11-26T00:26:48+00:00exact ✅ switch 1.3 s · restarted on 4dc3923 in 1.3 s", "tone": "info", "title": "", "footer": "", "buttons": [], "private": false}, "upto": 25, "lines": ["2026-11-26T00:26:48+00:00exact ✅ switch 1.3 s · restarted on 4dc3923 in 1.3 s"], "offers": {}}', '95223db6bbfe9591f02baf2d70633b04f84b168e17a7b647df187d49c2830856', '95223db6bbfe9591f02baf2d70633b04f84b168e17a7b647df187d49c2830856', '', 0, 0, '2026-11-26 00:26:49.285808+00', '2026-11-26 00:26:49.241083+00', 24, '2026-11-26 00:26:49.232114+00', '2026-11-26 00:26:49.285808+00'),
	('R-3:dm:U0BEN', 3, 'dm', 'D0BEN', 'U0BEN', NULL, 1, 'posted', '1795652785.467674', '{"card": {"body": ["Approved by Ben 2026-11-26T00:26:25+00:00clock\n727ff03 → 4dc3923. Data is not touched.\nThe result is in C0SHOPOPS"], "file": "", "text": "R-3, Roll back shop production: approved by Ben. The result is in C0SHOPOPS.", "tone": "ok", "title": "shop production is back on 4dc3923", "footer": "R-3 by Ana", "buttons": [], "private": false}, "offers": {}}', '2b3ebb26b0bcc2ec66340c2e1a3cacb2f43cb97e8bf5bd552b785d5ef7c154b6', '2b3ebb26b0bcc2ec66340c2e1a3cacb2f43cb97e8bf5bd552b785d5ef7c154b6', '', 0, 0, '2026-11-26 00:26:49.409582+00', '2026-11-26 00:26:25.287121+00', 4, '2026-11-26 00:26:25.197528+00', '2026-11-26 00:26:49.409582+00'),
	('R-3:dm:U0MIA', 3, 'dm', 'D0MIA', 'U0MIA', NULL, 1, 'posted', '1795652785.710148', '{"card": {"body": ["Approved by Ben 2026-11-26T00:26:25+00:00clock\n727ff03 → 4dc3923. Data is not touched.\nThe result is in C0SHOPOPS"], "file": "", "text": "R-3, Roll back shop production: approved by Ben. The result is in C0SHOPOPS.", "tone": "ok", "title": "shop production is back on 4dc3923", "footer": "R-3 by Ana", "buttons": [], "private": false}, "offers": {}}', '2b3ebb26b0bcc2ec66340c2e1a3cacb2f43cb97e8bf5bd552b785d5ef7c154b6', '2b3ebb26b0bcc2ec66340c2e1a3cacb2f43cb97e8bf5bd552b785d5ef7c154b6', '', 0, 0, '2026-11-26 00:26:49.426754+00', '2026-11-26 00:26:25.677587+00', 6, '2026-11-26 00:26:25.199003+00', '2026-11-26 00:26:49.426754+00'),
	('R-3:thread:28', 3, 'thread', 'C0SHOPOPS', '', 'R-3:root', 4, 'posted', '1795652809.439168', '{"card": {"body": ["2026-11-26T00:26:49+00:00exact ✅ verify 124 ms · 8 of 9 checks pass"], "file": "", "text": "2026-11-26T00:26:49+00:00exact ✅ verify 124 ms · 8 of 9 checks pass", "tone": "info", "title": "", "footer": "", "buttons": [], "private": false}, "upto": 28, "lines": ["2026-11-26T00:26:49+00:00exact ✅ verify 124 ms · 8 of 9 checks pass"], "offers": {}}', 'b85913bba10619ef2ba4032b9e33d4da4fd31a9919c4b67039012acd5c93ee92', 'b85913bba10619ef2ba4032b9e33d4da4fd31a9919c4b67039012acd5c93ee92', '', 0, 0, '2026-11-26 00:26:49.450308+00', '2026-11-26 00:26:49.409465+00', 27, '2026-11-26 00:26:49.328386+00', '2026-11-26 00:26:49.450308+00'),
	('R-3:told', 3, 'thread', 'C0SHOPOPS', '', 'R-3:root', 5, 'posted', '1795652809.493848', '{"card": {"body": ["U0ANA R-3: shop production is back on 4dc3923: 8 of 9 checks pass, after 21 s. Data not touched. Left to do: Webhooks 6 undelivered, oldest 16 min."], "file": "", "text": "U0ANA R-3: shop production is back on 4dc3923: 8 of 9 checks pass, after 21 s. Data not touched. Left to do: Webhooks 6 undelivered, oldest 16 min.", "tone": "ok", "title": "", "footer": "", "buttons": [], "private": false}, "offers": {}}', 'a44a790d44a927d3c693b5f6e5808ad025a1b6fa6075257795c9a100d0659252', 'a44a790d44a927d3c693b5f6e5808ad025a1b6fa6075257795c9a100d0659252', '', 0, 0, '2026-11-26 00:26:49.498857+00', '2026-11-26 00:26:49.473999+00', 26, '2026-11-26 00:26:49.323486+00', '2026-11-26 00:26:49.498857+00'),
	('R-5:answer', 5, 'ephemeral', 'C0SHOPOPS', 'U0ANA', NULL, 2, 'posted', '', '{"card": {"body": ["shop production has no webhook to replay since 2026-11-25T22:26:51+00:00date."], "file": "", "text": "shop production has no webhook to replay since 2026-11-25T22:26:51+00:00date. Nothing was changed.", "tone": "ok", "title": "Replay webhooks to shop production: nothing to do", "footer": "R-5 · asked Ana 2026-11-26T00:26:51+00:00clock · nothing was changed", "buttons": [], "private": false}, "offers": {}}', '1a2eb88ece9a63cfc665376e85f219757d88c6a54cb0268b74a52dd4c87669e8', '1a2eb88ece9a63cfc665376e85f219757d88c6a54cb0268b74a52dd4c87669e8', '', 0, 0, '2026-11-26 00:26:52.240915+00', '2026-11-26 00:26:51.693001+00', 44, '2026-11-26 00:26:51.68354+00', '2026-11-26 00:26:52.240915+00'),
	('alert:shop production:3:changed:52', NULL, 'thread', 'C0SHOPOPS', '', 'alert:shop production:3', 1, 'posted', '1795652814.269887', '{"card": {"body": ["shop production: 9 of 9 checks pass again."], "file": "", "text": "shop production: 9 of 9 checks pass again.", "tone": "ok", "title": "", "footer": "", "buttons": [], "private": false}, "offers": {}}', '786cfd00796afe3b18245cfa227b391b0d67c3353c4bae7b2661467fec10d7c3', '786cfd00796afe3b18245cfa227b391b0d67c3353c4bae7b2661467fec10d7c3', '', 0, 0, '2026-11-26 00:26:54.274702+00', '2026-11-26 00:26:54.246369+00', 48, '2026-11-26 00:26:53.701441+00', '2026-11-26 00:26:54.274702+00'),
	('R-4:dm:U0CHI', 4, 'dm', 'D0CHI', 'U0CHI', NULL, 1, 'posted', '1795652809.666037', '{"card": {"body": ["Approved by Ben 2026-11-26T00:26:50+00:00clock\n6 events to http://127.0.0.1:59039/stripe/webhook, asked at Stripe. What the service has is left out.\nThe result is in C0SHOPOPS"], "file": "", "text": "R-4, Replay 6 webhooks to shop production: approved by Ben. The result is in C0SHOPOPS.", "tone": "ok", "title": "6 of 6 webhooks delivered to shop production", "footer": "R-4 by Ana", "buttons": [], "private": false}, "offers": {}}', '2b9d7ccff383c8e8d9dd0e363a05acb64ba5497ef810e6785f6e2d2b8810c3bb', '2b9d7ccff383c8e8d9dd0e363a05acb64ba5497ef810e6785f6e2d2b8810c3bb', '', 0, 0, '2026-11-26 00:26:51.645284+00', '2026-11-26 00:26:49.653754+00', 30, '2026-11-26 00:26:49.62983+00', '2026-11-26 00:26:51.645284+00'),
	('R-4:dm:U0MIA', 4, 'dm', 'D0MIA', 'U0MIA', NULL, 1, 'posted', '1795652809.658194', '{"card": {"body": ["Approved by Ben 2026-11-26T00:26:50+00:00clock\n6 events to http://127.0.0.1:59039/stripe/webhook, asked at Stripe. What the service has is left out.\nThe result is in C0SHOPOPS"], "file": "", "text": "R-4, Replay 6 webhooks to shop production: approved by Ben. The result is in C0SHOPOPS.", "tone": "ok", "title": "6 of 6 webhooks delivered to shop production", "footer": "R-4 by Ana", "buttons": [], "private": false}, "offers": {}}', '2b9d7ccff383c8e8d9dd0e363a05acb64ba5497ef810e6785f6e2d2b8810c3bb', '2b9d7ccff383c8e8d9dd0e363a05acb64ba5497ef810e6785f6e2d2b8810c3bb', '', 0, 0, '2026-11-26 00:26:51.64975+00', '2026-11-26 00:26:49.645076+00', 31, '2026-11-26 00:26:49.630476+00', '2026-11-26 00:26:51.64975+00'),
	('R-9:answer', 9, 'ephemeral', 'C0SHOPOPS', 'U0ELI', NULL, 2, 'posted', '', '{"card": {"body": ["Viewers may only look.\nAna, Ben, Chi or Mia can."], "file": "", "text": "No: Eli may not roll back shop production. Viewers may only look. Ana, Ben, Chi or Mia can. Nothing was changed.", "tone": "stopped", "title": "No: Eli may not roll back shop production", "footer": "Decided by policy.yml:7 · nothing was changed", "buttons": [], "private": true}, "offers": {}}', 'f183c2765e1b96d3d321147a7ff27db03aff3e885154eac2a1cc6ed28fac73cc', 'f183c2765e1b96d3d321147a7ff27db03aff3e885154eac2a1cc6ed28fac73cc', '', 0, 0, '2026-11-26 00:27:44.365382+00', '2026-11-26 00:27:44.345728+00', 69, '2026-11-26 00:27:44.293664+00', '2026-11-26 00:27:44.365382+00'),
	('R-4:root', 4, 'message', 'C0SHOPOPS', '', NULL, 1, 'posted', '1795652810.255638', '{"card": {"body": ["Delivered 6: through Stripe", "Verified 6 of 6 delivered are in the service''s own table (stripe_webhook_events.event_id)\nChanged shop production got 6 webhooks, nothing else", "Asking again sends nothing twice."], "file": "", "text": "6 of 6 webhooks delivered to shop production.", "tone": "ok", "title": "6 of 6 webhooks delivered to shop production", "footer": "R-4 · asked Ana 2026-11-26T00:26:49+00:00clock · approved Ben 2026-11-26T00:26:50+00:00clock · ran 2026-11-26T00:26:50+00:00exact–2026-11-26T00:26:51+00:00exact", "buttons": [{"ask": "", "url": "", "label": "Details", "style": "plain", "action": "run.details", "target": "4-19a9172a", "confirm": null}], "private": false}, "offers": {}}', '4f81c9695d598af2f414d5ee4e6f8b16f648fd77135e0dd56a13f26c08d9ccb6', '4f81c9695d598af2f414d5ee4e6f8b16f648fd77135e0dd56a13f26c08d9ccb6', '', 0, 0, '2026-11-26 00:26:51.637709+00', '2026-11-26 00:26:50.249164+00', 28, '2026-11-26 00:26:49.623419+00', '2026-11-26 00:26:51.637709+00'),
	('R-4:dm:U0BEN', 4, 'dm', 'D0BEN', 'U0BEN', NULL, 1, 'posted', '1795652809.657600', '{"card": {"body": ["Approved by Ben 2026-11-26T00:26:50+00:00clock\n6 events to http://127.0.0.1:59039/stripe/webhook, asked at Stripe. What the service has is left out.\nThe result is in C0SHOPOPS"], "file": "", "text": "R-4, Replay 6 webhooks to shop production: approved by Ben. The result is in C0SHOPOPS.", "tone": "ok", "title": "6 of 6 webhooks delivered to shop production", "footer": "R-4 by Ana", "buttons": [], "private": false}, "offers": {}}', '2b9d7ccff383c8e8d9dd0e363a05acb64ba5497ef810e6785f6e2d2b8810c3bb', '2b9d7ccff383c8e8d9dd0e363a05acb64ba5497ef810e6785f6e2d2b8810c3bb', '', 0, 0, '2026-11-26 00:26:51.643854+00', '2026-11-26 00:26:49.644665+00', 29, '2026-11-26 00:26:49.624853+00', '2026-11-26 00:26:51.643854+00'),
	('R-4:thread:42', 4, 'thread', 'C0SHOPOPS', '', 'R-4:root', 4, 'posted', '1795652813.383556', '{"card": {"body": ["2026-11-26T00:26:51+00:00exact ✅ send 1.1 s · 6 of 6 delivered\n2026-11-26T00:26:51+00:00exact ✅ verify 23 ms · 6 of 6 delivered are in the service''s own table (stripe_webhook_events.event_id)"], "file": "", "text": "2026-11-26T00:26:51+00:00exact ✅ send 1.1 s · 6 of 6 delivered\n2026-11-26T00:26:51+00:00exact ✅ verify 23 ms · 6 of 6 delivered are in the service''s own table (stripe_webhook_events.event_id)", "tone": "info", "title": "", "footer": "", "buttons": [], "private": false}, "upto": 45, "lines": ["2026-11-26T00:26:51+00:00exact ✅ send 1.1 s · 6 of 6 delivered", "2026-11-26T00:26:51+00:00exact ✅ verify 23 ms · 6 of 6 delivered are in the service''s own table (stripe_webhook_events.event_id)"], "offers": {}}', '20a46abd9c24b50da9c78b5229ee1489e7279188cb17bc926166eada0e6b01a0', '20a46abd9c24b50da9c78b5229ee1489e7279188cb17bc926166eada0e6b01a0', '', 0, 0, '2026-11-26 00:26:53.426506+00', '2026-11-26 00:26:53.366788+00', 40, '2026-11-26 00:26:51.598263+00', '2026-11-26 00:26:53.426506+00'),
	('R-4:told', 4, 'thread', 'C0SHOPOPS', '', 'R-4:root', 5, 'posted', '1795652821.553804', '{"card": {"body": ["U0ANA R-4: 6 of 6 webhooks delivered to shop production."], "file": "", "text": "U0ANA R-4: 6 of 6 webhooks delivered to shop production.", "tone": "ok", "title": "", "footer": "", "buttons": [], "private": false}, "offers": {}}', '81d4b25e18eef0babe96214a6f2be5fce3d55366bce937499fb55b8af28c85ad', '81d4b25e18eef0babe96214a6f2be5fce3d55366bce937499fb55b8af28c85ad', '', 0, 0, '2026-11-26 00:27:01.573426+00', '2026-11-26 00:27:01.547825+00', 42, '2026-11-26 00:26:51.618647+00', '2026-11-26 00:27:01.573426+00');
INSERT INTO public.records VALUES
	('health', 'shop', 'staging', 'state', '{"told": [], "since": "2026-11-26T00:26:10.357744+00:00", "state": "ok", "checks": {}, "failures": [], "fine_since": "2026-11-26T00:26:10.357744+00:00", "watched_since": "2026-11-26T00:26:10.357744+00:00"}', NULL, '2026-11-26 00:26:10.368852+00'),
	('bad-release', 'shop', 'production', '727ff033104cb040ccb94adfb55f4d8ffcaa4133', '{"by": "U0ANA", "bad": true, "run": "R-3", "because": "checkout answers 500"}', 3, '2026-11-26 00:26:49.020266+00'),
	('rollback', 'shop', 'production', 'R-3', '{"switch_s": 1.338}', 3, '2026-11-26 00:26:49.025646+00'),
	('replay', 'shop', 'production', 'evt_FTqtaFRNSyM32DYfBb4GmHk3', '{"at": "2026-11-26T00:26:50.830516+00:00", "run": "R-4", "says": "through Stripe", "state": "delivered"}', 4, '2026-11-26 00:26:50.833522+00'),
	('replay', 'shop', 'production', 'evt_dYJ2Af3EinCYsctKQGf5kwYv', '{"at": "2026-11-26T00:26:51.072891+00:00", "run": "R-4", "says": "through Stripe", "state": "delivered"}', 4, '2026-11-26 00:26:51.073147+00'),
	('replay', 'shop', 'production', 'evt_s7PnCXqkwFW1kcZ9jByVbNcV', '{"at": "2026-11-26T00:26:51.107841+00:00", "run": "R-4", "says": "through Stripe", "state": "delivered"}', 4, '2026-11-26 00:26:51.108108+00'),
	('replay', 'shop', 'production', 'evt_FoGxBxyfsQubP7ZY1XqL0RC8', '{"at": "2026-11-26T00:26:51.115780+00:00", "run": "R-4", "says": "through Stripe", "state": "delivered"}', 4, '2026-11-26 00:26:51.117441+00'),
	('replay', 'shop', 'production', 'evt_L69mADNYn8WJjJFisDcswY3K', '{"at": "2026-11-26T00:26:51.150515+00:00", "run": "R-4", "says": "through Stripe", "state": "delivered"}', 4, '2026-11-26 00:26:51.153669+00'),
	('replay', 'shop', 'production', 'evt_MAEhBFf5aZoFkLm7DimJR99H', '{"at": "2026-11-26T00:26:51.471443+00:00", "run": "R-4", "says": "through Stripe", "state": "delivered"}', 4, '2026-11-26 00:26:51.471643+00'),
	('health', 'shop', 'production', 'state', '{"told": [], "since": "2026-11-26T00:26:53.367122+00:00", "state": "ok", "checks": {}, "failures": [], "fine_since": "2026-11-26T00:26:53.367122+00:00", "watched_since": "2026-11-26T00:26:10.366912+00:00"}', NULL, '2026-11-26 00:26:53.601372+00'),
	('backup', 'shop', 'staging', 'B-7', '{"at": "2026-11-26T00:27:12.627380+00:00", "by": "U0ANA", "file": "shop-staging-20261126T002712Z-B-7.dump", "rows": {"public.orders": 40, "public.schema_migrations": 3, "public.stripe_webhook_events": 35}, "size": 10725, "client": 18, "server": 18, "sha256": "00936941938b46a142949f20aac00f23d7eed376239ba5ca2a678bf5ad631cf7", "took_s": 10.883, "encoding": "UTF8", "verified": "restored", "verified_at": "2026-11-26T00:27:31.691630+00:00", "database_size": 7853759}', 8, '2026-11-26 00:27:53.672196+00'),
	('restore test', 'shop', 'staging', 'R-8', '{"at": "2026-11-26T00:27:31.691630+00:00", "rows": 78, "backup": "B-7", "result": "restores", "sha256": "00936941938b46a142949f20aac00f23d7eed376239ba5ca2a678bf5ad631cf7", "tables": 3, "took_s": 21.974, "uncounted": 0}', 8, '2026-11-26 00:27:53.687379+00');
INSERT INTO public.runs OVERRIDING SYSTEM VALUE VALUES
	(1, '6fee0b93-f749-422a-ab51-679e4622308b', 'refused', '/rollback', '', '/rollback shop production', '{"to": "previous", "service": "shop", "environment": "production"}', 'shop', 'production', 'deploy', 'deploy:rollback', 'change', 'U0ELI', 'T0LANTERN', 'C0SHOPOPS', 'slack', '', false, 'Eli may not roll back shop production: viewers may only look. (policy.yml:7)', NULL, NULL, NULL, 'nothing', NULL, NULL, NULL, '2026-11-26 00:26:21.719153+00', NULL, NULL, NULL, '2026-11-26 00:26:21.719153+00'),
	(2, 'e534ab63-30ef-4fc0-abfd-97c12433d15b', 'succeeded', '/health', '', '/health shop production', '{"service": "shop", "environment": "production"}', 'shop', 'production', NULL, 'health:read', 'read', 'U0ANA', 'T0LANTERN', 'C0SHOPOPS', 'slack', '', false, 'shop production: 2 of 9 checks fail. Checkout answers 500, wants 200 (5 of 5 tries); Webhooks 6 undelivered, oldest 15 min. Last change: release 727ff03, 17 min ago.', NULL, NULL, '{"body": ["Checkout answers 500, wants 200 (5 of 5 tries)\nWebhooks 6 undelivered, oldest 15 min\n⚠️ Database answers in 74 ms, wants 50 ms", "✅ 6 fine home 108 ms · shop 78 ms · pool 4/100 · data 8.1 MB · Stripe key · bad signature refused", "Last change 2026-11-26T00:09:19+00:00clock, 17 min ago: release 727ff03 “New checkout” by Mia Novak\nBefore it 4dc3923 ran 6 days"], "file": "", "text": "shop production: 2 of 9 checks fail. Checkout answers 500, wants 200 (5 of 5 tries); Webhooks 6 undelivered, oldest 15 min. Last change: release 727ff03, 17 min ago.", "tone": "fail", "title": "shop production: 2 of 9 checks fail", "footer": "Nothing was changed · 9 checks in 659 ms · 2026-11-26T00:26:21+00:00clock · asked by Ana", "buttons": [{"ask": "/rollback shop production", "url": "", "label": "Roll back…", "style": "plain", "action": "", "target": "", "confirm": null}, {"ask": "/replay-webhook shop production --since 2h", "url": "", "label": "Replay 6 webhooks…", "style": "plain", "action": "", "target": "", "confirm": null}, {"ask": "/incident open shop production", "url": "", "label": "Open incident", "style": "plain", "action": "", "target": "", "confirm": null}, {"ask": "/logs shop production", "url": "", "label": "Logs", "style": "plain", "action": "", "target": "", "confirm": null}, {"ask": "/health shop production", "url": "", "label": "Look again", "style": "plain", "action": "", "target": "", "confirm": null}], "private": false}', 'nothing', 1, NULL, NULL, '2026-11-26 00:26:21.770009+00', NULL, NULL, '2026-11-26 00:26:21.878883+00', '2026-11-26 00:26:22.85422+00'),
	(5, 'b203f721-8b94-435d-ae7b-5925a014a19b', 'succeeded', '/replay-webhook', '', '/replay-webhook shop production --since 2026-11-25T22:26:51Z', '{"again": [], "event": null, "since": "2026-11-25T22:26:51+00:00", "service": "shop", "environment": "production"}', 'shop', 'production', NULL, 'webhook:replay', 'change', 'U0ANA', 'T0LANTERN', 'C0SHOPOPS', 'slack', '', false, 'shop production has no webhook to replay since 2026-11-25T22:26:51+00:00date.', '{"go": "", "now": "", "binds": {}, "steps": [], "tells": [], "usual": null, "button": "", "raises": null, "summary": "", "question": "Replay webhooks to shop production", "nothing_to_do": "shop production has no webhook to replay since 2026-11-25T22:26:51+00:00date.", "raises_because": ""}', '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', NULL, 'nothing', 1, NULL, NULL, '2026-11-26 00:26:51.640189+00', NULL, NULL, NULL, '2026-11-26 00:26:51.667605+00'),
	(6, '722adc7a-f480-4a86-9399-88f1010b02e1', 'interrupted', '/backup', 'db', '/backup db shop staging', '{"service": "shop", "environment": "staging"}', 'shop', 'staging', NULL, 'backup:create', 'record', 'U0ANA', 'T0LANTERN', 'C0SHOPOPS', 'slack', '', false, 'The bot that ran it was not heard of any more: it died, or lost its database. No step was finished before that. How “dump” ended is not known.', NULL, NULL, NULL, 'nothing', 1, NULL, 'U0ANA', '2026-11-26 00:26:52.277473+00', NULL, NULL, '2026-11-26 00:26:52.314444+00', '2026-11-26 00:27:10.981929+00'),
	(10, 'd95ef5f9-d7b8-42c4-81c3-dfdce72b0b95', 'succeeded', '/runs', '', '/runs shop production', '{"run": null, "limit": 10, "service": "shop", "environment": "production"}', 'shop', 'production', NULL, 'run:read', 'read', 'U0ANA', 'T0LANTERN', 'C0SHOPOPS', 'slack', '', false, 'The last 4 runs of shop production, newest first: R-5 /replay-webhook shop production --since 2026-11-25T22:26:51Z is succeeded. Nothing was changed.', NULL, NULL, '{"body": [{"head": ["Run", "What", "Who", "State", "When"], "rows": [["R-5", "/replay-webhook shop production --since 2026-11-25T22:26:51Z", "Ana", "succeeded", "2026-11-26T00:26:51+00:00date"], ["R-4", "/replay-webhook shop production --since 2026-11-25T22:26:49Z", "Ana", "succeeded", "2026-11-26T00:26:49+00:00date"], ["R-3", "/rollback shop production", "Ana", "succeeded", "2026-11-26T00:26:22+00:00date"], ["R-1", "/rollback shop production", "Eli", "refused", "2026-11-26T00:26:21+00:00date"]]}], "file": "", "text": "The last 4 runs of shop production, newest first: R-5 /replay-webhook shop production --since 2026-11-25T22:26:51Z is succeeded. Nothing was changed.", "tone": "info", "title": "4 runs of shop production", "footer": "Nothing was changed · /runs show R-5 tells all of one", "buttons": [], "private": false}', 'nothing', 2, NULL, NULL, '2026-11-26 00:27:44.378509+00', NULL, NULL, '2026-11-26 00:27:44.428726+00', '2026-11-26 00:27:44.477214+00'),
	(11, '1fe21d7d-e24c-4b9a-a090-d65bd75a7535', 'succeeded', '/audit', 'verify', '/audit verify', '{}', NULL, NULL, NULL, 'audit:read', 'read', 'U0ANA', 'T0LANTERN', 'C0SHOPOPS', 'slack', '', false, 'The audit log is whole: 77 events, every one sealed and unchanged. Nothing was changed.', NULL, NULL, '{"body": ["Checked 77 events, every one sealed and unchanged", "Head bfff21a73b15126a"], "file": "", "text": "The audit log is whole: 77 events, every one sealed and unchanged. Nothing was changed.", "tone": "ok", "title": "The audit log is whole", "footer": "Nothing was changed · keep the head somewhere else to prove this log later", "buttons": [], "private": false}', 'nothing', 2, NULL, NULL, '2026-11-26 00:27:44.586852+00', NULL, NULL, '2026-11-26 00:27:44.655915+00', '2026-11-26 00:27:44.755637+00'),
	(3, 'ffc1a639-7995-4684-b052-f5cf434efea5', 'succeeded', '/rollback', '', '/rollback shop production', '{"to": "previous", "service": "shop", "environment": "production"}', 'shop', 'production', 'deploy', 'deploy:rollback', 'change', 'U0ANA', 'T0LANTERN', 'C0SHOPOPS', 'slack', 'checkout answers 500', false, 'shop production is back on 4dc3923: 8 of 9 checks pass, after 21 s. Data not touched. Left to do: Webhooks 6 undelivered, oldest 16 min.', '{"go": "Roll back now", "now": "2 of 9 checks fail (2026-11-26T00:26:22+00:00clock): Checkout answers 500; Webhooks 6 undelivered", "binds": {"to": "4dc392367d61409aad47761504ee23448f93c9d8", "back": ["727ff033104cb040ccb94adfb55f4d8ffcaa4133", "28555b0801143641ec1ef8f0aa5cca5f3cf50096"], "from": "727ff033104cb040ccb94adfb55f4d8ffcaa4133", "place": "shop production", "deploys": {"build": ["/tmp/load2/oldvenv/bin/python", "build.py"], "folder": "/var/lib/watchkeeper/world/shop/production/releases", "run_as": null, "restart": ["/tmp/load2/oldvenv/bin/python", "-m", "bot.sandbox.supervisor", "restart", "production", "--folder", "/var/lib/watchkeeper/world/shop"], "build_env": ["PICTURE_SIZE"], "repository": "a3874d0e3a4eacf3", "restart_env": []}, "forward": [], "migrations": []}, "steps": ["fetch", "build", "switch", "verify"], "tells": ["727ff03 → 4dc3923, which ran 6 days", "takes back 2 commits by Mia Novak: “New checkout”, “VAT rounding”", "no migration between them: data is not touched", "never done here yet, so its length is not known; requests fail while the service restarts", "way back: /rollback shop production --to 727ff03"], "usual": null, "button": "Approve rollback", "raises": null, "summary": "727ff03 → 4dc3923. Data is not touched.", "question": "Roll back shop production", "nothing_to_do": "", "raises_because": ""}', '4023d83cd628731d9296f7db860e4987a86e770f6c131a6d5ade0f1a14606a12', '{"body": ["Verified 8 of 9 checks pass, the other one is left to do\nBefore 2 of 9 checks fail (2026-11-26T00:26:25+00:00clock): Checkout answers 500; Webhooks 6 undelivered\nTook 21 s: fetch 1 · build 18 · switch 1\nChanged the release, nothing else. Data not touched.", "Left to do\n• Webhooks 6 undelivered, oldest 16 min\n• main still holds 727ff03: the next deploy brings it back"], "file": "", "text": "shop production is back on 4dc3923: 8 of 9 checks pass, after 21 s. Data not touched. Left to do: Webhooks 6 undelivered, oldest 16 min.", "tone": "ok", "title": "shop production is back on 4dc3923", "footer": "", "buttons": [{"ask": "/replay-webhook shop production --since 2h", "url": "", "label": "Replay 6 webhooks…", "style": "plain", "action": "", "target": "", "confirm": null}], "private": false}', 'something', 1, NULL, NULL, '2026-11-26 00:26:22.936419+00', '2026-11-26 00:26:25.806426+00', '2026-11-26 00:41:25.806426+00', '2026-11-26 00:26:28.523654+00', '2026-11-26 00:26:49.216474+00'),
	(4, '19a9172a-462f-4ff4-bba4-6c0ef932b45f', 'succeeded', '/replay-webhook', '', '/replay-webhook shop production --since 2026-11-25T22:26:49Z', '{"again": [], "event": null, "since": "2026-11-25T22:26:49+00:00", "service": "shop", "environment": "production"}', 'shop', 'production', NULL, 'webhook:replay', 'change', 'U0ANA', 'T0LANTERN', 'C0SHOPOPS', 'slack', '', false, '6 of 6 webhooks delivered to shop production.', '{"go": "Replay now", "now": "", "binds": {"url": "http://127.0.0.1:59039/stripe/webhook", "way": "asked", "again": [], "place": "shop production", "events": ["evt_dYJ2Af3EinCYsctKQGf5kwYv", "evt_FTqtaFRNSyM32DYfBb4GmHk3", "evt_MAEhBFf5aZoFkLm7DimJR99H", "evt_s7PnCXqkwFW1kcZ9jByVbNcV", "evt_FoGxBxyfsQubP7ZY1XqL0RC8", "evt_L69mADNYn8WJjJFisDcswY3K"], "endpoint": "we_e88d0b72ece8de01d0df52fc"}, "steps": ["look up", "send", "verify"], "tells": ["6 events: payment_intent.succeeded ×4, payment_intent.payment_failed, checkout.session.completed", "Stripe signs them and sends them to http://127.0.0.1:59039/stripe/webhook (endpoint we_e88d0b72ece8de01d0df52fc)", "those about one payment in their order; cannot be taken back", "2026-11-26T00:11:19+00:00date payment_intent.succeeded evt_dYJ2Af3EinCYsctKQGf5kwYv", "2026-11-26T00:13:39+00:00date payment_intent.payment_failed evt_FTqtaFRNSyM32DYfBb4GmHk3", "2026-11-26T00:14:54+00:00date payment_intent.succeeded evt_MAEhBFf5aZoFkLm7DimJR99H", "2026-11-26T00:18:09+00:00date checkout.session.completed evt_s7PnCXqkwFW1kcZ9jByVbNcV", "2026-11-26T00:21:14+00:00date payment_intent.succeeded evt_FoGxBxyfsQubP7ZY1XqL0RC8", "2026-11-26T00:23:49+00:00date payment_intent.succeeded evt_L69mADNYn8WJjJFisDcswY3K"], "usual": null, "button": "Approve replay", "raises": null, "summary": "6 events to http://127.0.0.1:59039/stripe/webhook, asked at Stripe. What the service has is left out.", "question": "Replay 6 webhooks to shop production", "nothing_to_do": "", "raises_because": ""}', '96b76f95f3ed60bd839948d271ac4cd75481fa086f6b2a504fd838634c424c9c', '{"body": ["Delivered 6: through Stripe", "Verified 6 of 6 delivered are in the service''s own table (stripe_webhook_events.event_id)\nChanged shop production got 6 webhooks, nothing else", "Asking again sends nothing twice."], "file": "", "text": "6 of 6 webhooks delivered to shop production.", "tone": "ok", "title": "6 of 6 webhooks delivered to shop production", "footer": "", "buttons": [], "private": false}', 'something', 1, NULL, NULL, '2026-11-26 00:26:49.510026+00', '2026-11-26 00:26:50.291091+00', '2026-11-26 00:41:50.291091+00', '2026-11-26 00:26:50.360531+00', '2026-11-26 00:26:51.5626+00'),
	(7, '76aceb6c-74c9-4824-95fd-742e95166fab', 'succeeded', '/backup', 'db', '/backup db shop staging', '{"service": "shop", "environment": "staging"}', 'shop', 'staging', NULL, 'backup:create', 'record', 'U0ANA', 'T0LANTERN', 'C0SHOPOPS', 'slack', '', false, 'shop staging is backed up as B-7: 10.7 kB, 78 rows in 3 tables, in 11 s. Nothing in the service was changed.', NULL, NULL, '{"body": ["Holds 78 rows in 3 tables; the database is 7.9 MB, the file 10.7 kB\nStored /var/lib/watchkeeper/backups/shop/staging/shop-staging-20261126T002712Z-B-7.dump\nSHA-256 00936941938b46a142949f20aac00f23d7eed376239ba5ca2a678bf5ad631cf7\nTook 17 s: dump 11 · check 6\nFirst backup of shop staging on record\nChecked the file is whole; whether it restores is not tried yet\nChanged one new file in the backup store, nothing in the service"], "file": "", "text": "shop staging is backed up as B-7: 10.7 kB, 78 rows in 3 tables, in 11 s. Nothing in the service was changed.", "tone": "ok", "title": "shop staging is backed up: B-7", "footer": "", "buttons": [{"ask": "/backup verify shop staging B-7", "url": "", "label": "Verify by restoring a copy", "style": "plain", "action": "", "target": "", "confirm": null}], "private": false}', 'something', 2, NULL, NULL, '2026-11-26 00:27:12.241868+00', NULL, NULL, '2026-11-26 00:27:12.642052+00', '2026-11-26 00:27:29.942871+00'),
	(9, 'b4482d93-582c-467f-bca6-bb04f0dbbe6a', 'succeeded', '/can', '', '/can rollback shop production', '{"line": "rollback shop production", "person": null}', NULL, NULL, NULL, 'policy:read', 'read', 'U0ELI', 'T0LANTERN', 'C0SHOPOPS', 'slack', '', false, 'No: Eli may not roll back shop production. Viewers may only look. Ana, Ben, Chi or Mia can. Nothing was changed.', NULL, NULL, '{"body": ["Viewers may only look.\nAna, Ben, Chi or Mia can."], "file": "", "text": "No: Eli may not roll back shop production. Viewers may only look. Ana, Ben, Chi or Mia can. Nothing was changed.", "tone": "stopped", "title": "No: Eli may not roll back shop production", "footer": "Decided by policy.yml:7 · nothing was changed", "buttons": [], "private": true}', 'nothing', 2, NULL, NULL, '2026-11-26 00:27:43.991448+00', NULL, NULL, '2026-11-26 00:27:44.092958+00', '2026-11-26 00:27:44.187306+00'),
	(8, '7c666ce4-95b3-473a-9c53-17bfeb6b6b68', 'succeeded', '/backup', 'verify', '/backup verify shop staging latest', '{"quick": false, "backup": "latest", "service": "shop", "environment": "staging"}', 'shop', 'staging', NULL, 'backup:verify', 'record', 'U0ANA', 'T0LANTERN', 'C0SHOPOPS', 'slack', '', false, 'B-7 of shop staging restores: 78 rows in 3 tables, as many as when it was made. Nothing in the service was changed.', NULL, NULL, '{"body": ["Restored 78 rows in 3 tables into a scratch database: as many as when it was made\nTook 22 s\nChanged nothing in the service; the scratch database is dropped"], "file": "", "text": "B-7 of shop staging restores: 78 rows in 3 tables, as many as when it was made. Nothing in the service was changed.", "tone": "ok", "title": "B-7 of shop staging restores", "footer": "B-7 is 10.7 kB, made 2026-11-26T00:27:12+00:00date", "buttons": [], "private": false}', 'something', 2, NULL, NULL, '2026-11-26 00:27:31.442313+00', NULL, NULL, '2026-11-26 00:27:31.695367+00', '2026-11-26 00:27:53.730278+00');
INSERT INTO public.votes VALUES
	(3, 'U0BEN', true, '4023d83cd628731d9296f7db860e4987a86e770f6c131a6d5ade0f1a14606a12', 'slack', '2026-11-26 00:26:25.784267+00'),
	(4, 'U0BEN', true, '96b76f95f3ed60bd839948d271ac4cd75481fa086f6b2a504fd838634c424c9c', 'slack', '2026-11-26 00:26:50.287991+00');
INSERT INTO public.workers OVERRIDING SYSTEM VALUE VALUES
	(1, 'vm:23114', '2026-11-26 00:26:10.025727+00', '2026-11-26 00:26:55.104374+00', '2026-11-26 00:27:10.929801+00'),
	(2, 'vm:25699', '2026-11-26 00:27:01.031494+00', '2026-11-26 00:27:52.782705+00', '2026-11-26 00:27:53.788576+00');
SELECT pg_catalog.setval('public.events_id_seq', 83, true);
SELECT pg_catalog.setval('public.posts_number_seq', 77, true);
SELECT pg_catalog.setval('public.runs_id_seq', 11, true);
SELECT pg_catalog.setval('public.workers_id_seq', 2, true);
ALTER TABLE ONLY public.approvals
    ADD CONSTRAINT approvals_pkey PRIMARY KEY (run_id);
ALTER TABLE ONLY public.clock
    ADD CONSTRAINT clock_pkey PRIMARY KEY (only_row);
ALTER TABLE ONLY public.cursors
    ADD CONSTRAINT cursors_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT deliveries_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.event_payloads
    ADD CONSTRAINT event_payloads_pkey PRIMARY KEY (event_id);
ALTER TABLE ONLY public.event_seals
    ADD CONSTRAINT event_seals_event_id_key UNIQUE (event_id);
ALTER TABLE ONLY public.event_seals
    ADD CONSTRAINT event_seals_pkey PRIMARY KEY (number);
ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.facts
    ADD CONSTRAINT facts_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.locks
    ADD CONSTRAINT locks_pkey PRIMARY KEY (service, environment, kind);
ALTER TABLE ONLY public.migrations
    ADD CONSTRAINT migrations_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.offers
    ADD CONSTRAINT offers_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (event_id);
ALTER TABLE ONLY public.people
    ADD CONSTRAINT people_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.posts
    ADD CONSTRAINT posts_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.records
    ADD CONSTRAINT records_pkey PRIMARY KEY (kind, service, environment, key);
ALTER TABLE ONLY public.reply_urls
    ADD CONSTRAINT reply_urls_pkey PRIMARY KEY (run_id);
ALTER TABLE ONLY public.run_files
    ADD CONSTRAINT run_files_pkey PRIMARY KEY (run_id, name);
ALTER TABLE ONLY public.runs
    ADD CONSTRAINT runs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.runs
    ADD CONSTRAINT runs_uuid_key UNIQUE (uuid);
ALTER TABLE ONLY public.schedules
    ADD CONSTRAINT schedules_schedule_fire_at_key UNIQUE (schedule, fire_at);
ALTER TABLE ONLY public.votes
    ADD CONSTRAINT votes_pkey PRIMARY KEY (run_id, voter);
ALTER TABLE ONLY public.workers
    ADD CONSTRAINT workers_pkey PRIMARY KEY (id);
CREATE INDEX approvals_expiring ON public.approvals USING btree (expires_at) WHERE (state = 'waiting'::text);
CREATE INDEX deliveries_at ON public.deliveries USING btree (at);
CREATE INDEX events_run ON public.events USING btree (run_id, id);
CREATE UNIQUE INDEX locks_run ON public.locks USING btree (run_id);
CREATE UNIQUE INDEX offers_line ON public.offers USING btree (md5(line));
CREATE INDEX posts_due ON public.posts USING btree (priority, number) WHERE ((state = ANY (ARRAY['intended'::text, 'unknown'::text])) OR ((state = 'posted'::text) AND (kind = ANY (ARRAY['message'::text, 'dm'::text])) AND (digest IS DISTINCT FROM wanted_digest)));
CREATE INDEX posts_run ON public.posts USING btree (run_id);
CREATE INDEX records_newest ON public.records USING btree (kind, at DESC);
CREATE INDEX runs_claimable ON public.runs USING btree (id) WHERE (state = ANY (ARRAY['received'::text, 'queued'::text]));
CREATE INDEX runs_held ON public.runs USING btree (worker) WHERE (state = ANY (ARRAY['planning'::text, 'starting'::text, 'running'::text, 'verifying'::text]));
CREATE INDEX runs_open ON public.runs USING btree (actor, text) WHERE (state = ANY (ARRAY['received'::text, 'planning'::text, 'waiting'::text, 'queued'::text, 'starting'::text, 'running'::text, 'verifying'::text]));
CREATE INDEX runs_place ON public.runs USING btree (service, environment, command, finished_at);
CREATE INDEX runs_waiting ON public.runs USING btree (service, environment, lock, approved_at) WHERE (state = 'waiting'::text);
CREATE TRIGGER events_kept BEFORE DELETE OR UPDATE ON public.events FOR EACH ROW EXECUTE FUNCTION public.refuse_change();
CREATE TRIGGER events_whole BEFORE TRUNCATE ON public.events FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();
CREATE TRIGGER payloads_kept BEFORE DELETE OR UPDATE ON public.event_payloads FOR EACH ROW EXECUTE FUNCTION public.refuse_change();
CREATE TRIGGER payloads_whole BEFORE TRUNCATE ON public.event_payloads FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();
CREATE TRIGGER runs_final BEFORE UPDATE OF state ON public.runs FOR EACH ROW EXECUTE FUNCTION public.keep_runs_final();
CREATE TRIGGER seals_kept BEFORE DELETE OR UPDATE ON public.event_seals FOR EACH ROW EXECUTE FUNCTION public.refuse_change();
CREATE TRIGGER seals_whole BEFORE TRUNCATE ON public.event_seals FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();
ALTER TABLE ONLY public.approvals
    ADD CONSTRAINT approvals_run_id_fkey FOREIGN KEY (run_id) REFERENCES public.runs(id);
ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT deliveries_run_id_fkey FOREIGN KEY (run_id) REFERENCES public.runs(id);
ALTER TABLE ONLY public.event_payloads
    ADD CONSTRAINT event_payloads_event_id_fkey FOREIGN KEY (event_id) REFERENCES public.events(id);
ALTER TABLE ONLY public.event_seals
    ADD CONSTRAINT event_seals_event_id_fkey FOREIGN KEY (event_id) REFERENCES public.events(id);
ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_run_id_fkey FOREIGN KEY (run_id) REFERENCES public.runs(id);
ALTER TABLE ONLY public.locks
    ADD CONSTRAINT locks_run_id_fkey FOREIGN KEY (run_id) REFERENCES public.runs(id);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_event_id_fkey FOREIGN KEY (event_id) REFERENCES public.events(id);
ALTER TABLE ONLY public.posts
    ADD CONSTRAINT posts_run_id_fkey FOREIGN KEY (run_id) REFERENCES public.runs(id);
ALTER TABLE ONLY public.records
    ADD CONSTRAINT records_run_id_fkey FOREIGN KEY (run_id) REFERENCES public.runs(id);
ALTER TABLE ONLY public.reply_urls
    ADD CONSTRAINT reply_urls_run_id_fkey FOREIGN KEY (run_id) REFERENCES public.runs(id);
ALTER TABLE ONLY public.run_files
    ADD CONSTRAINT run_files_run_id_fkey FOREIGN KEY (run_id) REFERENCES public.runs(id);
ALTER TABLE ONLY public.runs
    ADD CONSTRAINT runs_worker_fkey FOREIGN KEY (worker) REFERENCES public.workers(id);
ALTER TABLE ONLY public.schedules
    ADD CONSTRAINT schedules_run_id_fkey FOREIGN KEY (run_id) REFERENCES public.runs(id);
ALTER TABLE ONLY public.votes
    ADD CONSTRAINT votes_run_id_fkey FOREIGN KEY (run_id) REFERENCES public.approvals(run_id);
