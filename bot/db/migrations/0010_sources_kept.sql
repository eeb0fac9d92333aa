-- Messages that people put into a timeline by hand: what they say, and who still wants them there.

-- wanted: to be completed (text, link) and added; added: in the timeline; gone: nobody marks it any more;
-- deleted: deleted in Slack; elsewhere: not an incident's, nothing of it is kept.
CREATE TABLE kept_messages (
    channel text NOT NULL,
    ts text NOT NULL,
    state text NOT NULL DEFAULT 'wanted' CHECK (state IN ('wanted', 'added', 'gone', 'deleted', 'elsewhere')),
    incident_id bigint REFERENCES incidents,
    by text NOT NULL,
    content jsonb,
    edited numeric NOT NULL DEFAULT 0,
    attempts integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    PRIMARY KEY (channel, ts)
);
CREATE INDEX kept_messages_due ON kept_messages (due_at) WHERE state = 'wanted';

-- Who marked a message, and how; told: Slack's time of what was heard last, since events may come out of order.
CREATE TABLE message_marks (
    channel text NOT NULL,
    ts text NOT NULL,
    how text NOT NULL CHECK (how IN ('pushpin', 'pin', 'upload', 'shortcut')),
    person text NOT NULL,
    is_set boolean NOT NULL,
    told numeric NOT NULL,
    PRIMARY KEY (channel, ts, how, person)
);
