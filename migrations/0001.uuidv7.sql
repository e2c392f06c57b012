-- Keys that sort by the time they were made: uuidv7(), built in from PostgreSQL 18 on.
--
-- On 15 to 17 a function of the same name stands in, so every DEFAULT reads the same on every
-- server. A database that moves from 17 to 18 keeps using its stand-in: the values are alike.

DO $do$
BEGIN
    IF to_regprocedure('pg_catalog.uuidv7()') IS NULL THEN
        -- RFC 9562: 48 bits of milliseconds, the version, 12 bits of the fraction of the
        -- millisecond (its method 3, as in 18), then the variant and the random half of a
        -- version 4 uuid. A single expression, so that the planner inlines it into the INSERT.
        CREATE FUNCTION uuidv7() RETURNS uuid
        LANGUAGE sql VOLATILE PARALLEL SAFE
        AS $sql$
            SELECT (
                overlay(
                    lpad(to_hex((extract(epoch FROM clock_timestamp()) * 4096000)::bigint), 15, '0')
                    PLACING '7' FROM 13 FOR 0
                )
                || encode(substring(uuid_send(gen_random_uuid()) FROM 9), 'hex')
            )::uuid
        $sql$;

        COMMENT ON FUNCTION uuidv7() IS
            'A version 7 uuid: sorts by the time it was made. Stands in for the built-in function of PostgreSQL 18.';
    END IF;
END
$do$;
