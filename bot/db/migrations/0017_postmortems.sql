-- What people say for a post-mortem, and when it is due. A row for each time an incident was resolved.

CREATE TABLE postmortems (
    incident_id bigint PRIMARY KEY REFERENCES incidents,
    summary text NOT NULL DEFAULT '',
    cause text NOT NULL DEFAULT '',
    judged_at timestamptz,
    due_at timestamptz,
    done_at timestamptz,
    done_by text,
    reminded_on date
);
COMMENT ON COLUMN postmortems.judged_at IS 'the resolved_at for which it was worked out whether one is due';
CREATE INDEX postmortems_due ON postmortems (due_at) WHERE due_at IS NOT NULL AND done_at IS NULL;
