-- A foreign key is checked row by row, and locks each user and class that it finds: of a district that comes for the
-- first time that was a third of the work, and 100,000 row locks in the platform's users. Enrollments are written by the
-- statement, so they are checked by the statement. A sync forbids nested loops for itself; here they are what keeps a
-- statement of few rows from reading the users of all districts.
ALTER TABLE roster.enrollments
    DROP CONSTRAINT enrollments_district_id_user_id_fkey,
    DROP CONSTRAINT enrollments_district_id_class_id_fkey,
    DROP CONSTRAINT enrollments_school_id_fkey;

CREATE FUNCTION roster.check_enrollments() RETURNS trigger LANGUAGE plpgsql SET enable_nestloop = on AS $$
BEGIN
    IF EXISTS (
        SELECT FROM written
        LEFT JOIN roster.users AS person ON (person.district_id, person.id) = (written.district_id, written.user_id)
        LEFT JOIN roster.classes AS class ON (class.district_id, class.id) = (written.district_id, written.class_id)
        LEFT JOIN public.schools AS school ON school.id = written.school_id
        WHERE person.id IS NULL OR class.id IS NULL OR school.id IS NULL
    ) THEN
        RAISE foreign_key_violation USING
            MESSAGE = 'an enrollment refers to a user or a class that its district does not have, or to no school',
            SCHEMA = 'roster', TABLE = 'enrollments', CONSTRAINT = 'check_enrollments';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER check_inserted AFTER INSERT ON roster.enrollments
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION roster.check_enrollments();
CREATE TRIGGER check_updated AFTER UPDATE ON roster.enrollments
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION roster.check_enrollments();

-- Whoever deletes users or classes holds the district's lock, so that no enrollment comes to them meanwhile. A school
-- that has classes cannot be deleted by their own foreign key.
CREATE FUNCTION roster.check_enrolled() RETURNS trigger LANGUAGE plpgsql SET enable_nestloop = on AS $$
DECLARE
    orphans boolean;
BEGIN
    IF TG_TABLE_NAME = 'users' THEN
        orphans := EXISTS (SELECT FROM roster.enrollments AS held JOIN deleted ON deleted.id = held.user_id);
    ELSE
        orphans := EXISTS (SELECT FROM roster.enrollments AS held JOIN deleted ON deleted.id = held.class_id);
    END IF;
    IF orphans THEN
        RAISE foreign_key_violation USING
            MESSAGE = format('rows of roster.%s have enrollments, which must be deleted first', TG_TABLE_NAME),
            SCHEMA = 'roster', TABLE = TG_TABLE_NAME, CONSTRAINT = 'check_enrolled';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER check_deleted AFTER DELETE ON roster.users
    REFERENCING OLD TABLE AS deleted FOR EACH STATEMENT EXECUTE FUNCTION roster.check_enrolled();
CREATE TRIGGER check_deleted AFTER DELETE ON roster.classes
    REFERENCING OLD TABLE AS deleted FOR EACH STATEMENT EXECUTE FUNCTION roster.check_enrolled();
