-- What the platform has before any roster: its districts and schools.
CREATE TABLE IF NOT EXISTS public.districts (
    id   text PRIMARY KEY,
    name text NOT NULL
);
CREATE TABLE IF NOT EXISTS public.schools (
    id          text PRIMARY KEY,
    district_id text NOT NULL REFERENCES public.districts (id),
    name        text NOT NULL,
    identifier  text
);
CREATE INDEX IF NOT EXISTS schools_district_id_idx ON public.schools (district_id);
