-- Which roles of the database may read and write which districts. A grant to a role is one to all its members.
CREATE TABLE roster.district_grants (
    role        name NOT NULL,                          -- by name, so that a dump can be restored before its roles are
    district_id text NOT NULL REFERENCES public.districts (id) ON DELETE CASCADE,
    granted_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (role, district_id)
);
-- Everyone sees the grants that hold for himself, and the policies of all other tables build on that. The list of a
-- role's own roles is made once for a statement, not for a row.
GRANT SELECT ON roster.district_grants TO PUBLIC;
ALTER TABLE roster.district_grants ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_grants ON roster.district_grants FOR SELECT USING (
    role = ANY (ARRAY(SELECT rolname FROM pg_catalog.pg_roles WHERE pg_has_role(oid, 'USAGE')))
);

-- Which connection writes a district. The operator's first import enters it, `oneroster-platform transfer` changes it.
CREATE TABLE roster.district_owners (
    district_id text PRIMARY KEY REFERENCES public.districts (id) ON DELETE CASCADE,
    cluster     text NOT NULL,                          -- uid of the cluster's namespace kube-system
    namespace   text NOT NULL,
    name        text NOT NULL,
    since       timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT ON roster.district_owners TO oneroster_operator, oneroster_sync;
GRANT INSERT ON roster.district_owners TO oneroster_operator;

-- Confines a table with a column district_id to the districts that the role is granted. Each migration calls it for each
-- such table that it makes. The tables' owner is not confined: purging and erasing are done by it, and it could drop the
-- policy as well.
CREATE FUNCTION roster.confine(confined regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', confined);
    EXECUTE format(
        'CREATE POLICY granted_districts ON %s'
        ' USING (district_id IN (SELECT granted.district_id FROM roster.district_grants AS granted))',
        confined
    );
END
$$;
SELECT roster.confine(class.oid)
FROM pg_catalog.pg_class AS class
JOIN pg_catalog.pg_attribute AS attribute ON attribute.attrelid = class.oid AND attribute.attname = 'district_id'
WHERE class.relnamespace = 'roster'::regnamespace AND class.relkind IN ('r', 'p')
AND class.oid <> 'roster.district_grants'::regclass;

-- Whoever has been synced or previewed goes on as before, until the grants to the group roles are revoked.
INSERT INTO roster.district_grants (role, district_id)
SELECT every.role, known.district_id
FROM (SELECT district_id FROM roster.sync_runs UNION SELECT district_id FROM roster.school_links) AS known
CROSS JOIN unnest(ARRAY['oneroster_operator', 'oneroster_sync']) AS every (role);

-- The time of the transaction in which a run wrote: what it ended bears the very same. NULL for earlier runs.
ALTER TABLE roster.sync_runs ADD COLUMN written_at timestamptz;
ALTER TABLE roster.sync_runs ALTER COLUMN written_at SET DEFAULT now();
