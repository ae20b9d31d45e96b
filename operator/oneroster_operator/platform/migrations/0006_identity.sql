-- Whose ids a district's rows bear: those of one address and version of its service. Another one may give the same ids to
-- other people, so rows change over only when a person has approved it (sync/identity.py).
CREATE TABLE roster.identities (
    district_id text NOT NULL REFERENCES public.districts (id) ON DELETE CASCADE,
    epoch       integer NOT NULL,                       -- counted from 1; the highest is the present one
    url         text NOT NULL,
    version     text NOT NULL,
    since       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, epoch)
);
GRANT SELECT ON roster.identities TO oneroster_operator, oneroster_sync;
GRANT INSERT ON roster.identities TO oneroster_sync;
SELECT roster.confine('roster.identities');

-- A row without a sourced_id has no source in the present identity. One of an earlier identity has its id of then in
-- former_sourced_id, and what it refers to by id (parent, course, terms) is former as well. Of users, a row with neither is
-- an account that was made by hand; one that the roster has taken over keeps where it came from.
ALTER TABLE roster.users
    ALTER COLUMN sourced_id DROP NOT NULL, ADD COLUMN former_sourced_id text, ADD COLUMN former_epoch integer;
ALTER TABLE roster.academic_sessions
    ALTER COLUMN sourced_id DROP NOT NULL, ADD COLUMN former_sourced_id text, ADD COLUMN former_epoch integer;
ALTER TABLE roster.courses
    ALTER COLUMN sourced_id DROP NOT NULL, ADD COLUMN former_sourced_id text, ADD COLUMN former_epoch integer;
ALTER TABLE roster.classes
    ALTER COLUMN sourced_id DROP NOT NULL, ADD COLUMN former_sourced_id text, ADD COLUMN former_epoch integer;
ALTER TABLE roster.enrollments
    ALTER COLUMN sourced_id DROP NOT NULL, ADD COLUMN former_sourced_id text, ADD COLUMN former_epoch integer;
-- What the district calls a school in one identity says nothing in another.
ALTER TABLE roster.school_links ADD COLUMN epoch integer NOT NULL DEFAULT 1;
ALTER TABLE roster.school_links
    DROP CONSTRAINT school_links_pkey, ADD PRIMARY KEY (district_id, epoch, sourced_id);

-- A role that was made by hand is never the roster's: no run counts, changes or ends it, and who has it and gets the same
-- from the roster has two rows. By hand is whatever does not say otherwise; all that is here came from the roster.
ALTER TABLE roster.user_roles ADD COLUMN by_hand boolean NOT NULL DEFAULT false;
ALTER TABLE roster.user_roles
    ALTER COLUMN by_hand SET DEFAULT true,
    DROP CONSTRAINT user_roles_user_id_role_school_id_key,
    ADD UNIQUE NULLS NOT DISTINCT (user_id, role, school_id, by_hand);

-- Whether sourced_id is one of an earlier identity: another row may have it now.
ALTER TABLE roster.hold_rows ADD COLUMN former boolean NOT NULL DEFAULT false;
DO $$
BEGIN
    EXECUTE (
        SELECT format('ALTER TABLE roster.hold_rows DROP CONSTRAINT %I', conname) FROM pg_catalog.pg_constraint
        WHERE conrelid = 'roster.hold_rows'::regclass AND contype = 'u'
    );
END
$$;
ALTER TABLE roster.hold_rows
    ADD UNIQUE NULLS NOT DISTINCT (district_id, fingerprint, kind, sourced_id, school_id, action, former);
