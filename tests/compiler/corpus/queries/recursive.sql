-- name: category_tree()
-- Every category with its depth and path.
WITH RECURSIVE tree AS (
  SELECT id, parent_id, name, 0 AS depth, ARRAY[id] AS path FROM categories WHERE parent_id IS NULL
  UNION ALL
  SELECT c.id, c.parent_id, c.name, t.depth + 1, t.path || c.id
  FROM categories AS c JOIN tree AS t ON c.parent_id = t.id
)
SELECT id, parent_id, name, depth, path FROM tree;

-- name: nullable_recursion()
-- The recursive arm brings the NULL.
WITH RECURSIVE up AS (
  SELECT id, manager_id AS boss, name FROM hr.employees WHERE manager_id IS NOT NULL
  UNION
  SELECT u.id, e.manager_id, e.name FROM up AS u JOIN hr.employees AS e ON e.id = u.boss
)
SELECT id, boss, name FROM up;

-- name: recursion_where_inside()
-- Both arms ask for a manager.
WITH RECURSIVE up AS (
  SELECT id, manager_id AS boss FROM hr.employees WHERE manager_id IS NOT NULL
  UNION
  SELECT u.id, e.manager_id FROM up AS u JOIN hr.employees AS e ON e.id = u.boss WHERE e.manager_id IS NOT NULL
)
SELECT id, boss FROM up;

-- name: counter(n)
-- Numbers from one.
WITH RECURSIVE t (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE n < :n)
SELECT n FROM t;

-- name: counter_with_null()
-- The recursive arm makes NULL out of two.
WITH RECURSIVE t (n) AS (VALUES (1) UNION ALL SELECT nullif(n + 1, 3) FROM t WHERE n < 5)
SELECT n FROM t;

-- name: recursion_swaps_columns()
-- NULL travels from column to column with each round.
WITH RECURSIVE t (a, b, c, round) AS (
  SELECT 1, 2, NULL::int, 0
  UNION ALL
  SELECT b, c, a, round + 1 FROM t WHERE round < 5
)
SELECT a, b, c, round FROM t;

-- name: recursion_outer_join()
-- An outer join inside the recursive arm.
WITH RECURSIVE walk AS (
  SELECT d.id, d.name, d.head_id FROM hr.departments AS d
  UNION
  SELECT w.id, e.name, NULL::int FROM walk AS w LEFT JOIN hr.employees AS e ON e.id = w.head_id
)
SELECT id, name, head_id FROM walk;

-- name: search_depth_first()
-- SEARCH adds an order column.
WITH RECURSIVE tree AS (
  SELECT id, parent_id FROM categories WHERE parent_id IS NULL
  UNION ALL
  SELECT c.id, c.parent_id FROM categories AS c JOIN tree AS t ON c.parent_id = t.id
) SEARCH DEPTH FIRST BY id SET place
SELECT id, place FROM tree ORDER BY place;

-- name: search_breadth_first()
-- A breadth-first order is a record.
WITH RECURSIVE tree AS (
  SELECT id, parent_id FROM categories WHERE parent_id IS NULL
  UNION ALL
  SELECT c.id, c.parent_id FROM categories AS c JOIN tree AS t ON c.parent_id = t.id
) SEARCH BREADTH FIRST BY id SET place
SELECT id, place::text AS place FROM tree ORDER BY place;

-- name: cycle_mark()
-- CYCLE adds a mark and a path.
WITH RECURSIVE up AS (
  SELECT id, manager_id FROM hr.employees
  UNION ALL
  SELECT e.id, e.manager_id FROM hr.employees AS e JOIN up AS u ON e.id = u.manager_id
) CYCLE id SET looped USING path
SELECT id, manager_id, looped FROM up;

-- name: recursive_view()
-- The staff with their depth, from a recursive view.
SELECT id, name, manager_id, depth FROM hr.org_chart;

-- name: recursion_left_joined()
-- The recursive CTE on the nullable side.
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4)
SELECT e.id, n.i FROM hr.employees AS e LEFT JOIN n ON n.i = e.id;

-- name: fibonacci(n)
-- Bounded by LIMIT.
WITH RECURSIVE f (a, b) AS (SELECT 0, 1 UNION ALL SELECT b, a + b FROM f WHERE b < 1000)
SELECT a FROM f LIMIT :n;
