-- Up to where a category has what changed of a collection, for runs that ask for changes alone (spec.sync.full: Weekly).
-- Written in the transaction of the merge that wrote what was asked for.
CREATE TABLE roster.watermarks (
    district_id   text NOT NULL REFERENCES public.districts (id) ON DELETE CASCADE,
    category      text NOT NULL,
    collection    text NOT NULL,                        -- users, enrollments, ... as in the service's paths
    changed_since timestamptz,                          -- by the server's clock: the next run asks for what changed since
    pulled_at     timestamptz NOT NULL,                 -- by ours: when it was last asked
    full_at       timestamptz NOT NULL,                 -- by ours: when all of it was last asked for
    inputs        text NOT NULL,                        -- digest of what a full one was made from: links, endpoint, ...
    next_begin    date,                                 -- the first day on which something comes into force that is not here
    unfit         text NOT NULL DEFAULT '',             -- why the server cannot tell what changed: a sentence
    PRIMARY KEY (district_id, category, collection)
);
SELECT roster.confine('roster.watermarks');
GRANT SELECT, INSERT, UPDATE, DELETE ON roster.watermarks TO oneroster_sync;

ALTER TABLE roster.sync_runs
    ADD COLUMN pull        text,                        -- Full or Delta; NULL where the run did not get so far
    ADD COLUMN pull_reason text NOT NULL DEFAULT '';    -- why Full, though the plan wants that once a week
