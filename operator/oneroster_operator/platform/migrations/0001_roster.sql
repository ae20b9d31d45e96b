-- The roster tables. `public.districts(id)` and `public.schools(id, district_id, name, identifier)` are the platform's own
-- and exist beforehand; nothing here writes them.
CREATE SCHEMA roster;

CREATE TABLE roster.schema_migrations (
    version    integer PRIMARY KEY,
    name       text NOT NULL,
    checksum   text NOT NULL,                           -- SHA-256 of the file
    applied_at timestamptz NOT NULL DEFAULT now()
);

-- People as the district's roster names them: one row per source record.
CREATE TABLE roster.users (
    id                     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    district_id            text NOT NULL REFERENCES public.districts (id),
    sourced_id             text NOT NULL,
    user_master_identifier text,
    identifier             text,
    username               text,
    given_name             text NOT NULL,
    middle_name            text,
    family_name            text NOT NULL,
    preferred_first_name   text,
    preferred_middle_name  text,
    preferred_last_name    text,
    email                  text,
    grades                 text[] NOT NULL DEFAULT '{}',
    enabled                boolean NOT NULL,            -- enabledUser
    active                 boolean NOT NULL,            -- at least one role has not ended
    created_at             timestamptz NOT NULL DEFAULT now(),
    changed_at             timestamptz NOT NULL DEFAULT now(),
    UNIQUE (district_id, sourced_id),
    UNIQUE (district_id, id)                            -- so that no row points to another district's person
);

-- What a person may do where. A role belongs to the category that grants it.
CREATE TABLE roster.user_roles (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    district_id text NOT NULL,
    user_id     bigint NOT NULL,
    role        text NOT NULL CHECK (role IN ('student', 'teacher', 'schoolAdmin', 'districtAdmin')),
    school_id   text REFERENCES public.schools (id),    -- NULL for districtAdmin alone
    begin_date  date,
    end_date    date,                                   -- exclusive
    created_at  timestamptz NOT NULL DEFAULT now(),
    ended_at    timestamptz,                            -- NULL while it holds
    CHECK ((role = 'districtAdmin') = (school_id IS NULL)),
    UNIQUE NULLS NOT DISTINCT (user_id, role, school_id),
    FOREIGN KEY (district_id, user_id) REFERENCES roster.users (district_id, id)
);
CREATE INDEX ON roster.user_roles (district_id, role, school_id);

-- Academic sessions, courses and classes live as long as a category claims them.
CREATE TABLE roster.academic_sessions (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    district_id       text NOT NULL REFERENCES public.districts (id),
    sourced_id        text NOT NULL,
    title             text NOT NULL,
    type              text NOT NULL,
    start_date        date,
    end_date          date,                             -- exclusive
    school_year       text,
    parent_sourced_id text,
    claimed_by        text[] NOT NULL,                  -- categories, sorted
    ended_at          timestamptz,
    UNIQUE (district_id, sourced_id)
);
CREATE TABLE roster.courses (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    district_id text NOT NULL REFERENCES public.districts (id),
    sourced_id  text NOT NULL,
    title       text NOT NULL,
    course_code text,
    grades      text[] NOT NULL DEFAULT '{}',
    subjects    text[] NOT NULL DEFAULT '{}',
    claimed_by  text[] NOT NULL,
    ended_at    timestamptz,
    UNIQUE (district_id, sourced_id)
);
CREATE TABLE roster.classes (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    district_id       text NOT NULL REFERENCES public.districts (id),
    sourced_id        text NOT NULL,
    school_id         text NOT NULL REFERENCES public.schools (id),
    course_sourced_id text,
    title             text NOT NULL,
    class_code        text,
    class_type        text,
    location          text,
    grades            text[] NOT NULL DEFAULT '{}',
    subjects          text[] NOT NULL DEFAULT '{}',
    periods           text[] NOT NULL DEFAULT '{}',
    term_sourced_ids  text[] NOT NULL DEFAULT '{}',
    claimed_by        text[] NOT NULL,
    ended_at          timestamptz,
    UNIQUE (district_id, sourced_id),
    UNIQUE (district_id, id)
);
CREATE INDEX ON roster.classes (district_id, school_id);

CREATE TABLE roster.enrollments (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    district_id text NOT NULL,
    sourced_id  text NOT NULL,
    category    text NOT NULL CHECK (category IN ('TeacherAssignments', 'ClassRosters')),
    role        text NOT NULL CHECK (role IN ('student', 'teacher')),
    user_id     bigint NOT NULL,
    class_id    bigint NOT NULL,
    school_id   text NOT NULL REFERENCES public.schools (id),
    is_primary  boolean,                                -- teachers only
    begin_date  date,
    end_date    date,                                   -- exclusive
    created_at  timestamptz NOT NULL DEFAULT now(),
    ended_at    timestamptz,
    UNIQUE (district_id, sourced_id),
    FOREIGN KEY (district_id, user_id) REFERENCES roster.users (district_id, id),
    FOREIGN KEY (district_id, class_id) REFERENCES roster.classes (district_id, id)
);
CREATE INDEX ON roster.enrollments (user_id);
CREATE INDEX ON roster.enrollments (class_id);

-- Which of the platform's schools a district's school is, for every school that has been synced.
CREATE TABLE roster.school_links (
    district_id text NOT NULL REFERENCES public.districts (id),
    sourced_id  text NOT NULL,
    school_id   text NOT NULL REFERENCES public.schools (id),
    linked_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, sourced_id)
);

-- One row per category of a run, dry ones included. Counts only: no row names a person.
CREATE TABLE roster.sync_runs (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    district_id text NOT NULL REFERENCES public.districts (id),
    connection  text NOT NULL,                          -- namespace/name
    job         text NOT NULL,
    category    text NOT NULL,
    dry_run     boolean NOT NULL,
    started_at  timestamptz NOT NULL,
    finished_at timestamptz NOT NULL,
    outcome     text NOT NULL,
    reason      text NOT NULL DEFAULT '',
    message     text NOT NULL DEFAULT '',
    created     integer NOT NULL DEFAULT 0,
    changed     integer NOT NULL DEFAULT 0,
    removed     integer NOT NULL DEFAULT 0,
    unchanged   integer NOT NULL DEFAULT 0,
    withheld    integer NOT NULL DEFAULT 0,
    waiting     integer NOT NULL DEFAULT 0,
    quarantined integer NOT NULL DEFAULT 0,
    new_admins  integer NOT NULL DEFAULT 0,
    total       integer NOT NULL DEFAULT 0,             -- what the category would hold after the run
    schools     jsonb NOT NULL DEFAULT '{}',            -- the same by the district's school sourcedId
    records     integer NOT NULL DEFAULT 0,             -- received from the district
    pages       integer NOT NULL DEFAULT 0,
    retries     integer NOT NULL DEFAULT 0,
    proof       text NOT NULL DEFAULT ''                -- why the pull counts as complete, or why not
);
CREATE INDEX ON roster.sync_runs (district_id, category, finished_at DESC);
CREATE INDEX ON roster.sync_runs (district_id, job);

-- Two group roles that nobody logs in as. A login that is a member of one has its rights and no others:
--   CREATE ROLE oneroster_operator_login LOGIN PASSWORD '...' IN ROLE oneroster_operator;
--   CREATE ROLE oneroster_sync_login LOGIN PASSWORD '...' IN ROLE oneroster_sync;
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['oneroster_operator', 'oneroster_sync'] LOOP
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = name) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', name);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL; -- roles are the server's: the migration of another database was faster
            END;
        END IF;
        EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), name);
    END LOOP;
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO oneroster_sync', current_database());
END
$$;
GRANT USAGE ON SCHEMA public, roster TO oneroster_operator, oneroster_sync;
GRANT SELECT ON public.districts, public.schools, roster.schema_migrations, roster.school_links, roster.sync_runs
    TO oneroster_operator, oneroster_sync;
GRANT INSERT ON roster.sync_runs TO oneroster_sync;
GRANT INSERT, UPDATE ON roster.school_links TO oneroster_sync;
GRANT SELECT, INSERT, UPDATE ON
    roster.users, roster.user_roles, roster.academic_sessions, roster.courses, roster.classes, roster.enrollments
    TO oneroster_sync;

-- To a grantor who may not grant, PostgreSQL gives a warning and no right.
DO $$
BEGIN
    IF NOT (
        has_database_privilege('oneroster_operator', current_database(), 'CONNECT')
        AND has_database_privilege('oneroster_sync', current_database(), 'CONNECT')
        AND has_database_privilege('oneroster_sync', current_database(), 'TEMPORARY')
        AND has_schema_privilege('oneroster_operator', 'public', 'USAGE')
        AND has_schema_privilege('oneroster_sync', 'public', 'USAGE')
        AND has_table_privilege('oneroster_operator', 'public.districts', 'SELECT')
        AND has_table_privilege('oneroster_operator', 'public.schools', 'SELECT')
        AND has_table_privilege('oneroster_sync', 'public.districts', 'SELECT')
        AND has_table_privilege('oneroster_sync', 'public.schools', 'SELECT')
    ) THEN
        RAISE insufficient_privilege USING MESSAGE =
            'this login may not grant rights on the database, the schema public, public.districts or public.schools';
    END IF;
END
$$;
