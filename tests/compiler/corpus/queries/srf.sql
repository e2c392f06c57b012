-- name: series(low, high)
-- Numbers from one to the other.
SELECT n FROM generate_series(:low::int, :high::int) AS n;

-- name: series_with_ordinality()
-- Days, numbered.
SELECT s.day, s.place FROM generate_series('2024-01-01'::date, '2024-01-10', interval '1 day') WITH ORDINALITY AS s (day, place);

-- name: days_with_orders()
-- A calendar, with or without orders.
SELECT d.day::date AS day, count(o.id) AS orders, sum(o.total) AS total
FROM generate_series('2024-01-01'::timestamptz, '2024-01-31', interval '1 day') AS d (day)
LEFT JOIN orders AS o ON o.placed_at >= d.day AND o.placed_at < d.day + interval '1 day'
GROUP BY d.day;

-- name: unnest_column()
-- An array that is there may hold NULL.
SELECT c.id, t.tag FROM customers AS c, unnest(c.tags) AS t (tag);

-- name: unnest_constant()
-- An array constructor of sure elements.
SELECT u.n FROM unnest(ARRAY[1, 2, 3]) AS u (n);

-- name: unnest_two()
-- The shorter array is padded with NULL.
SELECT u.a, u.b, u.place FROM unnest(ARRAY[1, 2], ARRAY['x', 'y', 'z']) WITH ORDINALITY AS u (a, b, place);

-- name: unnest_parameters(ids, labels)
-- Rows from two arrays that the caller sends.
SELECT u.id, u.label FROM unnest(:ids::int[], :labels::text[]) AS u (id, label);

-- name: rows_from()
-- ROWS FROM pads the shorter function.
SELECT r.a, r.b, r.place
FROM ROWS FROM (generate_series(1, 2), generate_series(10, 14)) WITH ORDINALITY AS r (a, b, place);

-- name: rows_from_one()
-- One function alone is not padded.
SELECT r.a, r.place FROM ROWS FROM (generate_series(1, 3)) WITH ORDINALITY AS r (a, place);

-- name: series_in_select_list()
-- A series for each row.
SELECT w.id, generate_series(1, 3) AS n FROM warehouses AS w;

-- name: two_series_in_select_list()
-- The shorter of two is padded with NULL.
SELECT w.id, generate_series(1, 2) AS a, generate_series(1, 4) AS b FROM warehouses AS w;

-- name: series_inside_expression()
-- Padding reaches the expression around it.
SELECT generate_series(1, 2) + 1 AS a, generate_series(1, 3) + 1 AS b, concat(generate_series(1, 2), '!') AS c;

-- name: unnest_in_select_list()
-- Elements of an array may be NULL.
SELECT e.id, unnest(e.skills) AS skill FROM hr.employees AS e;

-- name: regexp_matches_rows()
-- Groups that took no part are NULL elements; the array is there.
SELECT c.id, m.groups, m.groups[1] AS first FROM customers AS c, regexp_matches(c.email, '(a)|(b)', 'g') AS m (groups);

-- name: split_rows()
-- Pieces of a text.
SELECT c.id, p.piece FROM customers AS c, regexp_split_to_table(c.name, '\s') AS p (piece);

-- name: split_rows_null_string()
-- A piece equal to the null string becomes NULL.
SELECT c.id, p.piece, q.whole
FROM customers AS c, string_to_table(c.name, 'a', '') AS p (piece), string_to_table(c.name, 'a') AS q (whole);

-- name: json_elements()
-- As jsonb a null is a value; as text it is NULL.
SELECT s.id, e.value, t.text
FROM lab.samples AS s, jsonb_array_elements('[1, null]'::jsonb) AS e (value), jsonb_array_elements_text('["a", null]'::jsonb) AS t (text);

-- name: json_pairs()
-- Keys are sure, text values are not.
SELECT p.id, k.key, k.value, t.key AS text_key, t.value AS text_value
FROM products AS p, jsonb_each(p.attributes) AS k, jsonb_each_text(p.attributes) AS t;

-- name: json_keys()
-- The keys of an object.
SELECT p.id, jsonb_object_keys(p.attributes) AS key FROM products AS p;

-- name: json_recordset()
-- Fields that are missing are NULL.
SELECT r.a, r.b FROM jsonb_to_recordset('[{"a": 1, "b": "x"}, {"a": 2}, {}]') AS r (a int, b text);

-- name: json_path_rows()
-- Items found by a path.
SELECT p.id, q.item FROM products AS p, jsonb_path_query(p.attributes, 'lax $.*') AS q (item);

-- name: subscripts()
-- The subscripts of an array.
SELECT e.id, s.i, e.skills[s.i] AS skill FROM hr.employees AS e, generate_subscripts(e.skills, 1) AS s (i);

-- name: setof_table()
-- Rows of a table's type from a function owe nothing to the table's NOT NULL.
SELECT o.id, o.customer_id, o.status, o.note FROM orders_of(1) AS o;

-- name: returns_table(n)
-- A function with a declared table.
SELECT t.product_id, t.sold FROM top_products(:n) AS t;

-- name: setof_scalar()
-- A function's rows may be NULL.
SELECT r FROM referrers() AS r;

-- name: scalar_function_in_from()
-- A function in FROM that gives one row, NULL for NULL.
SELECT c.id, u.nick FROM customers AS c, upper(c.nickname) AS u (nick);

-- name: out_parameters(customer)
-- OUT parameters make one row.
SELECT s.first, s.last FROM order_span(:customer) AS s;

-- name: record_with_definition()^
-- A record, its columns defined here.
SELECT p.a, p.b FROM pair_of(1) AS p (a int, b int);

-- name: composite_function(order_id)^
-- One row of NULLs where there is none.
SELECT c.id, c.name, c.nickname FROM customer_of(:order_id) AS c;

-- name: series_left_joined()
-- The function on the nullable side.
SELECT w.id, n FROM warehouses AS w LEFT JOIN generate_series(1, 3) AS n ON n = w.id;

-- name: empty_series()
-- An empty series takes its row away.
SELECT 1 AS one, generate_series(1, 0) AS n;
