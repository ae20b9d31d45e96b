-- What runs withheld, until a person decides or it no longer occurs. No row names a person: the roster has the names.
CREATE TABLE roster.holds (
    district_id text NOT NULL REFERENCES public.districts (id) ON DELETE CASCADE,
    fingerprint text NOT NULL,                          -- of these rows, and of how often they had been decided on before
    rows_digest text NOT NULL,                          -- of district, category and rows alone
    category    text NOT NULL,
    parts       text[] NOT NULL,                        -- absences, losses, changes, newAdmins
    reason      text NOT NULL,
    message     text NOT NULL,
    counts      jsonb NOT NULL,                         -- rows by kind, and in it by action
    found_at    timestamptz NOT NULL,
    seen_at     timestamptz NOT NULL,                   -- by the last run that judged and found it so
    state       text NOT NULL CHECK (state IN ('open', 'applied', 'discarded', 'cleared')),
    decided_at  timestamptz,                            -- when a run applied or discarded it, as a person had asked
    PRIMARY KEY (district_id, fingerprint)
);
CREATE INDEX ON roster.holds (district_id, category, state);
CREATE INDEX ON roster.holds (district_id, rows_digest);

-- Those of a cleared hold are deleted.
CREATE TABLE roster.hold_rows (
    district_id text NOT NULL,
    fingerprint text NOT NULL,
    kind        text NOT NULL,                          -- the table of the roster
    action      text NOT NULL CHECK (action IN ('create', 'revive', 'change', 'end')),
    sourced_id  text NOT NULL,
    school_id   text,
    UNIQUE NULLS NOT DISTINCT (district_id, fingerprint, kind, sourced_id, school_id, action),
    FOREIGN KEY (district_id, fingerprint) REFERENCES roster.holds (district_id, fingerprint) ON DELETE CASCADE
);
GRANT SELECT ON roster.holds, roster.hold_rows TO oneroster_operator, oneroster_sync;
GRANT INSERT, UPDATE ON roster.holds TO oneroster_sync;
GRANT INSERT, DELETE ON roster.hold_rows TO oneroster_sync;

ALTER TABLE roster.sync_runs
    ADD COLUMN hold    text NOT NULL DEFAULT '',        -- fingerprint of what the run withheld
    ADD COLUMN counts  jsonb NOT NULL DEFAULT '{}',     -- rows held after a run that wrote, by kind, and in it by school
    ADD COLUMN rebased boolean NOT NULL DEFAULT false;  -- removals were let past the limits: earlier counts are no peak
