-- name: latest_order()
-- The newest order of each customer, if any.
SELECT c.id, l.id AS order_id, l.placed_at, l.note
FROM customers AS c
LEFT JOIN LATERAL (
  SELECT o.id, o.placed_at, o.note FROM orders AS o WHERE o.customer_id = c.id ORDER BY o.placed_at DESC LIMIT 1
) AS l ON true;

-- name: latest_order_cross()
-- Customers without an order drop out.
SELECT c.id, l.id AS order_id, l.note
FROM customers AS c
CROSS JOIN LATERAL (
  SELECT o.id, o.note FROM orders AS o WHERE o.customer_id = c.id ORDER BY o.placed_at DESC LIMIT 1
) AS l;

-- name: lateral_aggregate()
-- An aggregate without GROUP BY has its row even for no rows.
SELECT c.id, t.orders, t.spent, t.spent_or_zero
FROM customers AS c
LEFT JOIN LATERAL (
  SELECT count(*) AS orders, sum(o.total) AS spent, coalesce(sum(o.total), 0) AS spent_or_zero
  FROM orders AS o WHERE o.customer_id = c.id
) AS t ON true;

-- name: lateral_aggregate_cross()
-- The same without the outer join.
SELECT c.id, t.orders, t.spent
FROM customers AS c, LATERAL (SELECT count(*) AS orders, sum(o.total) AS spent FROM orders AS o WHERE o.customer_id = c.id) AS t;

-- name: lateral_aggregate_having()
-- HAVING may take the aggregate's only row away.
SELECT c.id, t.orders
FROM customers AS c
LEFT JOIN LATERAL (SELECT count(*) AS orders FROM orders AS o WHERE o.customer_id = c.id HAVING count(*) > 1) AS t ON true;

-- name: lateral_function()
-- A set-returning function for each row.
SELECT c.id, tag.value, tag.place
FROM customers AS c
CROSS JOIN LATERAL unnest(c.tags) WITH ORDINALITY AS tag (value, place);

-- name: lateral_function_left()
-- No tags: the ordinality is NULL too.
SELECT c.id, tag.value, tag.place
FROM customers AS c
LEFT JOIN LATERAL unnest(c.tags) WITH ORDINALITY AS tag (value, place) ON true;

-- name: lateral_expression()
-- A row without FROM computes from the left side.
SELECT o.id, x.net, x.gross, x.label
FROM orders AS o
CROSS JOIN LATERAL (SELECT o.total * 0.8 AS net, o.total AS gross, o.note || '!' AS label) AS x;

-- name: lateral_expression_left_true()
-- One row without FROM, joined on true.
SELECT o.id, x.gross
FROM orders AS o
LEFT JOIN LATERAL (SELECT o.total AS gross) AS x ON true;

-- name: lateral_expression_left_condition(floor)
-- The condition can fail.
SELECT o.id, x.gross
FROM orders AS o
LEFT JOIN LATERAL (SELECT o.total AS gross) AS x ON x.gross > :floor;

-- name: lateral_expression_where(floor)
-- So can a WHERE inside.
SELECT o.id, x.gross
FROM orders AS o
LEFT JOIN LATERAL (SELECT o.total AS gross WHERE o.total > :floor) AS x ON true;

-- name: lateral_nullable_reference()
-- The lateral subquery reads a column that an outer join may have nulled.
SELECT c.id, x.order_id, x.status, x.place
FROM customers AS c
LEFT JOIN orders AS o ON o.customer_id = c.id
CROSS JOIN LATERAL (SELECT o.id AS order_id, coalesce(o.status, 'OPEN') AS status, 1 AS place) AS x;

-- name: lateral_after_where()
-- A fact from WHERE reaches into the lateral subquery.
SELECT c.id, x.nick
FROM customers AS c
CROSS JOIN LATERAL (SELECT upper(c.nickname) AS nick) AS x
WHERE c.nickname IS NOT NULL;

-- name: lateral_where_on_output()
-- A fact about the lateral subquery's own output.
SELECT c.id, x.nick
FROM customers AS c
CROSS JOIN LATERAL (SELECT upper(c.nickname) AS nick) AS x
WHERE x.nick > 'A';

-- name: top_two_items(order_id)
-- The two dearest lines of an order, its customer beside.
SELECT o.id, c.name, t.line, t.unit_price, t.discount
FROM orders AS o
JOIN customers AS c ON c.id = o.customer_id
CROSS JOIN LATERAL (
  SELECT i.line, i.unit_price, i.discount FROM order_items AS i WHERE i.order_id = o.id ORDER BY i.unit_price DESC LIMIT 2
) AS t
WHERE o.id = :order_id;
