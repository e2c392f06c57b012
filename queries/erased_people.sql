-- Who was erased, as keyed hashes: nobody can be found from them, but everybody recognised.

-- name: is_anybody_known()$
-- Tell whether anybody was ever erased.
SELECT EXISTS (SELECT FROM erased_people);

-- name: list_known(hashes)
-- Which of these hashes are those of somebody who was erased.
SELECT e.hash
FROM erased_people AS e
WHERE e.hash = ANY (:hashes);

-- name: remember(hashes)!
-- Keep the hashes of somebody's ids; those that are known already are left as they are.
INSERT INTO erased_people (hash)
SELECT h.hash
FROM unnest(:hashes::bytea[]) AS h (hash)
ORDER BY h.hash
ON CONFLICT (hash) DO NOTHING;
