-- name: plain_values()
-- A NULL in one row makes the column nullable.
VALUES (1, 'a', NULL), (2, 'b', 'x');

-- name: values_join()
-- A list of values as a table.
SELECT v.id, v.label, c.name
FROM (VALUES (1, 'one'), (2, NULL)) AS v (id, label)
LEFT JOIN customers AS c ON c.id = v.id;

-- name: values_parameters(a, b)
-- Parameters refuse NULL, so the column is sure.
VALUES (:a::int), (:b::int);

-- name: single_row_values()^
-- One row exactly.
VALUES (1, 2.5, true, NULL::text);

-- name: values_with_subquery()^
-- An expression inside VALUES.
VALUES ((SELECT max(id) FROM customers), (SELECT count(*) FROM customers));

-- name: values_lateral()
-- VALUES that reads the row beside it, a poor man's unpivot.
SELECT e.id, v.field, v.value
FROM hr.employees AS e
CROSS JOIN LATERAL (VALUES ('name', e.name), ('level', e.level::text)) AS v (field, value);

-- name: values_lateral_sure()
-- All rows of the column are sure.
SELECT e.id, v.field, v.value
FROM hr.employees AS e
CROSS JOIN LATERAL (VALUES ('name', e.name), ('level', coalesce(e.level::text, '-'))) AS v (field, value);

-- name: values_where()
-- A condition on a value.
SELECT v.a, v.b FROM (VALUES (1, NULL), (2, 3), (NULL, 4)) AS v (a, b) WHERE v.a > 0;

-- name: values_left_joined()
-- A list of values on the nullable side.
SELECT w.id, v.label FROM warehouses AS w LEFT JOIN (VALUES (1, 'one')) AS v (id, label) ON v.id = w.id;

-- name: values_left_joined_true()
-- VALUES has at least a row, and ON is true.
SELECT w.id, v.label FROM warehouses AS w LEFT JOIN (VALUES ('one'), ('two')) AS v (label) ON true;
