-- name: is_distinct_from(id)
-- IS DISTINCT FROM is an equality turned round.
SELECT id, name FROM customers WHERE id IS DISTINCT FROM :id;

-- name: one_view_twice()
-- What WHERE says of one use of a view it does not say of the other.
SELECT a.status, b.status AS other FROM customer_orders AS a, customer_orders AS b WHERE a.order_id IS NOT NULL;

-- name: limit_by_function()
-- A LIMIT that a function says.
SELECT id FROM customers LIMIT page_size(1);

-- name: insert_through_view_of_trigger(sender)
-- The trigger of a view's table may drop the row.
INSERT INTO ledger.inbox_senders (sender) VALUES (:sender) RETURNING id, sender;

-- name: update_with_rule(id)
-- The rule's rows, not the table's.
UPDATE lab.labels SET title = 'x' WHERE id = :id RETURNING id, title;

-- name: update_through_view_of_rule(id)
-- The rule of a view's table.
UPDATE lab.label_titles SET title = 'x' WHERE id = :id RETURNING id, title;

-- name: insert_pointing_to_itself(id)
-- The row that its key points to is not there yet for a subquery of RETURNING.
INSERT INTO lab.nodes (id, parent_id, name) VALUES (:id, :id, 'x')
RETURNING id, (SELECT p.name FROM lab.nodes AS p WHERE p.id = nodes.parent_id) AS parent;

-- name: key_to_a_partition()
-- A key to a partitioned table finds its row in one of the partitions.
SELECT u.id, a.id AS any_part, l.id AS low, h.id AS high
FROM lab.part_uses AS u
LEFT JOIN lab.parts AS a ON a.id = u.part_id
LEFT JOIN lab.parts_low AS l ON l.id = u.part_id
LEFT JOIN lab.parts_high AS h ON h.id = u.part_id;

-- name: join_of_an_empty_set()
-- VALUES has a row, and unnest makes none of it.
SELECT c.id, s.v FROM customers AS c LEFT JOIN (SELECT unnest('{}'::int[]) AS v FROM (VALUES (1)) AS one (x)) AS s ON true;

-- name: key_by_a_coarser_equality(sku)
-- bpchar does not see the blanks that two keys differ by.
SELECT s.sku FROM (SELECT sku FROM products) AS s WHERE s.sku::bpchar = :sku::bpchar;

-- name: window_over_rollup()
-- A window function sees the totals, which an aggregate does not.
SELECT name, max(name) OVER (PARTITION BY name) AS top FROM customers GROUP BY ROLLUP (name);

-- name: window_in_case()
-- The WHEN is about this row, and the window about others.
SELECT id,
  CASE WHEN credit IS NOT NULL THEN first_value(credit) OVER (ORDER BY id) ELSE 0 END AS first,
  CASE WHEN credit IS NOT NULL THEN lag(credit, 1, 0) OVER (ORDER BY id) ELSE 0 END AS before,
  CASE WHEN credit IS NOT NULL THEN max(credit) OVER (ORDER BY id) ELSE 0 END AS top
FROM customers;

-- name: window_in_full_join()
-- Which side a row has says nothing of the first row.
SELECT coalesce(first_value(c.id) OVER (ORDER BY o.id, c.id), o.id) AS one FROM customers AS c FULL JOIN orders AS o ON o.customer_id = c.referrer_id;

-- name: concat_ws_variadic()
-- VARIADIC NULL is NULL.
SELECT concat_ws(',', VARIADIC skills) AS all_skills, concat_ws(',', VARIADIC ARRAY[name]) AS names FROM hr.employees;

-- name: to_char_of_subquery()
-- to_char of infinity, behind a subquery.
SELECT to_char((SELECT c.created_at FROM customers AS c WHERE c.id = o.customer_id), 'YYYY') AS year FROM orders AS o;

-- name: time_of_infinity()
-- Infinity has no time of the day.
SELECT placed_at::time AS at, placed_at::timetz AS at_tz, placed_at::date AS day FROM orders;

-- name: distinct_of_outer_join(id)
-- One row of customers at most, and beside it NULL.
SELECT DISTINCT c.name FROM orders AS o LEFT JOIN customers AS c ON c.id = :id AND c.id = o.customer_id;

-- name: group_by_lateral()
-- A LATERAL item has one row for each row before it.
SELECT s.day, count(*) AS n FROM orders AS o CROSS JOIN LATERAL (SELECT date_trunc('day', o.placed_at) AS day) AS s GROUP BY s.day;

-- name: distinct_of_function_in_from()
-- So has a function of another item.
SELECT DISTINCT n FROM customers AS c, lower(c.name) AS n;

-- name: lateral_of_one_row(id)
-- A LATERAL item of a single row is single.
SELECT c.id, s.n FROM customers AS c CROSS JOIN LATERAL (SELECT count(*) AS n FROM orders AS o WHERE o.customer_id = c.id) AS s WHERE c.id = :id;

-- name: update_from_lateral()
-- Rows bound by a LATERAL item are as many as its own.
UPDATE customers AS c SET credit = 1 FROM orders AS o, LATERAL (SELECT o.customer_id) AS s WHERE c.id = s.customer_id RETURNING c.id, c.credit;

-- name: subscript_of_a_point()
-- A NULL point has no coordinate to set.
UPDATE lab.samples SET spot[0] = 1 RETURNING id, spot;

-- name: exists_having()
-- HAVING makes a row of none.
SELECT c.id, c.nickname FROM customers AS c WHERE EXISTS (SELECT 1 FROM hr.employees AS e WHERE e.name = c.nickname HAVING true);

-- name: any_of_arrays()
-- An array of arrays holds their elements.
SELECT 'x' = ANY (ARRAY[tags, '{a}'::text[]]) AS found FROM customers;

-- name: json_null_of_subquery()
-- The JSON null as a number, behind a subquery: NULL since 18, an error before.
SELECT (SELECT d.doc FROM (VALUES ('null'::jsonb)) AS d (doc))::int AS n;

-- name: totals_after_where()
-- The totals null what WHERE has seen.
SELECT credit + 1 AS more FROM customers WHERE credit + 1 IS NOT NULL GROUP BY ROLLUP (credit);

-- name: group_by_random_key()
-- Equal to another number in each row.
SELECT quantity, count(*) AS n FROM order_items WHERE quantity = (random() * 8)::int GROUP BY quantity;

-- name: window_array_over_rollup()
-- An array over the window holds the totals.
SELECT array_agg(name) OVER () AS names FROM customers GROUP BY ROLLUP (name);

-- name: insert_through_view_of_triggered_view(id, kind)
-- The trigger belongs to the view below.
INSERT INTO lab.event_kinds (id, kind) VALUES (:id, :kind) RETURNING id, kind;
