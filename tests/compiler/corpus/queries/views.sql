-- name: through_view()
-- A view's columns are as sure as what they show.
SELECT id, email, name, nickname, tier, tags FROM active_customers;

-- name: view_with_outer_join()
-- The outer join is inside the view.
SELECT customer_id, name, nickname, order_id, status, shipped_at FROM customer_orders;

-- name: view_with_aggregates()
-- Groups of an outer join, inside the view.
SELECT order_id, customer_id, lines, pieces, amount, gift_note FROM order_totals;

-- name: view_over_views()
-- A view over views, one of them on the nullable side.
SELECT id, name, nickname, order_id, lines, amount, pieces FROM customer_summary;

-- name: view_with_facts()
-- Facts of the view's own WHERE and join.
SELECT id, customer_id, coupon, tracking, carrier, what FROM shipped_orders;

-- name: view_on_nullable_side()
-- The same view where it may be missing.
SELECT c.id, s.id AS order_id, s.coupon, s.what FROM customers AS c LEFT JOIN shipped_orders AS s ON s.customer_id = c.id;

-- name: view_undone_by_where()
-- A condition on the view's nullable column.
SELECT customer_id, order_id, status, shipped_at FROM customer_orders WHERE order_id > 0;

-- name: view_by_key(id)^
-- The table's key shows through the view.
SELECT id, email, nickname FROM active_customers WHERE id = :id;

-- name: view_grouped_by_key(order_id)
-- The view's group key is unique in it.
SELECT order_id, lines, amount FROM order_totals WHERE order_id = :order_id;

-- name: view_outer_by_key(customer_id)
-- The customer's key is not unique among orders.
SELECT customer_id, order_id FROM customer_orders WHERE customer_id = :customer_id;

-- name: view_of_balances()
-- A view with a domain and a date.
SELECT account_id, code, unit, balance, last_booked FROM ledger.balances;

-- name: materialized()
-- What a materialized view shows was true when it was refreshed.
SELECT product_id, name, reviews, rating FROM product_stats;

-- name: view_joined_to_itself()
-- A view joined to itself.
SELECT a.id, b.id AS other, b.nickname FROM active_customers AS a LEFT JOIN active_customers AS b ON b.id = a.id + 1;

-- name: view_aggregated()^
-- Aggregates over a view.
SELECT count(*) AS n, sum(lines) AS lines, max(amount) AS amount FROM order_totals;

-- name: view_in_cte()
-- The view inside a CTE inside a join.
WITH t AS (SELECT order_id, amount FROM order_totals) SELECT o.id, t.amount FROM orders AS o JOIN t ON t.order_id = o.id;

-- name: insert_through_view(email, name, nickname)<!
-- A view that can be written through.
INSERT INTO active_customers (email, name, nickname) VALUES (:email, :name, :nickname)
RETURNING id, email, nickname, tier, created_at;

-- name: update_through_view(nickname, id)<!
-- An update through a view.
UPDATE active_customers SET nickname = :nickname WHERE id = :id RETURNING id, name, nickname;

-- name: delete_through_view(id)<!
-- A delete through a view.
DELETE FROM active_customers WHERE id = :id RETURNING id, nickname;

-- name: catalog_view()
-- A view of the system catalog.
SELECT schemaname, tablename, tableowner, hasindexes FROM pg_tables;
