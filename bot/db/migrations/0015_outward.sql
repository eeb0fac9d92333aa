-- What people outside were told of an incident, the clock of the next update, and a security incident's checklist.

CREATE TABLE public_updates (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id bigint NOT NULL REFERENCES incidents,
    run_id bigint NOT NULL UNIQUE REFERENCES runs,
    state text NOT NULL CHECK (state IN ('investigating', 'identified', 'monitoring', 'resolved')),
    text text NOT NULL,
    posted_by text NOT NULL,
    posted_at timestamptz NOT NULL DEFAULT clock_now(),
    next_at timestamptz
);
CREATE INDEX public_updates_of ON public_updates (incident_id, id);

-- One row for each incident that somebody told the clock something about. A turn is one update to come: 1, 2, 3 …
CREATE TABLE update_clocks (
    incident_id bigint PRIMARY KEY REFERENCES incidents,
    snoozed_turn integer NOT NULL DEFAULT 0,
    snoozed_until timestamptz,
    round integer NOT NULL DEFAULT 0,
    silenced_by text,
    late_minutes integer NOT NULL DEFAULT 0
);

-- Who was asked for which update, with the words that they were shown: once each.
CREATE TABLE update_asks (
    incident_id bigint NOT NULL REFERENCES incidents,
    turn integer NOT NULL,
    round integer NOT NULL,
    kind text NOT NULL CHECK (kind IN ('lead', 'draft', 'reminder')),
    person text NOT NULL,
    due_at timestamptz NOT NULL,
    text text NOT NULL DEFAULT '',
    notes jsonb NOT NULL DEFAULT '[]',
    at timestamptz NOT NULL DEFAULT clock_now(),
    PRIMARY KEY (incident_id, turn, round, kind, person)
);

-- The steps of a security incident: who has one, who did it.
CREATE TABLE incident_checklist (
    incident_id bigint NOT NULL REFERENCES incidents,
    step text NOT NULL,
    owner text,
    done_at timestamptz,
    done_by text,
    PRIMARY KEY (incident_id, step)
);
ALTER TABLE incidents ADD COLUMN suspected_at timestamptz;
