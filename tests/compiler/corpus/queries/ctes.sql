-- name: simple_cte()
-- The CTE's columns keep what the table says.
WITH recent AS (SELECT id, customer_id, note FROM orders WHERE placed_at > now() - interval '7 days')
SELECT r.id, r.customer_id, r.note FROM recent AS r;

-- name: cte_with_fact()
-- A fact inside the CTE is a fact outside.
WITH noted AS (SELECT id, note, coupon FROM orders WHERE note IS NOT NULL)
SELECT n.id, n.note, n.coupon FROM noted AS n;

-- name: cte_used_twice()
-- Once preserved, once nullable.
WITH people AS (SELECT id, name, manager_id FROM hr.employees)
SELECT p.id, p.name, b.id AS boss_id, b.name AS boss
FROM people AS p
LEFT JOIN people AS b ON b.id = p.manager_id;

-- name: cte_materialized()
-- MATERIALIZED changes nothing for NULL.
WITH totals AS MATERIALIZED (SELECT customer_id, sum(total) AS spent, max(note) AS note FROM orders GROUP BY customer_id)
SELECT t.customer_id, t.spent, t.note FROM totals AS t;

-- name: cte_column_names()
-- The CTE renames its columns.
WITH c (a, b, d) AS (SELECT id, nickname, 'x' FROM customers)
SELECT a, b, d FROM c;

-- name: cte_shadows_table()^
-- The CTE's name hides the table's.
WITH customers AS (SELECT 1 AS id, NULL::text AS email)
SELECT id, email FROM customers;

-- name: cte_in_subquery()
-- A CTE one level up, read inside a derived table.
WITH base AS (SELECT id, nickname FROM customers)
SELECT d.id, d.nickname, d.n FROM (SELECT b.id, b.nickname, 1 AS n FROM base AS b) AS d;

-- name: cte_nested_with()
-- WITH inside WITH, one name on both levels.
WITH x AS (SELECT id FROM customers),
  y AS (WITH x AS (SELECT NULL::int AS id) SELECT id FROM x)
SELECT x.id, y.id AS inner_id FROM x CROSS JOIN y;

-- name: insert_in_cte(name, subject)
-- The table has no trigger: the CTE returns its row.
WITH new AS (
  INSERT INTO hr.departments (id, name) VALUES (90, :name) RETURNING id, name, budget
)
SELECT n.id, n.name, n.budget, :subject::text AS subject FROM new AS n;

-- name: update_in_cte(note)
-- Assigned in the CTE, read outside.
WITH changed AS (
  UPDATE orders SET note = :note, coupon = NULL WHERE coupon IS NOT NULL RETURNING id, note, coupon, status
)
SELECT c.id, c.note, c.coupon, c.status FROM changed AS c;

-- name: delete_in_cte_joined()
-- Deleted rows beside rows that stay.
WITH gone AS (DELETE FROM payments WHERE method IS NOT NULL RETURNING id, order_id, method)
SELECT g.id, g.method, g.order_id, o.status
FROM gone AS g
LEFT JOIN orders AS o ON o.id = g.order_id;

-- name: cte_move_rows()
-- Rows move from one table to another in one statement.
WITH moved AS (DELETE FROM reviews WHERE title IS NOT NULL RETURNING customer_id, title)
INSERT INTO hr.departments (id, name)
SELECT 1000 + m.customer_id, m.title FROM moved AS m
ON CONFLICT DO NOTHING
RETURNING id, name, budget;

-- name: unused_cte_counts(id)^
-- A data-modifying CTE that nobody reads, and an aggregate.
WITH gone AS (DELETE FROM payments WHERE id = :id)
SELECT count(*) AS left_before, max(amount) AS highest FROM payments;

-- name: cte_union()
-- The union inside the CTE mixes NULL and not.
WITH ids AS (SELECT id, name FROM customers UNION ALL SELECT id, NULL FROM warehouses)
SELECT i.id, i.name FROM ids AS i;

-- name: cte_aggregate_pair()^
-- Two one-row CTEs make one row.
WITH a AS (SELECT count(*) AS n FROM customers), b AS (SELECT max(id) AS top FROM customers)
SELECT a.n, b.top FROM a CROSS JOIN b;
