-- Incidents: what is wrong, who is on it, where they talk; and the timeline, a projection of sealed events.

CREATE TABLE incidents (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    title text NOT NULL CHECK (length(title) BETWEEN 1 AND 300),
    type text NOT NULL DEFAULT 'outage' CHECK (type IN ('outage', 'security')),
    severity text NOT NULL CHECK (severity IN ('sev1', 'sev2', 'sev3', 'sev4')),
    state text NOT NULL DEFAULT 'investigating'
        CHECK (state IN ('investigating', 'identified', 'monitoring', 'resolved', 'closed')),
    private boolean NOT NULL DEFAULT false,
    test boolean NOT NULL DEFAULT false,
    opened_by text NOT NULL,
    team text NOT NULL,
    asked_in text NOT NULL DEFAULT '',
    run_id bigint UNIQUE REFERENCES runs,
    merged_into bigint REFERENCES incidents,
    summary text NOT NULL DEFAULT '',
    place text CHECK (place IN ('channel', 'thread')),
    channel text,
    channel_name text,
    root_ts text,
    opened_at timestamptz NOT NULL DEFAULT clock_now(),
    acknowledged_at timestamptz,
    acknowledged_by text,
    identified_at timestamptz,
    mitigated_at timestamptz,
    resolved_at timestamptz,
    closed_at timestamptz,
    update_due_at timestamptz,
    from_number bigint,
    changed bigint NOT NULL DEFAULT 1,
    shown bigint NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX incidents_channel ON incidents (channel) WHERE place = 'channel';
CREATE INDEX incidents_open ON incidents (id) WHERE state <> 'closed';
CREATE INDEX incidents_unshown ON incidents (id) WHERE changed > shown;

-- What it concerns; environment '' = every environment of the service.
CREATE TABLE incident_services (
    incident_id bigint NOT NULL REFERENCES incidents,
    service text NOT NULL,
    environment text NOT NULL DEFAULT '',
    PRIMARY KEY (incident_id, service, environment)
);

-- Who holds which role now; the history is in the events.
CREATE TABLE incident_roles (
    incident_id bigint NOT NULL REFERENCES incidents,
    role text NOT NULL,
    person text NOT NULL,
    since timestamptz NOT NULL DEFAULT clock_now(),
    PRIMARY KEY (incident_id, role)
);

-- Who was brought in: of a private incident only they (and admins) may know.
CREATE TABLE incident_people (
    incident_id bigint NOT NULL REFERENCES incidents,
    person text NOT NULL,
    invited_at timestamptz,
    at timestamptz NOT NULL DEFAULT clock_now(),
    PRIMARY KEY (incident_id, person)
);

-- Whom the rotation asked, in order. answered_at: [I'm on it]; told_off: [I know: stop asking].
CREATE TABLE incident_calls (
    incident_id bigint NOT NULL REFERENCES incidents,
    person text NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT clock_now(),
    answered_at timestamptz,
    PRIMARY KEY (incident_id, person)
);

-- What is to be done outside PostgreSQL after the opening, each step once: channel, topic, invite, pin …
CREATE TABLE incident_steps (
    incident_id bigint NOT NULL REFERENCES incidents,
    step text NOT NULL,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'done', 'skipped', 'failed')),
    tried text NOT NULL DEFAULT '',
    note text NOT NULL DEFAULT '',
    attempts integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL DEFAULT clock_now(),
    PRIMARY KEY (incident_id, step)
);
CREATE INDEX incident_steps_due ON incident_steps (due_at) WHERE state = 'pending';

-- One line of a timeline. A source counts once per incident, however often it is told.
CREATE TABLE timeline_entries (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id bigint NOT NULL REFERENCES incidents,
    number integer NOT NULL,
    source text NOT NULL,
    source_id text NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    author text NOT NULL DEFAULT '',
    text text NOT NULL,
    public boolean NOT NULL DEFAULT false,
    typed boolean NOT NULL DEFAULT false,
    before_opening boolean NOT NULL DEFAULT false,
    permalink text NOT NULL DEFAULT '',
    files jsonb NOT NULL DEFAULT '[]',
    hidden text NOT NULL DEFAULT '' CHECK (hidden IN ('', 'person', 'source')),
    event bigint NOT NULL,
    told_in text,
    UNIQUE (incident_id, number),
    UNIQUE (incident_id, source, source_id)
);
CREATE INDEX timeline_untold ON timeline_entries (incident_id, number) WHERE told_in IS NULL;
CREATE INDEX timeline_told ON timeline_entries (told_in) WHERE told_in IS NOT NULL;

-- Every correction, as it was and as it is: history is never lost.
CREATE TABLE timeline_corrections (
    entry_id bigint NOT NULL REFERENCES timeline_entries,
    event bigint NOT NULL,
    at timestamptz NOT NULL,
    by text NOT NULL,
    before jsonb NOT NULL,
    after jsonb NOT NULL,
    PRIMARY KEY (entry_id, event)
);

CREATE TABLE followups (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id bigint NOT NULL REFERENCES incidents,
    text text NOT NULL,
    owner text NOT NULL DEFAULT '',
    due date,
    added_by text NOT NULL,
    added_at timestamptz NOT NULL DEFAULT clock_now(),
    done_at timestamptz,
    done_by text,
    run_id bigint UNIQUE REFERENCES runs,
    reminded_on date
);
CREATE INDEX followups_open ON followups (due) WHERE done_at IS NULL;

-- The timeline begins with what is sealed from now on.
INSERT INTO cursors (name, number) SELECT 'timeline', coalesce(max(number), 0) FROM event_seals;

-- `reply`: a message in a thread that is edited as what it tells changes; in its thread strictly in order.
ALTER TABLE posts DROP CONSTRAINT posts_kind_check;
ALTER TABLE posts ADD CONSTRAINT posts_kind_check
    CHECK (kind IN ('message', 'dm', 'thread', 'ephemeral', 'file', 'reply')) NOT VALID;
ALTER TABLE posts VALIDATE CONSTRAINT posts_kind_check;
DROP INDEX posts_due;
CREATE INDEX posts_due ON posts (priority, number)
    WHERE state IN ('intended', 'unknown')
       OR (state = 'posted' AND kind IN ('message', 'dm', 'reply') AND digest IS DISTINCT FROM wanted_digest);
CREATE INDEX posts_in_thread ON posts (thread_key, number) WHERE kind = 'reply' AND state IN ('intended', 'unknown');
