-- What a category could not use of the district's records when it last ran, and why: ids and rules, no values.
CREATE TABLE roster.quarantine (
    district_id   text NOT NULL REFERENCES public.districts (id) ON DELETE CASCADE,
    category      text NOT NULL,
    collection    text NOT NULL,                        -- users, enrollments, ... as in the service's paths
    sourced_id    text NOT NULL,
    rule          text NOT NULL,
    job           text NOT NULL,                        -- the run that first met it
    first_seen_at timestamptz NOT NULL,                 -- by this rule
    waits_until   timestamptz,                          -- an enrollment ahead of its user or class is no fault before
    PRIMARY KEY (district_id, category, collection, sourced_id)
);
-- A record that comes good is deleted from here: what counts is what is wrong now.
GRANT SELECT, INSERT, UPDATE, DELETE ON roster.quarantine TO oneroster_sync;

ALTER TABLE roster.sync_runs ADD COLUMN quarantined_by_rule jsonb NOT NULL DEFAULT '{}';
