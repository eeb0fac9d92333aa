-- beside the work
-- How what is forgotten is found without reading all that is kept, and whom no message reaches without asking for each.
CREATE INDEX CONCURRENTLY IF NOT EXISTS posts_forgotten ON posts (updated_at)
    WHERE state = 'gone' OR (state = 'posted' AND wanted->>'open' IS DISTINCT FROM 'true');
CREATE INDEX CONCURRENTLY IF NOT EXISTS posts_unreachable ON posts (run_id)
    WHERE kind = 'dm' AND state = 'gone' AND ts IS NULL AND error <> 'no longer wanted';
DROP INDEX CONCURRENTLY IF EXISTS posts_undelivered;
