-- What happens by itself: every instant at which a schedule was due, once, and what became of it.

-- begun: first seen, nothing before it was due; fired; late: made up for; missed: never run; ended: left the catalog.
CREATE TABLE schedules (
    schedule text NOT NULL,
    fire_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('begun', 'fired', 'late', 'missed', 'ended')),
    rule text NOT NULL,
    run_id bigint REFERENCES runs,
    at timestamptz NOT NULL DEFAULT clock_now(),
    UNIQUE (schedule, fire_at)
);

ALTER TABLE runs DROP CONSTRAINT runs_via_check;
ALTER TABLE runs ADD CONSTRAINT runs_via_check CHECK (via IN ('slack', 'terminal', 'schedule')) NOT VALID;
ALTER TABLE runs VALIDATE CONSTRAINT runs_via_check;
