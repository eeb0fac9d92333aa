-- Indexes for what is asked each second or at each command, so that a long history makes nothing slower.
-- tests/db/test_plans.py asks each of these questions of a full database and looks at the plan.

-- The sweepers, each second.
CREATE INDEX workers_here ON workers (id) WHERE ended_at IS NULL;
CREATE INDEX approvals_waiting ON approvals (run_id) WHERE state = 'waiting';
CREATE INDEX posts_undelivered ON posts (key) WHERE state = 'gone' AND ts IS NULL AND error <> 'no longer wanted';
CREATE INDEX runs_turn ON runs (service, environment, lock) WHERE state = 'waiting' AND approved_at IS NOT NULL;

-- The send queue: what of a thread is still to be sent before the next line of it. One index for every kind.
CREATE INDEX posts_thread_before ON posts (thread_key, kind) WHERE state IN ('intended', 'unknown');
DROP INDEX posts_thread_open, posts_in_thread;
CREATE INDEX posts_alert_open ON posts ((wanted->>'alert')) WHERE run_id IS NULL AND wanted->>'open' = 'true';

-- `/runs`, and what changed or was asked for around an incident.
CREATE INDEX runs_listed ON runs (id) WHERE risk <> 'read' OR state NOT IN ('succeeded', 'refused');
CREATE INDEX runs_changes ON runs (service, created_at) WHERE risk IN ('change', 'destructive');
CREATE INDEX runs_channel ON runs (channel, created_at);
CREATE INDEX incidents_thread ON incidents (channel, root_ts);
CREATE INDEX incidents_private ON incidents (id) WHERE private;

-- At an incident's opening: every kind that may explain it, where 0019 knew two.
CREATE INDEX events_told_of_at ON events (at)
    WHERE kind IN ('health.changed', 'run.ended', 'deploy.seen', 'vendor.changed', 'webhook.received');
DROP INDEX events_looked_back_at;
