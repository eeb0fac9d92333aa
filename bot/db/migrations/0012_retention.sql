-- What is kept for a time only: how the duty that removes it finds the oldest.
CREATE INDEX runs_answers ON runs (finished_at) WHERE risk = 'read' AND outcome IS NOT NULL;
