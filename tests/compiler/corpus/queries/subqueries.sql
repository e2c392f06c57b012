-- name: scalar_may_be_empty()
-- A scalar subquery without a row is NULL.
SELECT o.id, (SELECT i.quantity FROM order_items AS i WHERE i.order_id = o.id AND i.line = 1) AS first_quantity FROM orders AS o;

-- name: scalar_by_foreign_key()
-- A foreign key that is NOT NULL always finds its row.
SELECT o.id, (SELECT c.name FROM customers AS c WHERE c.id = o.customer_id) AS customer FROM orders AS o;

-- name: scalar_aggregate()
-- An aggregate has its row; count is never NULL.
SELECT c.id, (SELECT count(*) FROM orders AS o WHERE o.customer_id = c.id) AS orders,
  (SELECT sum(o.total) FROM orders AS o WHERE o.customer_id = c.id) AS spent,
  (SELECT coalesce(sum(o.total), 0) FROM orders AS o WHERE o.customer_id = c.id) AS spent_or_zero
FROM customers AS c;

-- name: scalar_aggregate_with_group()
-- GROUP BY may leave no group at all.
SELECT c.id, (SELECT count(*) FROM orders AS o WHERE o.customer_id = c.id GROUP BY o.customer_id) AS orders FROM customers AS c;

-- name: scalar_aggregate_having()$
-- HAVING may take the row.
SELECT (SELECT count(*) FROM orders HAVING count(*) > 3) AS orders;

-- name: scalar_without_from()
-- A subquery without FROM has one row.
SELECT (SELECT 1) AS one, (SELECT c.nickname) AS nickname, (SELECT c.name || '!') AS name, (SELECT 1 WHERE c.id > 1) AS maybe FROM customers AS c;

-- name: scalar_limit()^
-- LIMIT 0 and OFFSET take the aggregate's row.
SELECT (SELECT count(*) FROM orders LIMIT 1) AS one, (SELECT count(*) FROM orders OFFSET 1) AS none, (SELECT count(*) FROM orders LIMIT 0) AS zero;

-- name: scalar_limit_parameter(n)$
-- The limit may be nought.
SELECT (SELECT count(*) FROM orders LIMIT :n) AS orders;

-- name: exists_is_sure()
-- EXISTS answers yes or no.
SELECT c.id, EXISTS (SELECT FROM orders AS o WHERE o.customer_id = c.id) AS has_orders, NOT EXISTS (SELECT NULL) AS never FROM customers AS c;

-- name: in_subquery()
-- IN is NULL where the list may hold NULL and nothing equals.
SELECT c.id, c.id IN (SELECT o.customer_id FROM orders AS o) AS buyer, c.id IN (SELECT r.referrer_id FROM customers AS r) AS referrer,
  c.nickname IN (SELECT k.code FROM coupons AS k) AS coupon
FROM customers AS c;

-- name: not_in_subquery()
-- NOT IN likewise.
SELECT c.id, c.id NOT IN (SELECT o.customer_id FROM orders AS o) AS idle, c.id NOT IN (SELECT r.referrer_id FROM customers AS r) AS lonely FROM customers AS c;

-- name: any_and_all()
-- Quantified comparisons.
SELECT o.id, o.total > ANY (SELECT i.unit_price FROM order_items AS i) AS above_some, o.total > ALL (SELECT i.discount FROM order_items AS i) AS above_all,
  o.total >= ALL (SELECT p.total FROM orders AS p) AS highest
FROM orders AS o;

-- name: row_in_subquery()
-- Pairs compared with pairs.
SELECT o.id, (o.id, o.customer_id) IN (SELECT x.id, x.customer_id FROM orders AS x) AS known, (o.id, o.coupon) IN (SELECT x.id, x.coupon FROM orders AS x) AS maybe
FROM orders AS o;

-- name: array_subquery()
-- ARRAY of no rows is an empty array.
SELECT c.id, ARRAY(SELECT o.id FROM orders AS o WHERE o.customer_id = c.id) AS order_ids, ARRAY(SELECT o.note FROM orders AS o) AS notes FROM customers AS c;

-- name: array_subquery_limit(n)$
-- Also under LIMIT 0.
SELECT ARRAY(SELECT o.id FROM orders AS o ORDER BY o.id LIMIT :n) AS ids;

-- name: derived_table()
-- A derived table of a derived table.
SELECT a.id, a.label, a.extra FROM (SELECT b.id, b.name AS label, b.nickname AS extra FROM (SELECT * FROM customers) AS b) AS a;

-- name: derived_with_fact()
-- The condition outside reaches the column inside.
SELECT a.id, a.extra, a.other FROM (SELECT id, nickname AS extra, birthday AS other FROM customers) AS a WHERE a.extra LIKE 'b%';

-- name: derived_limit()
-- A fact inside holds with LIMIT too.
SELECT a.id, a.nickname FROM (SELECT id, nickname FROM customers WHERE nickname IS NOT NULL ORDER BY id LIMIT 5) AS a;

-- name: correlated_fact()
-- The subquery sees the fact of the outer WHERE.
SELECT c.id, (SELECT c.nickname || x.v FROM (VALUES ('!')) AS x (v)) AS shout FROM customers AS c WHERE c.nickname IS NOT NULL;

-- name: nested_scalar()
-- Subqueries within subqueries.
SELECT c.id, (SELECT (SELECT count(*) FROM order_items AS i WHERE i.order_id = max(o.id)) FROM orders AS o WHERE o.customer_id = c.id) AS lines FROM customers AS c;

-- name: where_exists_proves_nothing()
-- EXISTS with a strict condition on the outer column proves it.
SELECT o.id, o.coupon, o.note FROM orders AS o WHERE EXISTS (SELECT FROM coupons AS k WHERE k.code = o.coupon);

-- name: where_not_exists()
-- NOT EXISTS proves nothing.
SELECT o.id, o.coupon FROM orders AS o WHERE NOT EXISTS (SELECT FROM coupons AS k WHERE k.code <> o.coupon);

-- name: scalar_in_coalesce()
-- COALESCE over a subquery that may be empty.
SELECT c.id, coalesce((SELECT o.note FROM orders AS o WHERE o.customer_id = c.id LIMIT 1), c.name) AS note FROM customers AS c;

-- name: multi_row_sublink_in_case()
-- A subquery in each arm.
SELECT c.id, CASE WHEN c.credit > 0 THEN (SELECT count(*) FROM orders) ELSE (SELECT max(o.id) FROM orders AS o) END AS v FROM customers AS c;
