-- Unless a table has been analysed, a short index that begins with district_id looks as good as the unique one on
-- (district_id, id): then each enrollment written is checked against all classes of its district instead of its own.
DROP INDEX roster.classes_district_id_school_id_idx;
CREATE INDEX ON roster.classes (school_id);
