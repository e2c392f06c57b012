-- name: virtual_columns()
-- Virtual columns are as sure as what they are made of.
SELECT id, width, height, area, double_width FROM lab.virtuals;

-- name: not_valid_not_null()
-- A NOT NULL that was not validated.
SELECT id, shade FROM lab.virtuals;

-- name: insert_virtual(id, width, height, shade)<!
-- New rows are checked.
INSERT INTO lab.virtuals (id, width, height, shade) VALUES (:id, :width, :height, :shade) RETURNING id, height, area, double_width, shade;

-- name: update_virtual()
-- A virtual column follows what is assigned.
UPDATE lab.virtuals SET height = NULL WHERE area IS NOT NULL RETURNING id, area, height;

-- name: virtual_left_joined()
-- On the nullable side it is NULL, whatever its expression.
SELECT w.id, v.double_width FROM warehouses AS w LEFT JOIN lab.virtuals AS v ON v.id = w.id;

-- name: new_functions()^
-- Functions and casts of 18.
SELECT uuidv7() AS a, uuid_extract_timestamp(gen_random_uuid()) AS b, uuid_extract_version(uuidv7()) AS c, array_sort('{2,1}'::int[]) AS d, array_reverse('{1,2}'::int[]) AS e, casefold('A') AS f, 'null'::jsonb::int AS g;

-- name: aggregates_of_18()
-- max of rows and arrays, json_array_elements unchanged.
SELECT customer_id, max(ROW(id, note)) AS top, max(ARRAY[id]) AS top_array FROM orders GROUP BY customer_id;
