-- name: customers_with_orders()
-- Every customer, with orders if there are any.
SELECT c.id, c.name, c.nickname, o.id AS order_id, o.status, o.note
FROM customers AS c
LEFT JOIN orders AS o ON o.customer_id = c.id;

-- name: orders_with_customer()
-- The left join finds its row always: a NOT NULL foreign key, checked at once.
SELECT o.id, c.id AS customer_id, c.name, c.nickname
FROM orders AS o
LEFT JOIN customers AS c ON c.id = o.customer_id;

-- name: shipments_with_order()
-- A deferred foreign key may dangle inside a transaction.
SELECT s.id, s.order_id, o.status
FROM shipments AS s
LEFT JOIN orders AS o ON o.id = s.order_id;

-- name: right_join()
-- The preserved side stands on the right.
SELECT o.id, o.total, c.id AS customer_id, c.email
FROM orders AS o
RIGHT JOIN customers AS c ON c.id = o.customer_id;

-- name: full_join()
-- Both sides may be missing.
SELECT c.id AS customer_id, c.name, a.id AS account_id, a.code
FROM customers AS c
FULL JOIN ledger.accounts AS a ON a.owner_id = c.id;

-- name: full_join_using()
-- The merged column comes from whichever side there is.
SELECT id, d.name AS department, e.name AS employee
FROM hr.departments AS d
FULL JOIN hr.employees AS e USING (id);

-- name: full_join_using_nullable()
-- The merged column is NULL where a row without a key stands alone.
SELECT product_id, i.quantity, s.quantity AS in_stock
FROM order_items AS i
FULL JOIN stock AS s USING (product_id);

-- name: left_join_using()
-- The merged column of a left join is the left one.
SELECT order_id, o.quantity, s.carrier
FROM order_items AS o
LEFT JOIN shipments AS s USING (order_id);

-- name: right_join_using()
-- The merged column of a right join is the right one.
SELECT order_id, o.quantity, s.id
FROM order_items AS o
RIGHT JOIN shipments AS s USING (order_id);

-- name: inner_join_using_nullable()
-- An equality that held proves both sides.
SELECT order_id, p.order_id AS paid_order, p.method
FROM shipments AS s
JOIN payments AS p USING (order_id);

-- name: natural_left_join()
-- NATURAL is USING in disguise.
SELECT product_id, s.quantity, r.rating
FROM (SELECT product_id, quantity FROM stock) AS s
NATURAL LEFT JOIN (SELECT product_id, rating FROM reviews) AS r;

-- name: chain_of_left_joins()
-- What hangs on a missing row is missing too.
SELECT c.id, o.id AS order_id, i.line, p.sku
FROM customers AS c
LEFT JOIN orders AS o ON o.customer_id = c.id
LEFT JOIN order_items AS i ON i.order_id = o.id
LEFT JOIN products AS p ON p.id = i.product_id;

-- name: nested_inner_on_nullable_side()
-- The inner join inside the nullable side proves nothing outside it.
SELECT c.id, o.id AS order_id, s.tracking, s.order_id AS shipped_order
FROM customers AS c
LEFT JOIN (orders AS o JOIN shipments AS s ON s.order_id = o.id AND s.tracking IS NOT NULL)
  ON o.customer_id = c.id;

-- name: inner_join_undoes_left()
-- The later inner join needs the row that the left join might have missed.
SELECT c.id, o.id AS order_id, o.note, i.line, i.quantity
FROM customers AS c
LEFT JOIN orders AS o ON o.customer_id = c.id
JOIN order_items AS i ON i.order_id = o.id;

-- name: where_undoes_left()
-- A strict condition on the nullable side needs its row.
SELECT c.id, o.id AS order_id, o.coupon, o.note
FROM customers AS c
LEFT JOIN orders AS o ON o.customer_id = c.id
WHERE o.total > 10;

-- name: where_undoes_two()
-- The condition on the last table needs the one between as well.
SELECT c.id, o.id AS order_id, i.line, i.gift_note, o.coupon
FROM customers AS c
LEFT JOIN orders AS o ON o.customer_id = c.id
LEFT JOIN order_items AS i ON i.order_id = o.id
WHERE i.quantity > 1;

-- name: where_is_null_does_not_undo()
-- The anti-join keeps exactly the rows without a match.
SELECT c.id, o.id AS order_id, c.deleted_at
FROM customers AS c
LEFT JOIN orders AS o ON o.customer_id = c.id
WHERE o.id IS NULL;

-- name: where_or_does_not_undo(total)
-- One arm of the OR is true without a match.
SELECT c.id, o.id AS order_id, o.total
FROM customers AS c
LEFT JOIN orders AS o ON o.customer_id = c.id
WHERE o.total > :total OR o.id IS NULL;

-- name: where_coalesce_does_not_undo()
-- COALESCE is not strict.
SELECT c.id, o.id AS order_id
FROM customers AS c
LEFT JOIN orders AS o ON o.customer_id = c.id
WHERE coalesce(o.total, 0) >= 0;

-- name: on_condition_of_the_preserved_side()
-- What ON says about the preserved side is not a filter.
SELECT c.id, c.nickname, o.id AS order_id, o.coupon
FROM customers AS c
LEFT JOIN orders AS o ON o.customer_id = c.id AND c.nickname IS NOT NULL AND o.coupon IS NOT NULL;

-- name: on_condition_held_where_matched()
-- Where the row was matched its ON condition held.
SELECT c.id, c.nickname, o.id AS order_id, o.coupon
FROM customers AS c
LEFT JOIN orders AS o ON o.customer_id = c.id AND c.nickname IS NOT NULL AND o.coupon IS NOT NULL
WHERE o.id IS NOT NULL;

-- name: constants_inside_nullable_side()
-- A constant of the nullable side is NULL without a match.
SELECT c.id, o.kind, o.one, o.note
FROM customers AS c
LEFT JOIN (SELECT customer_id, 'order' AS kind, 1 AS one, coalesce(note, '') AS note FROM orders) AS o
  ON o.customer_id = c.id;

-- name: count_inside_nullable_side()
-- A grouped count has no row, and so no zero, where nothing is to be counted.
SELECT c.id, o.orders, coalesce(o.orders, 0) AS orders_or_zero
FROM customers AS c
LEFT JOIN (SELECT customer_id, count(*) AS orders FROM orders GROUP BY customer_id) AS o ON o.customer_id = c.id;

-- name: left_join_one_row_on_true()
-- An aggregate always has its row, and ON true always takes it.
SELECT c.id, t.orders
FROM customers AS c
LEFT JOIN (SELECT count(*) AS orders FROM orders) AS t ON true;

-- name: left_join_on_false()
-- Nothing ever matches.
SELECT c.id, o.id AS order_id
FROM customers AS c
LEFT JOIN orders AS o ON false;

-- name: left_join_on_true_of_a_table()
-- An empty table leaves every customer without a row.
SELECT c.id, w.code
FROM customers AS c
LEFT JOIN warehouses AS w ON true;

-- name: full_join_where_left()
-- The condition on one side leaves only the other side nullable.
SELECT c.id, c.name, a.code, a.closed_on
FROM customers AS c
FULL JOIN ledger.accounts AS a ON a.owner_id = c.id
WHERE c.name <> '';

-- name: full_join_where_both()
-- A condition on both sides makes it an inner join.
SELECT c.id, a.code, a.owner_id
FROM customers AS c
FULL JOIN ledger.accounts AS a ON a.owner_id = c.id
WHERE c.name <> a.code;

-- name: full_of_left()
-- A nullable side within a nullable side.
SELECT d.id AS department_id, e.id AS employee_id, b.serial, p.id AS person_id
FROM hr.departments AS d
LEFT JOIN hr.employees AS e ON e.department_id = d.id
FULL JOIN hr.badges AS b ON b.employee_id = e.id
LEFT JOIN ONLY hr.persons AS p ON p.id = d.id;

-- name: cross_then_left()
-- A cross join has both sides; the left join only its left.
SELECT w.id AS warehouse_id, p.id AS product_id, s.quantity
FROM warehouses AS w
CROSS JOIN products AS p
LEFT JOIN stock AS s ON s.warehouse_id = w.id AND s.product_id = p.id;

-- name: right_join_of_left()
-- The left join's left side becomes nullable in its turn.
SELECT c.id, o.id AS order_id, s.id AS shipment_id
FROM customers AS c
LEFT JOIN orders AS o ON o.customer_id = c.id
RIGHT JOIN shipments AS s ON s.order_id = o.id;

-- name: semi_join_undoes()
-- IN is strict in its left side.
SELECT c.id, o.id AS order_id, o.coupon
FROM customers AS c
LEFT JOIN orders AS o ON o.customer_id = c.id
WHERE o.coupon IN (SELECT code FROM coupons);

-- name: left_join_of_view()
-- The view's own outer join and the outer one add up.
SELECT e.id, b.account_id, b.balance, b.last_booked
FROM hr.employees AS e
LEFT JOIN ledger.balances AS b ON b.account_id = e.id;

-- name: self_join_manager()
-- A nullable foreign key to the table itself.
SELECT e.id, e.name, m.name AS manager, m.id AS manager_id
FROM hr.employees AS e
LEFT JOIN hr.employees AS m ON m.id = e.manager_id;

-- name: comma_join_after_left()
-- A comma list with a condition that needs the nullable side.
SELECT c.id, o.id AS order_id, k.code, k.percent
FROM customers AS c
LEFT JOIN orders AS o ON o.customer_id = c.id, coupons AS k
WHERE k.code = o.coupon;

-- name: coalesce_over_sides()
-- COALESCE that ends in something sure.
SELECT coalesce(o.note, c.nickname, c.name) AS label, coalesce(o.note, c.nickname) AS maybe, o.id IS NULL AS lonely
FROM customers AS c
LEFT JOIN orders AS o ON o.customer_id = c.id;

-- name: system_columns()
-- System columns are there for every stored row, and only for those.
SELECT c.ctid, c.tableoid, c.xmin, o.ctid AS order_ctid, o.tableoid::regclass AS order_table
FROM customers AS c
LEFT JOIN orders AS o ON o.customer_id = c.id;

-- name: whole_row()
-- The whole row is NULL where there is none.
SELECT c, o, c.home, o.deliver_to
FROM customers AS c
LEFT JOIN orders AS o ON o.customer_id = c.id;

-- name: whole_row_not_null_test()
-- A row IS NOT NULL only if every one of its columns is.
SELECT o.id, o.note, o.coupon, c.id AS customer_id
FROM customers AS c
LEFT JOIN orders AS o ON o.customer_id = c.id
WHERE o IS NOT NULL;

-- name: whole_row_not_is_null()
-- NOT (row IS NULL) is weaker: some column is not NULL.
SELECT o.id, o.note, c.id AS customer_id
FROM customers AS c
LEFT JOIN orders AS o ON o.customer_id = c.id
WHERE NOT (o IS NULL);

-- name: row_is_distinct()
-- IS DISTINCT FROM NULL asks whether there is a row at all.
SELECT o.id, o.note
FROM customers AS c
LEFT JOIN orders AS o ON o.customer_id = c.id
WHERE o IS DISTINCT FROM NULL;

-- name: join_alias_columns()
-- An alias on the whole join.
SELECT j.cid, j.oid, j.note
FROM (customers AS c LEFT JOIN orders AS o ON o.customer_id = c.id)
  AS j (cid, email, name, nickname, tier, referrer_id, credit, home, tags, birthday, created_at, deleted_at, oid, customer_id, status, coupon, total, note);

-- name: check_constraint_by_status()
-- A shipped order has its time: a CHECK says so.
SELECT id, status, shipped_at
FROM orders
WHERE status = 'SHIPPED';

-- name: check_constraint_plain()
-- CHECK (campaign IS NOT NULL) is a NOT NULL by another name.
SELECT code, percent, campaign
FROM coupons;

-- name: inherited_not_null()
-- NOT NULL in the parent alone; a child may hold NULL.
SELECT id, name, phone, email
FROM hr.persons;

-- name: inherited_only_parent()
-- ONLY the parent: its NOT NULL holds.
SELECT id, name, phone, email
FROM ONLY hr.persons;
