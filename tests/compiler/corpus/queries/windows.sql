-- name: ranks()
-- Ranks and numbers are always there.
SELECT id, row_number() OVER w AS n, rank() OVER w AS rank, dense_rank() OVER w AS dense, percent_rank() OVER w AS percent,
  cume_dist() OVER w AS cume, ntile(4) OVER w AS quarter
FROM orders WINDOW w AS (PARTITION BY customer_id ORDER BY placed_at);

-- name: neighbours()
-- The first has none before it, the last none after.
SELECT id, lag(total) OVER w AS before, lead(total) OVER w AS after, lag(total, 1, 0) OVER w AS before_or_zero, lag(note, 1, '') OVER w AS note
FROM orders WINDOW w AS (ORDER BY id);

-- name: lag_nullable_default()
-- A default that may itself be NULL.
SELECT id, lead(total, 1, unit) OVER (ORDER BY id) AS next
FROM (SELECT id, total, nullif(total, 0) AS unit FROM orders) AS o;

-- name: first_and_last()
-- The default frame holds the row itself.
SELECT id, first_value(total) OVER w AS first, last_value(total) OVER w AS last, nth_value(total, 2) OVER w AS second, first_value(note) OVER w AS note
FROM orders WINDOW w AS (PARTITION BY customer_id ORDER BY id);

-- name: nth_first()
-- The first of a frame that holds the row itself.
SELECT id, nth_value(total, 1) OVER (ORDER BY id) AS first FROM orders;

-- name: sums()
-- The default frame is never empty.
SELECT id, sum(total) OVER () AS all_total, sum(total) OVER (ORDER BY id) AS running, count(*) OVER (PARTITION BY status) AS peers,
  avg(total) OVER (PARTITION BY customer_id) AS mean, max(note) OVER () AS note, max(shipped_at) OVER (ORDER BY id) AS shipped
FROM orders;

-- name: frames_that_may_be_empty()
-- Frames beside the row may hold nothing.
SELECT id,
  sum(total) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING) AS before,
  first_value(total) OVER (ORDER BY id ROWS BETWEEN 1 FOLLOWING AND 2 FOLLOWING) AS next,
  sum(total) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE CURRENT ROW) AS others,
  max(id) OVER (ORDER BY status RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE GROUP) AS below,
  count(*) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING) AS n
FROM orders;

-- name: frames_that_hold_the_row()
-- Frames around the row.
SELECT id,
  sum(total) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS around,
  max(id) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE TIES) AS no_ties,
  sum(total) OVER (ORDER BY placed_at RANGE BETWEEN '1 day' PRECEDING AND CURRENT ROW) AS day,
  last_value(total) OVER (ORDER BY id GROUPS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS last
FROM orders;

-- name: window_filter()
-- FILTER may leave nothing.
SELECT id, sum(total) FILTER (WHERE status = 'OPEN') OVER (ORDER BY id) AS open, count(*) FILTER (WHERE status = 'OPEN') OVER () AS n FROM orders;

-- name: window_over_groups()
-- A window over aggregates.
SELECT customer_id, sum(total) AS total, sum(sum(total)) OVER () AS all_total, rank() OVER (ORDER BY sum(total) DESC) AS place,
  lag(sum(total)) OVER (ORDER BY customer_id) AS before
FROM orders GROUP BY customer_id;

-- name: window_over_left_join()
-- The argument may be nulled by the join.
SELECT c.id, max(o.id) OVER (PARTITION BY c.id) AS last_order, count(o.id) OVER (PARTITION BY c.id) AS orders
FROM customers AS c LEFT JOIN orders AS o ON o.customer_id = c.id;

-- name: window_order_nullable()
-- Ordered by a nullable column: the row is its own peer.
SELECT id, sum(total) OVER (ORDER BY shipped_at RANGE BETWEEN '1 day' PRECEDING AND '1 day' FOLLOWING) AS near FROM orders;

-- name: window_range_forward()
-- A range that begins after the row.
SELECT id, sum(total) OVER (ORDER BY placed_at RANGE BETWEEN '1 day' FOLLOWING AND '2 days' FOLLOWING) AS later FROM orders;

-- name: latest_for_each()
-- The newest of each customer, by its number.
SELECT r.customer_id, r.id, r.note FROM (
  SELECT customer_id, id, note, row_number() OVER (PARTITION BY customer_id ORDER BY placed_at DESC) AS n FROM orders
) AS r WHERE r.n = 1;

-- name: latest_overall()
-- The one row with number one.
SELECT r.id, r.note FROM (SELECT id, note, row_number() OVER (ORDER BY placed_at DESC) AS n FROM orders) AS r WHERE r.n = 1;

-- name: latest_of(customer_id)
-- The newest of one customer.
SELECT r.id, r.note FROM (
  SELECT customer_id, id, note, row_number() OVER (PARTITION BY customer_id ORDER BY placed_at DESC) AS n FROM orders
) AS r WHERE r.n = 1 AND r.customer_id = :customer_id;

-- name: ntile_parameter(buckets)
-- A parameter refuses NULL.
SELECT id, ntile(:buckets) OVER (ORDER BY id) AS bucket FROM orders;
