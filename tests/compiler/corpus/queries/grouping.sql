-- name: plain_group()
-- The keys of a plain GROUP BY are what the columns are.
SELECT status, coupon, count(*) AS n FROM orders GROUP BY status, coupon;

-- name: rollup()
-- Totals carry NULL in place of the key.
SELECT status, customer_id, count(*) AS n, sum(total) AS total FROM orders GROUP BY ROLLUP (status, customer_id);

-- name: cube()
-- Every combination, the empty one too.
SELECT status, coupon, max(total) AS top, grouping(status, coupon) AS level FROM orders GROUP BY CUBE (status, coupon);

-- name: grouping_sets_common_key()
-- A key that is in every set is never nulled.
SELECT customer_id, status, count(*) AS n, sum(total) AS total
FROM orders GROUP BY GROUPING SETS ((customer_id, status), (customer_id));

-- name: grouping_sets_disjoint()
-- Either key, never both, never none.
SELECT customer_id, status, sum(total) AS total FROM orders GROUP BY GROUPING SETS ((customer_id), (status));

-- name: grouping_set_empty()^
-- GROUP BY () is one row for any table.
SELECT count(*) AS n, sum(total) AS total FROM orders GROUP BY ();

-- name: grouping_sets_empty_twice()
-- The empty set twice: two rows.
SELECT count(*) AS n FROM orders GROUP BY GROUPING SETS ((), ());

-- name: key_and_rollup()
-- A plain key beside a ROLLUP stays.
SELECT customer_id, status, sum(total) AS total FROM orders GROUP BY customer_id, ROLLUP (status);

-- name: rollup_expression()
-- COALESCE gives the total a name.
SELECT coalesce(status::text, 'all') AS status, coalesce(sum(total), 0) AS total FROM orders GROUP BY ROLLUP (status);

-- name: rollup_where_does_not_hold()
-- A fact from WHERE is from before the keys are nulled.
SELECT coupon, count(*) AS n FROM orders WHERE coupon IS NOT NULL GROUP BY ROLLUP (coupon);

-- name: rollup_having()
-- HAVING is tested after the keys are nulled.
SELECT status, count(*) AS n FROM orders GROUP BY ROLLUP (status) HAVING status IS NOT NULL;

-- name: rollup_expression_key()
-- The whole key expression is nulled.
SELECT total > 10 AS large, count(*) AS n FROM orders GROUP BY ROLLUP (total > 10);

-- name: rollup_expression_over_key()
-- An expression over a nulled key.
SELECT lower(name) AS lowered, name || '!' AS loud, count(*) AS n FROM customers GROUP BY CUBE (name);

-- name: rollup_aggregate_argument()
-- The argument of an aggregate is never nulled; the empty grand total is.
SELECT customer_id, count(customer_id) AS n, max(customer_id) AS top, array_agg(customer_id) AS ids
FROM orders GROUP BY ROLLUP (customer_id);

-- name: group_by_primary_key()
-- Other columns depend on the key.
SELECT c.id, c.name, c.nickname, count(o.id) AS orders
FROM customers AS c LEFT JOIN orders AS o ON o.customer_id = c.id
GROUP BY c.id;

-- name: group_by_nullable_side()
-- A key that an outer join may null.
SELECT o.status, count(*) AS customers, count(o.id) AS orders
FROM customers AS c LEFT JOIN orders AS o ON o.customer_id = c.id
GROUP BY o.status;

-- name: group_by_constant_key()
-- A key bound by equality leaves one group.
SELECT status, count(*) AS n, max(note) AS note FROM orders WHERE status = 'OPEN' GROUP BY status;

-- name: group_by_bound_key(customer_id)
-- The same with a parameter.
SELECT customer_id, sum(total) AS total FROM orders WHERE customer_id = :customer_id GROUP BY customer_id;

-- name: having_without_group()^
-- HAVING may take the only row.
SELECT count(*) AS n, sum(total) AS total FROM orders HAVING count(*) < 9;

-- name: having_proves()
-- HAVING proves what it compares.
SELECT coupon, sum(discount) AS discount, max(note) AS note
FROM orders AS o JOIN order_items AS i ON i.order_id = o.id
GROUP BY coupon HAVING sum(discount) > 1 AND coupon <> 'x';

-- name: having_sum_proves_rows()^
-- A sum that is not NULL saw rows.
SELECT sum(total) AS total, max(id) AS last FROM orders HAVING sum(total) >= 0;

-- name: distinct_rows()
-- DISTINCT changes nothing for NULL.
SELECT DISTINCT status, coupon FROM orders;

-- name: distinct_on()
-- The newest order for each customer.
SELECT DISTINCT ON (customer_id) customer_id, id, note, placed_at FROM orders ORDER BY customer_id, placed_at DESC;

-- name: distinct_on_bound(customer_id)
-- Distinct on a key that is bound.
SELECT DISTINCT ON (customer_id) customer_id, id, note FROM orders WHERE customer_id = :customer_id ORDER BY customer_id, placed_at DESC;

-- name: group_by_alias()
-- GROUP BY the name of an output expression.
SELECT date_trunc('month', placed_at) AS month, extract(year FROM placed_at) AS year, count(*) AS n
FROM orders GROUP BY month, year;

-- name: grouped_with_fact()
-- A fact from WHERE holds for a plain key.
SELECT coupon, count(*) AS n, min(shipped_at) AS first FROM orders WHERE coupon IS NOT NULL AND shipped_at > placed_at GROUP BY coupon;
