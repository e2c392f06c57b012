-- name: order_with_customer(order_id)^
-- An order, its customer and shipment nested.
SELECT o.id, o.note, c AS customer, s AS shipment
FROM orders AS o JOIN customers AS c ON c.id = o.customer_id LEFT JOIN shipments AS s ON s.order_id = o.id
WHERE o.id = :order_id;

-- name: customer_with_orders(id)^
-- A customer with all orders in an array.
SELECT c.id, c.name, ARRAY(SELECT o FROM orders AS o WHERE o.customer_id = c.id ORDER BY o.id) AS orders FROM customers AS c WHERE c.id = :id;

-- name: deep()
-- A row that holds an array of rows that hold an array of rows.
SELECT c.id, ARRAY(
    SELECT ROW(o.id, o.note, ARRAY(SELECT i FROM order_items AS i WHERE i.order_id = o.id ORDER BY i.line))
    FROM orders AS o WHERE o.customer_id = c.id ORDER BY o.id
  ) AS orders
FROM customers AS c;

-- name: array_agg_left_join()
-- Over a left join the array holds one NULL row for no match.
SELECT c.id, array_agg(o ORDER BY o.id) AS orders, array_agg(o ORDER BY o.id) FILTER (WHERE o.id IS NOT NULL) AS matched,
  coalesce(array_agg(o) FILTER (WHERE o.id IS NOT NULL), '{}') AS matched_or_empty
FROM customers AS c LEFT JOIN orders AS o ON o.customer_id = c.id GROUP BY c.id;

-- name: view_row()
-- A view's row nested.
SELECT o.id, t AS totals, v AS shipped FROM orders AS o JOIN order_totals AS t ON t.order_id = o.id LEFT JOIN shipped_orders AS v ON v.id = o.id;

-- name: cte_row()
-- A CTE's row nested: an anonymous record.
WITH t AS (SELECT customer_id, sum(total) AS total FROM orders GROUP BY customer_id)
SELECT c.id, t AS spent FROM customers AS c LEFT JOIN t ON t.customer_id = c.id;

-- name: stored_composites()
-- Composites as they are stored.
SELECT e.id, e.contact, (e.contact).home AS home, ((e.contact).home).city AS city, (e.contact).languages AS languages FROM hr.employees AS e;

-- name: arrays_of_composites()
-- Arrays of composites and their elements.
SELECT s.id, s.homes, s.homes[1] AS first, (s.homes[1]).city AS city, cardinality(s.homes) AS n FROM lab.samples AS s;

-- name: row_constructor()
-- A named composite made here.
SELECT c.id, ROW(c.name, c.nickname, NULL)::address AS label, ARRAY[ROW(c.name, c.nickname, NULL)::address] AS labels FROM customers AS c;

-- name: scalar_row_subquery()
-- The newest order as a row, if any.
SELECT c.id, (SELECT o FROM orders AS o WHERE o.customer_id = c.id ORDER BY o.placed_at DESC LIMIT 1) AS latest FROM customers AS c;

-- name: lateral_row()
-- A lateral subquery's whole row.
SELECT c.id, l AS latest FROM customers AS c LEFT JOIN LATERAL (SELECT o.id, o.note FROM orders AS o WHERE o.customer_id = c.id ORDER BY o.id LIMIT 1) AS l ON true;

-- name: case_row()
-- A row or nothing, by CASE.
SELECT o.id, CASE WHEN o.status = 'OPEN' THEN c END AS open_customer, coalesce(CASE WHEN o.status = 'OPEN' THEN c END, c) AS customer
FROM orders AS o JOIN customers AS c ON c.id = o.customer_id;

-- name: returning_row(id)^
-- The whole row that was changed.
UPDATE orders AS o SET note = 'x' WHERE id = :id RETURNING o AS changed, ARRAY(SELECT i FROM order_items AS i WHERE i.order_id = o.id) AS items;

-- name: partition_row()
-- A row of a partitioned table.
SELECT a.id, s AS statement FROM ledger.accounts AS a LEFT JOIN ledger.statements AS s ON s.account_id = a.id;

-- name: parent_row()
-- A row of a table with children.
SELECT p AS person FROM hr.persons AS p;

-- name: row_where_all_fields()
-- A whole row that IS NOT NULL.
SELECT s AS shipment, s.tracking, s.carrier FROM orders AS o LEFT JOIN shipments AS s ON s.order_id = o.id WHERE s IS NOT NULL;

-- name: json_tree()
-- The same as JSON, for comparison.
SELECT c.id, jsonb_build_object('id', c.id, 'orders', (SELECT jsonb_agg(o.id) FROM orders AS o WHERE o.customer_id = c.id)) AS tree,
  (SELECT jsonb_agg(o.id) FROM orders AS o WHERE o.customer_id = c.id) AS ids,
  (SELECT coalesce(jsonb_agg(o.id), '[]') FROM orders AS o WHERE o.customer_id = c.id) AS ids_or_empty
FROM customers AS c;
