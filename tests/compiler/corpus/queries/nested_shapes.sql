-- name: chosen_columns()
-- Some columns of an order and of its items, in arrays.
SELECT c.id, ARRAY(
    SELECT o FROM (
        SELECT o.id, o.status, o.note, o.deliver_to,
               ARRAY(SELECT i FROM (SELECT i.line, i.discount, p AS product FROM order_items AS i LEFT JOIN products AS p ON p.id = i.product_id
                                    WHERE i.order_id = o.id ORDER BY i.line) AS i) AS items
        FROM orders AS o WHERE o.customer_id = c.id
    ) AS o
) AS orders
FROM customers AS c;

-- name: outer_joined()
-- The row of a subquery on the optional side of a join, and all of them.
SELECT c.id, o, array_agg(o) OVER () AS everyone
FROM customers AS c LEFT JOIN (SELECT customer_id, shipped_at, total, 1 AS one FROM orders) AS o ON o.customer_id = c.id;

-- name: full_joined()
-- Rows of both sides of a FULL JOIN, one of which is there.
SELECT a, b, coalesce(a, b) AS either
FROM (SELECT id, nickname AS name FROM customers) AS a FULL JOIN (SELECT id, name FROM customers WHERE credit > 0) AS b ON a.id = b.id;

-- name: totals_of_sets()
-- Grouping sets null a key in the row of a subquery, and in an array of its rows.
SELECT t, array_agg(t.tier) OVER () AS tiers
FROM (SELECT tier, name, count(*) AS n, max(credit) AS credit FROM customers GROUP BY ROLLUP (tier, name)) AS t;

-- name: of_a_cte(id)
-- What an INSERT returned, as a row; the note may be NULL.
WITH made AS (INSERT INTO orders (customer_id, note) SELECT id, nickname FROM customers WHERE id = :id RETURNING id, note, status)
SELECT m, ARRAY[m] AS ms FROM made AS m;

-- name: of_values()
-- Rows of VALUES, one column of which has a NULL.
SELECT v, ARRAY(SELECT w FROM (VALUES (1, 'a'), (2, NULL)) AS w(n, word)) AS words FROM (VALUES (1, 'a'), (2, 'b')) AS v(n, word);

-- name: united()
-- Rows of two arms, which disagree about NULL.
SELECT r FROM (SELECT id, name AS word FROM customers) AS r UNION ALL SELECT r FROM (SELECT id, nickname FROM customers) AS r(id, word);

-- name: climbing()
-- A recursive CTE's rows, with the row of a table and the way to it.
WITH RECURSIVE t AS (
    SELECT c.id, c AS node, ARRAY[c.id] AS path, c.parent_id FROM categories AS c WHERE c.parent_id IS NULL
    UNION ALL
    SELECT c.id, c, path || c.id, t.id FROM categories AS c JOIN t ON t.id = c.parent_id WHERE NOT c.id = ANY (path)
)
SELECT t FROM t;

-- name: joined_as_one()
-- A join under one alias is a row of both.
SELECT j FROM (customers AS c LEFT JOIN (SELECT customer_id AS id, note, total FROM orders) AS o USING (id)) AS j;

-- name: beside_a_table()
-- An array of rows that hold the row of a table and that of an optional one.
SELECT ARRAY(SELECT b FROM (SELECT o AS inside, s AS shipped, o.note IS NULL AS silent FROM orders AS o LEFT JOIN shipments AS s ON s.order_id = o.id) AS b) AS both;

-- name: picked()
-- A choice between rows, one of which may not be found.
SELECT CASE WHEN c.credit > 0 THEN r ELSE (SELECT q FROM (SELECT o.id, o.note FROM orders AS o WHERE o.customer_id = c.id ORDER BY o.id LIMIT 1) AS q(id, name)) END AS first
FROM customers AS c, LATERAL (SELECT c.id::bigint AS id, c.name) AS r;
