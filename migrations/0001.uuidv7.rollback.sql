-- Drops the stand-in where there is one; the schema is named, since a bare uuidv7() would mean
-- the built-in function on PostgreSQL 18.

DO $do$
BEGIN
    EXECUTE format('DROP FUNCTION IF EXISTS %I.uuidv7()', current_schema());
END
$do$;
