-- Keeps what every row was before and after each change, in the order in which it happened. For tests.

CREATE TABLE shadow (
    n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    of text NOT NULL,
    before jsonb,
    after jsonb
);

CREATE FUNCTION cast_shadow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO shadow (of, before, after) VALUES (TG_TABLE_NAME, to_jsonb(OLD), to_jsonb(NEW));
    RETURN NULL;
END $$;

CREATE TRIGGER shadow AFTER INSERT OR UPDATE OR DELETE ON runs FOR EACH ROW EXECUTE FUNCTION cast_shadow();
CREATE TRIGGER shadow AFTER INSERT OR UPDATE OR DELETE ON approvals FOR EACH ROW EXECUTE FUNCTION cast_shadow();
CREATE TRIGGER shadow AFTER INSERT OR UPDATE OR DELETE ON votes FOR EACH ROW EXECUTE FUNCTION cast_shadow();
CREATE TRIGGER shadow AFTER INSERT OR UPDATE OR DELETE ON locks FOR EACH ROW EXECUTE FUNCTION cast_shadow();
CREATE TRIGGER shadow AFTER INSERT OR UPDATE OR DELETE ON incidents FOR EACH ROW EXECUTE FUNCTION cast_shadow();
