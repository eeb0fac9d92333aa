-- Read-only links to a live timeline are signed with a key of the incident's own: another key makes all of them void.

ALTER TABLE incidents ADD COLUMN link_key bytea NOT NULL DEFAULT sha256(gen_random_uuid()::text::bytea);
