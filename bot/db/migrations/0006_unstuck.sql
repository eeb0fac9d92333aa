-- Nobody is ever stuck: who was asked when, who went on without votes, and who looked at it afterwards.

-- first: asked at once, before everyone in `asked`; empty = everyone at once. wave: 0 first, 1 everyone, 2 last call.
-- stopped: who said that they know. way: how it was granted.
ALTER TABLE approvals
    ADD COLUMN first text[] NOT NULL DEFAULT '{}',
    ADD COLUMN wave integer NOT NULL DEFAULT 1 CHECK (wave BETWEEN 0 AND 2),
    ADD COLUMN stopped text[] NOT NULL DEFAULT '{}',
    ADD COLUMN alone_after interval,
    ADD COLUMN alone_offered_at timestamptz,
    ADD COLUMN glass boolean NOT NULL DEFAULT false,
    ADD COLUMN hold interval,
    ADD COLUMN way text NOT NULL DEFAULT 'votes' CHECK (way IN ('votes', 'alone', 'glass')),
    ADD COLUMN way_because text NOT NULL DEFAULT '';

-- Confirmed, and not before then: whoever asked may still stop it.
ALTER TABLE runs ADD COLUMN hold_until timestamptz;

-- What ran without votes is looked at by somebody else afterwards, asked again daily until it is done.
CREATE TABLE reviews (
    run_id bigint PRIMARY KEY REFERENCES runs,
    way text NOT NULL CHECK (way IN ('alone', 'glass')),
    actor text NOT NULL,
    because text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_now(),
    next_at timestamptz NOT NULL,
    times integer NOT NULL DEFAULT 0,
    verdict text CHECK (verdict IN ('fine', 'talk', 'moot')),
    reviewer text,
    says text NOT NULL DEFAULT '',
    reviewed_at timestamptz,
    CHECK ((verdict IS NULL) = (reviewed_at IS NULL))
);
CREATE INDEX reviews_open ON reviews (next_at) WHERE reviewed_at IS NULL;
