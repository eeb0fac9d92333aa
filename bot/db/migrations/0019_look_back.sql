-- At an incident's opening the hour before it is looked at: only what could matter, by its time.

CREATE INDEX events_looked_back_at ON events (at) WHERE kind IN ('health.changed', 'run.ended');
