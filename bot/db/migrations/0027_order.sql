-- beside the work
-- What is typed about an incident takes effect in the order in which it came: is anything before it still to be done?
CREATE INDEX CONCURRENTLY IF NOT EXISTS runs_in_order ON runs (id)
    WHERE risk = 'record' AND command IN ('/incident', '/postmortem', '/timeline')
      AND state IN ('queued', 'starting', 'running', 'verifying');

-- Answers for one person alone leave after their time, also those of what was recorded: they may hold a link.
CREATE INDEX CONCURRENTLY IF NOT EXISTS runs_answers_alone ON runs (finished_at)
    WHERE outcome IS NOT NULL AND (risk = 'read' OR outcome->>'private' = 'true');
