-- Which channels people of other companies are in (Slack Connect), as Slack answered or told last.

-- asked_at: when the question was put whose answer this is. told_at: when an event said otherwise.
CREATE TABLE channels (
    id text PRIMARY KEY,
    shared boolean NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT '-infinity',
    told_at timestamptz NOT NULL DEFAULT '-infinity'
);
