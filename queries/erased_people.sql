-- Who was erased, as keyed hashes: nobody can be found from them, but everybody recognised.

-- name: is_anybody_known()$
-- Tell whether anybody was ever erased.
SELECT EXISTS (SELECT FROM erased_people);

-- name: list_known(hashes)
-- Which of these hashes are those of somebody who was erased.
SELECT e.hash
FROM erased_people AS e
WHERE e.hash = ANY (:hashes);

-- name: lock_ids(ids)$
-- Wait until no event that mentions one of these ids is being processed, and keep it so until the transaction ends.
--
-- For an erasure, before it looks through the events. Gives the number of locks: many ids share one,
-- so that a large payload needs no more than 256.
SELECT count(pg_advisory_xact_lock(8128, each.bucket)::text)
FROM (
    SELECT DISTINCT (hashtextextended(t.id, 4) & 255)::integer AS bucket
    FROM unnest(:ids::text[]) AS t (id)
    -- In one order for everybody.
    ORDER BY bucket
) AS each;

-- name: remember(hashes)!
-- Keep the hashes of somebody's ids; those that are known already are left as they are.
INSERT INTO erased_people (hash)
SELECT h.hash
FROM unnest(:hashes::bytea[]) AS h (hash)
ORDER BY h.hash
ON CONFLICT (hash) DO NOTHING;

-- name: try_share_ids(ids)$
-- Tell whether nobody with one of these ids is being erased, and keep it so until the transaction ends.
SELECT COALESCE(bool_and(pg_try_advisory_xact_lock_shared(8128, each.bucket)), true)
FROM (
    SELECT DISTINCT (hashtextextended(t.id, 4) & 255)::integer AS bucket
    FROM unnest(:ids::text[]) AS t (id)
) AS each;
