-- name: null_test_inside_comparison(flag)
-- A comparison is strict in the test, not in what is tested.
SELECT o.id, o.note, o.coupon FROM orders AS o WHERE (o.note IS NOT NULL) = :flag AND (o.coupon IS NULL) <> :flag;

-- name: or_inside_comparison()
-- OR and AND are not strict.
SELECT id, note, coupon FROM orders WHERE (note = 'x' OR id > 0) = true AND (coupon = 'x' AND id < 0) = false;

-- name: array_inside_comparison()
-- Arrays with NULL in them can be compared.
SELECT id, note, coupon FROM orders WHERE ARRAY[note] <> '{zzz}' AND ARRAY[coupon] IS NOT NULL;

-- name: row_inside_record_comparison()
-- Records with NULL in them can be compared by IS DISTINCT FROM.
SELECT id, note, coupon FROM orders WHERE ROW (note, coupon) IS DISTINCT FROM ROW ('x', 'y');

-- name: composite_compared()
-- Two composites are compared field by field, NULL like any value.
SELECT a.id, a.home, (a.home).city AS city, (a.home).street AS street FROM customers AS a WHERE a.home <> '(zzz,,)'::address;

-- name: json_made_inside_comparison()
-- A document made of NULL is one.
SELECT id, note, coupon FROM orders WHERE jsonb_build_object('a', note) <> '{}' AND to_jsonb(coupon) <> '1';

-- name: greatest_inside_comparison()
-- GREATEST skips NULL.
SELECT c.id, o.id AS order_id FROM customers AS c LEFT JOIN orders AS o ON o.customer_id = c.id WHERE greatest(o.id, 1) >= 1;

-- name: all_of_empty_array()
-- Unequal to all of nothing.
SELECT c.id, o.id AS order_id, o.coupon FROM customers AS c LEFT JOIN orders AS o ON o.customer_id = c.id WHERE o.id <> ALL ('{}'::bigint[]);

-- name: all_of_constant_array()
-- Unequal to all of something.
SELECT c.id, o.id AS order_id, o.coupon FROM customers AS c LEFT JOIN orders AS o ON o.customer_id = c.id WHERE o.id <> ALL ('{100,200}'::bigint[]);

-- name: all_of_parameter(ids)
-- The caller may send an empty array.
SELECT c.id, o.id AS order_id FROM customers AS c LEFT JOIN orders AS o ON o.customer_id = c.id WHERE o.id <> ALL (:ids);

-- name: comparison_is_null()
-- A comparison that IS NULL proves the contrary.
SELECT c.id, o.id AS order_id FROM customers AS c LEFT JOIN orders AS o ON o.customer_id = c.id WHERE (o.id = 5) IS NULL;

-- name: subquery_in_condition()
-- A scalar subquery over the column.
SELECT o.id, o.note, o.coupon FROM orders AS o WHERE (SELECT count(x.v) FROM (VALUES (o.note)) AS x (v)) = 0 AND (SELECT coalesce(o.coupon, 'x')) = 'x';

-- name: strict_set_function()
-- A strict function in FROM has no rows for NULL.
SELECT e.id, e.skills, s.skill FROM hr.employees AS e CROSS JOIN LATERAL unnest(e.skills) AS s (skill);

-- name: strict_scalar_function_in_from()
-- A strict function that returns no set has a row even so.
SELECT e.id, e.skills, n FROM hr.employees AS e CROSS JOIN LATERAL cardinality(e.skills) AS n;

-- name: full_join_three_using()
-- Three tables, one merged column.
SELECT id, c.name AS customer, d.name AS department, e.name AS employee
FROM customers AS c FULL JOIN hr.departments AS d USING (id) FULL JOIN hr.employees AS e USING (id);

-- name: full_then_left_using()
-- The merged column of the left side goes on.
SELECT id, c.name AS customer, d.name AS department, e.name AS employee
FROM customers AS c FULL JOIN hr.departments AS d USING (id) LEFT JOIN hr.employees AS e USING (id);

-- name: full_using_where()
-- A condition on the merged column says nothing of either side.
SELECT id, c.id AS customer_id, d.id AS department_id FROM customers AS c FULL JOIN hr.departments AS d USING (id) WHERE id > 1;

-- name: left_then_full()
-- A preserved column loses its safety in the next join.
SELECT c.id, c.name, o.id AS order_id, w.id AS warehouse_id
FROM customers AS c LEFT JOIN orders AS o ON o.customer_id = c.id FULL JOIN warehouses AS w ON w.id = c.id;

-- name: left_join_on_null()
-- ON NULL never matches.
SELECT c.id, w.code FROM customers AS c LEFT JOIN warehouses AS w ON NULL;

-- name: left_join_of_union()
-- A union on the nullable side.
SELECT c.id, u.kind, u.ref FROM customers AS c
LEFT JOIN (SELECT customer_id, 'order' AS kind, id::text AS ref FROM orders UNION ALL SELECT customer_id, 'review', product_id::text FROM reviews) AS u ON u.customer_id = c.id;

-- name: left_join_of_window()
-- A window function on the nullable side.
SELECT c.id, r.place FROM customers AS c LEFT JOIN (SELECT customer_id, row_number() OVER (ORDER BY id) AS place FROM orders) AS r ON r.customer_id = c.id;

-- name: exists_on_nullable_side()
-- Even EXISTS is NULL without a row to ask for.
SELECT c.id, r.reviewed, r.ids FROM customers AS c
LEFT JOIN (SELECT o.customer_id, EXISTS (SELECT FROM reviews) AS reviewed, ARRAY(SELECT 1) AS ids FROM orders AS o) AS r ON r.customer_id = c.id;

-- name: subquery_over_nullable_side()
-- A subquery without FROM reads a column that the join nulled.
SELECT c.id, (SELECT o.total) AS total, (SELECT o.total IS NULL) AS missing, (SELECT count(*) FROM order_items AS i WHERE i.order_id = o.id) AS lines
FROM customers AS c LEFT JOIN orders AS o ON o.customer_id = c.id;

-- name: subquery_in_on()
-- A subquery in the ON condition.
SELECT c.id, o.id AS order_id FROM customers AS c LEFT JOIN orders AS o ON o.customer_id = c.id AND o.total > (SELECT avg(x.total) FROM orders AS x);

-- name: grouped_left_join_expression()
-- An expression over a nulled column as the key.
SELECT o.status::text || '!' AS status, coalesce(o.status::text, 'none') AS label, count(*) AS n
FROM customers AS c LEFT JOIN orders AS o ON o.customer_id = c.id GROUP BY o.status;

-- name: grouped_where_undoes()
-- The condition undoes the join before the groups.
SELECT o.status, max(o.id) AS last, count(*) AS n FROM customers AS c LEFT JOIN orders AS o ON o.customer_id = c.id WHERE o.total >= 0 GROUP BY o.status;

-- name: case_chain()
-- ELSE is reached only past the test.
SELECT id, CASE WHEN note IS NULL THEN '' WHEN id > 3 THEN note ELSE lower(note) END AS note, CASE WHEN id > 3 THEN note WHEN note IS NULL THEN '' ELSE note END AS other FROM orders;

-- name: case_constant()^
-- An arm that is never taken.
SELECT CASE WHEN false THEN NULL ELSE 1 END AS one, CASE WHEN true THEN NULL ELSE 1 END AS none, coalesce(NULL, 1) AS filled;

-- name: where_in_cte_where_outside()
-- A column of a CTE with the fact outside, used twice.
WITH o AS (SELECT id, note FROM orders) SELECT a.id, a.note, b.note AS other FROM o AS a JOIN o AS b ON b.id = a.id WHERE a.note IS NOT NULL;

-- name: get_or_create(id, code)^
-- The classic: insert, or find.
WITH made AS (INSERT INTO warehouses (id, code) VALUES (:id, :code) ON CONFLICT DO NOTHING RETURNING id, code, city)
SELECT id, code, city FROM made UNION ALL SELECT w.id, w.code, w.city FROM warehouses AS w WHERE w.id = :id LIMIT 1;

-- name: insert_excluded_constant(id, code)<!
-- EXCLUDED is the row that was to be inserted.
INSERT INTO warehouses (id, code, city) VALUES (:id, :code, 'new') ON CONFLICT (id) DO UPDATE SET city = EXCLUDED.city RETURNING id, city;

-- name: insert_excluded_coalesced(id, code, city)<!
-- COALESCE of two that may be NULL.
INSERT INTO warehouses (id, code, city) VALUES (:id, :code, :city) ON CONFLICT (id) DO UPDATE SET city = coalesce(EXCLUDED.city, warehouses.city) RETURNING id, city;

-- name: update_to_default()
-- DEFAULT of a column without one is NULL.
UPDATE orders SET note = DEFAULT, status = DEFAULT WHERE note IS NOT NULL RETURNING id, note, status;

-- name: update_not_null_from_nothing(id)<!
-- An empty subquery for a NOT NULL column is refused.
UPDATE orders SET total = (SELECT p.amount FROM payments AS p WHERE p.order_id = orders.id LIMIT 1) WHERE id = :id RETURNING id, total;

-- name: returning_subquery_on_itself(id)<!
-- A subquery in RETURNING sees the table as it was.
UPDATE orders SET note = 'x' WHERE id = :id RETURNING id, note, (SELECT o.note FROM orders AS o WHERE o.id = orders.id) AS before;

-- name: update_with_self_join()
-- The other reference to the table is not assigned.
UPDATE orders AS o SET note = NULL FROM orders AS p WHERE p.id = o.id AND p.note = o.note RETURNING o.id, o.note, p.note AS before;

-- name: insert_from_left_join()
-- A NOT NULL column refuses what the join nulled; a nullable one takes it.
INSERT INTO hr.departments (id, name, budget) SELECT 800 + c.id, c.name || c.id, o.total FROM customers AS c LEFT JOIN orders AS o ON o.customer_id = c.id
ON CONFLICT DO NOTHING RETURNING id, name, budget;

-- name: sampled()
-- A sample of a table.
SELECT id, note FROM orders TABLESAMPLE BERNOULLI (50) WHERE note IS NOT NULL;

-- name: ordered_by_other()
-- Columns that only serve the order.
SELECT o.id FROM orders AS o LEFT JOIN shipments AS s ON s.order_id = o.id ORDER BY s.carrier NULLS FIRST, o.placed_at;

-- name: nested_aggregate_subqueries()
-- A grouped aggregate over a nulled side.
SELECT c.tier, count(o.id) AS orders, sum(coalesce(o.total, 0)) AS total, avg(o.total) AS mean, max(s.n) AS n
FROM customers AS c LEFT JOIN orders AS o ON o.customer_id = c.id CROSS JOIN (SELECT count(*) AS n FROM warehouses) AS s GROUP BY c.tier;

-- name: having_without_aggregate(n)
-- HAVING and neither group nor aggregate: one row or none.
SELECT 1 AS one FROM orders HAVING 1 < :n;

-- name: limit_in_lateral_zero(n)
-- The lateral aggregate with a limit that may be nought.
SELECT c.id, t.n FROM customers AS c LEFT JOIN LATERAL (SELECT count(*) AS n FROM orders LIMIT :n) AS t ON true;

-- name: distinct_aggregate_window()
-- DISTINCT over a window.
SELECT DISTINCT customer_id, first_value(id) OVER (PARTITION BY customer_id ORDER BY placed_at) AS first FROM orders;

-- name: tableoid_of_family()
-- Which table a row is of, on both sides of a join.
SELECT p.tableoid::regclass::text AS kind, c.tableoid IS NULL AS missing, c.rate FROM hr.persons AS p LEFT JOIN hr.contractors AS c ON c.id = p.id;

-- name: intersect_in_cte_joined()
-- Nullability through set operations, twice over.
WITH words AS (SELECT nickname AS word FROM customers INTERSECT SELECT name FROM hr.employees)
SELECT w.word, c.code FROM words AS w LEFT JOIN coupons AS c ON c.code = w.word;
