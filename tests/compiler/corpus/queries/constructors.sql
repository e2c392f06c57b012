-- name: arrays()
-- An array is there whatever its elements are.
SELECT id, ARRAY[name, nickname] AS a, ARRAY[nickname] AS b, ARRAY[]::int[] AS c, ARRAY[[1, 2], [3, NULL]] AS d, (ARRAY[1, 2])[1] AS e, (ARRAY[1, 2])[id] AS f FROM customers;

-- name: rows()
-- A row is there whatever its fields are.
SELECT id, ROW(name, nickname) AS a, ROW(nickname) AS b, ROW(1, NULL, NULL)::address IS NULL AS c, ROW(name, nickname, NULL)::address AS d FROM customers;

-- name: row_of_nulls()
-- A row of NULLs IS NULL, and is a row nevertheless.
SELECT id, ROW(NULL, NULL) AS a, ROW(NULL, NULL) IS NULL AS b, coalesce(ROW(NULL, NULL), ROW(1, 2)) AS c FROM customers;

-- name: fields()
-- Fields of a stored composite may all be NULL.
SELECT id, home, (home).city AS city, (home).zip AS zip, (ROW('a', name, NULL)::address).city AS made, (ROW('a', name, NULL)::address).zip AS empty FROM customers;

-- name: fields_of_row()
-- A field of this query's own whole row.
SELECT (c).id AS id, (c).name AS name, (o).id AS order_id, (c).nickname AS nickname
FROM customers AS c LEFT JOIN orders AS o ON o.customer_id = c.id;

-- name: fields_of_stored_row()
-- A stored row of a table's type need not obey the table.
SELECT id, first_order, (first_order).id AS order_id, (first_order).status AS status FROM lab.measurements WHERE first_order IS DISTINCT FROM NULL;

-- name: fields_of_subquery()^
-- A row from a subquery that may be empty.
SELECT (SELECT c FROM customers AS c WHERE c.id = 1) AS customer, (SELECT c FROM customers AS c WHERE c.id = 1).name AS name;

-- name: whole_row_of_derived()
-- The whole row of a derived table.
SELECT d, d IS NULL AS is_null, (d).a AS a, (d).b AS b FROM (SELECT id AS a, nickname AS b FROM customers) AS d;

-- name: whole_row_of_derived_left()
-- The same on the nullable side.
SELECT c.id, d, (d).n AS n FROM customers AS c LEFT JOIN (SELECT customer_id, 1 AS n FROM orders) AS d ON d.customer_id = c.id;

-- name: whole_row_of_function()
-- The whole row of a function that gives one value.
SELECT n, pg_typeof(n)::text AS kind FROM generate_series(1, 3) AS n;

-- name: whole_row_of_view()
-- The whole row of a view.
SELECT a, o FROM active_customers AS a LEFT JOIN customer_orders AS o ON o.customer_id = a.id AND o.order_id > 3;

-- name: composite_function_value(id)^
-- A composite from a function, NULL where there is none.
SELECT customer_of(:id) AS customer, (customer_of(:id)).name AS name;

-- name: populated_record()^
-- A record of a table's type made of JSON.
SELECT (jsonb_populate_record(NULL::orders, '{"note": "x"}')).id AS id, (r).status AS status FROM jsonb_populate_record(NULL::orders, '{"id": 1}') AS r;

-- name: array_of_rows()
-- An array of rows made of a subquery.
SELECT c.id, ARRAY(SELECT o FROM orders AS o WHERE o.customer_id = c.id) AS orders, ARRAY(SELECT ROW(o.id, o.note) FROM orders AS o) AS pairs FROM customers AS c;

-- name: nested_arrays_of_rows()
-- First element of an array of rows.
SELECT c.id, (ARRAY(SELECT o FROM orders AS o WHERE o.customer_id = c.id))[1] AS first, ((ARRAY(SELECT o FROM orders AS o WHERE o.customer_id = c.id))[1]).id AS first_id FROM customers AS c;
