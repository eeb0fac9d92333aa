-- A time of day that somebody types is one of their own day: the name of their time zone, as Slack has it.
ALTER TABLE people ADD COLUMN zone text NOT NULL DEFAULT '';
