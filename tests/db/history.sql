-- A long history in little time: what has gathered, and a thousand requests that wait among it. `:runs` and `:events`
-- are put in by whoever reads this; the seals are numbers with a made-up hash, no chain that verifies.
SET session_replication_role = replica;
INSERT INTO workers (name, ended_at) SELECT 'w' || n, CASE WHEN n < 2000 THEN now() END FROM generate_series(1, 2000) n;
INSERT INTO runs (state, command, verb, text, request, service, environment, lock, permission, risk, actor, team, channel,
                  via, worker, changed, created_at, started_at, finished_at, approved_at)
SELECT CASE WHEN n > :runs - 1000 THEN 'waiting' ELSE 'succeeded' END,
       CASE WHEN n % 10 = 0 OR n > :runs - 1000 THEN '/rollback' ELSE '/health' END, '', 'line ' || n, '{}', 's' || n % 20,
       'production', CASE WHEN n % 10 = 0 OR n > :runs - 1000 THEN 'deploy' END, 'deploy:rollback',
       CASE WHEN n % 10 = 0 OR n > :runs - 1000 THEN 'change' ELSE 'read' END, 'U' || n % 200, 'T0', 'C' || n % 50, 'slack',
       n % 2000 + 1, CASE WHEN n <= :runs - 1000 THEN 'nothing' END, at, CASE WHEN n <= :runs - 1000 THEN at END,
       CASE WHEN n <= :runs - 1000 THEN at END, CASE WHEN n <= :runs - 1000 THEN at END
FROM generate_series(1, :runs) n, LATERAL (SELECT now() - (:runs - n) * interval '2 minutes' AS at) t;
INSERT INTO approvals (run_id, state, need, asked, confirm, digest, asked_at, expires_at, alone_after)
SELECT n, CASE WHEN n > :runs - 1000 THEN 'waiting' ELSE 'granted' END, 1, '{U0ANA,U0BEN}', 'button', 'd', now(),
       now() + interval '30 minutes', interval '3 minutes'
FROM generate_series(10, :runs) n WHERE n % 10 = 0 OR n > :runs - 1000;
INSERT INTO votes (run_id, voter, yes, digest, via) SELECT run_id, 'U0BEN', true, 'd', 'slack' FROM approvals WHERE state <> 'waiting';
INSERT INTO locks (service, environment, kind, run_id) SELECT 's' || n, 'production', 'deploy', n * 10 FROM generate_series(1, 20) n;
INSERT INTO posts (key, run_id, kind, channel, thread_key, priority, state, ts, wanted, wanted_digest, digest)
SELECT 'R-' || n || ':root', n, 'message', 'C1', NULL, 1, 'posted', '1.' || n, '{}', 'd', 'd' FROM generate_series(1, :runs) n;
INSERT INTO posts (key, run_id, kind, thread_key, priority, state, ts, wanted, wanted_digest, digest)
SELECT 'R-' || n || ':thread:1', n, 'thread', 'R-' || n || ':root', 4,
       CASE WHEN n > :runs - 200 THEN 'intended' ELSE 'posted' END, CASE WHEN n <= :runs - 200 THEN '1' END, '{"upto": 3}', 'd', 'd'
FROM generate_series(1, :runs) n;
INSERT INTO events (kind, run_id, actor, service, environment, at, digest)
SELECT CASE n % 3 WHEN 0 THEN 'request.received' WHEN 1 THEN 'run.started' ELSE 'run.ended' END, n % :runs + 1, 'U' || n % 200,
       's' || n % 20, 'production', now() - (:events - n) * interval '40 seconds', sha256('{}')
FROM generate_series(0, :events - 10) n;
INSERT INTO event_payloads (event_id, body) SELECT id, '{}' FROM events;
INSERT INTO event_seals (number, event_id, hash) SELECT id, id, sha256('x') FROM events;
INSERT INTO incidents (title, severity, state, opened_by, team, place, channel, root_ts, private, from_number, opened_at)
SELECT 'i' || n, 'sev2', CASE WHEN n > 1995 THEN 'investigating' ELSE 'closed' END, 'U0ANA', 'T0', 'channel', 'I' || n, '1.' || n,
       n % 50 = 0, n, now() - interval '1 day'
FROM generate_series(1, 2000) n;
UPDATE incidents SET shown = changed WHERE id <= 1999;
INSERT INTO incident_services (incident_id, service) SELECT n, 's' || n % 20 FROM generate_series(1, 2000) n;
INSERT INTO incident_steps (incident_id, step, state)
SELECT n, step, CASE WHEN n > 1998 THEN 'pending' ELSE 'done' END
FROM generate_series(1, 2000) n, unnest('{channel,invite,topic,bookmark,pin,call}'::text[]) step;
INSERT INTO timeline_entries (incident_id, number, source, source_id, occurred_at, recorded_at, text, event, told_in)
SELECT n % 2000 + 1, n / 2000 + 1, 'event', n, now(), now(), 'what happened', n, CASE WHEN n < 19990 THEN 'I-' || n END
FROM generate_series(0, 19999) n;
INSERT INTO schedules (schedule, fire_at, state, rule)
SELECT 'check ' || n % 5, now() - n * interval '1 minute', 'fired', 'r' FROM generate_series(1, 10000) n;
INSERT INTO reviews (run_id, way, actor, because, next_at, verdict, reviewer, reviewed_at)
SELECT n * 10, 'alone', 'U0ANA', 'b', now(), 'fine', 'U0BEN', now() FROM generate_series(1, 1500) n;
INSERT INTO freezes (run_id, set_by, reason, since, until, ended_at)
SELECT n, 'U0ANA', 'r', now() - interval '2 days', now() - interval '1 day', now() FROM generate_series(1, 1500) n;
INSERT INTO homes (person, due_at) SELECT 'U' || n, NULL FROM generate_series(1, 1000) n;
INSERT INTO deliveries (key, run_id) SELECT sha256(n::text::bytea), n FROM generate_series(1, :runs) n;
INSERT INTO away (begun, ended, why, told_at) SELECT now() - n * interval '1 hour', now(), 'bot', now() FROM generate_series(1, 1500) n;
SET session_replication_role = DEFAULT;
ANALYZE;
