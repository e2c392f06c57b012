-- name: over_no_rows()^
-- Over no rows only counts are sure.
SELECT count(*) AS n, count(note) AS notes, sum(total) AS total, avg(total) AS mean, min(id) AS first, max(note) AS note,
  array_agg(id) AS ids, string_agg(status::text, ',') AS statuses, bool_and(total > 0) AS positive, json_agg(id) AS json
FROM orders;

-- name: in_groups()
-- A group has at least one row.
SELECT customer_id, count(note) AS notes, sum(total) AS total, avg(total) AS mean, min(id) AS first, max(note) AS note,
  array_agg(note) AS all_notes, string_agg(status::text, ',') AS statuses, string_agg(note, ',') AS joined,
  bool_and(total > 0) AS positive, bool_or(shipped_at > placed_at) AS any_shipped, json_agg(note) AS json, jsonb_agg(id) AS ids
FROM orders GROUP BY customer_id;

-- name: with_filter()
-- FILTER may leave no row.
SELECT customer_id, count(*) FILTER (WHERE total > 10) AS large, sum(total) FILTER (WHERE total > 10) AS large_total,
  max(id) FILTER (WHERE status = 'OPEN') AS last_open, array_agg(id) FILTER (WHERE status = 'OPEN') AS open_ids
FROM orders GROUP BY customer_id;

-- name: filter_true()
-- A FILTER that is always true.
SELECT customer_id, sum(total) FILTER (WHERE id IS NOT NULL) AS total FROM orders GROUP BY customer_id;

-- name: sample_statistics()
-- One row alone has no sample variance.
SELECT customer_id, stddev(total) AS dev, variance(total) AS var, var_pop(total) AS pop, stddev_pop(total) AS dev_pop, var_samp(total) AS samp
FROM orders GROUP BY customer_id;

-- name: regression()
-- Regression needs two points, its count does not.
SELECT product_id, corr(rating, customer_id) AS corr, regr_slope(rating, customer_id) AS slope, regr_count(rating, customer_id) AS n,
  covar_pop(rating, customer_id) AS pop, covar_samp(rating, customer_id) AS samp
FROM reviews GROUP BY product_id;

-- name: ordered_sets()
-- Percentiles and the mode of a column that is sure.
SELECT customer_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY total) AS median, percentile_disc(0.9) WITHIN GROUP (ORDER BY id) AS p90,
  mode() WITHIN GROUP (ORDER BY status) AS usual, mode() WITHIN GROUP (ORDER BY note) AS usual_note
FROM orders GROUP BY customer_id;

-- name: ordered_sets_no_rows()^
-- The same over what may be nothing.
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY total) AS median, mode() WITHIN GROUP (ORDER BY status) AS usual,
  percentile_cont(ARRAY[0.1, 0.9]) WITHIN GROUP (ORDER BY total) AS many
FROM orders;

-- name: hypothetical()^
-- The rank that a value would have, also among no rows.
SELECT rank(10) WITHIN GROUP (ORDER BY total) AS rank, dense_rank(10) WITHIN GROUP (ORDER BY total) AS dense,
  percent_rank(10) WITHIN GROUP (ORDER BY total) AS percent, cume_dist(10) WITHIN GROUP (ORDER BY total) AS cume
FROM orders;

-- name: nested_in_expressions()^
-- Expressions over aggregates.
SELECT coalesce(sum(total), 0) AS total, count(*) > 0 AS any, sum(total) IS NULL AS none, sum(total) / nullif(count(*), 0) AS mean,
  greatest(max(total), 0) AS top, max(total) + 1 AS next
FROM orders;

-- name: ratio_in_group()
-- NULLIF may give NULL even of a sure count.
SELECT customer_id, sum(total) / count(*) AS mean, sum(total) / nullif(count(note), 0) AS for_each_note FROM orders GROUP BY customer_id;

-- name: nullable_argument_with_fact()
-- WHERE makes the argument sure.
SELECT product_id, avg(discount) AS discount, string_agg(gift_note, ', ') AS notes
FROM order_items WHERE discount IS NOT NULL GROUP BY product_id;

-- name: argument_from_left_join()
-- The argument is NULL for a customer without orders.
SELECT c.id, sum(o.total) AS total, count(o.id) AS n, array_agg(o.id) AS ids, bool_or(o.id IS NULL) AS none
FROM customers AS c LEFT JOIN orders AS o ON o.customer_id = c.id GROUP BY c.id;

-- name: json_objects()
-- Objects of keys and values, in groups and over all.
SELECT order_id, jsonb_object_agg(line, gift_note) AS notes, json_object_agg(line, quantity) AS quantities
FROM order_items GROUP BY order_id;

-- name: json_object_no_rows()$
-- No rows, no object.
SELECT jsonb_object_agg(line, gift_note) AS notes FROM order_items;

-- name: distinct_and_ordered()
-- DISTINCT and ORDER BY inside change nothing.
SELECT customer_id, count(DISTINCT coupon) AS coupons, array_agg(DISTINCT status) AS statuses, string_agg(note, ',' ORDER BY id) AS notes
FROM orders GROUP BY customer_id;

-- name: any_and_every()
-- any_value, every and the bits.
SELECT order_id, any_value(quantity) AS quantity, any_value(gift_note) AS note, every(quantity > 0) AS all_positive, bit_or(quantity) AS bits
FROM order_items GROUP BY order_id;

-- name: range_aggregates()
-- Ranges united and cut, in groups.
SELECT employee_id, range_agg(valid) AS all_valid, range_intersect_agg(valid) AS common FROM hr.badges GROUP BY employee_id;

-- name: sum_of_case()
-- CASE without ELSE inside the sum.
SELECT customer_id, sum(CASE WHEN status = 'OPEN' THEN total END) AS open, sum(CASE WHEN status = 'OPEN' THEN total ELSE 0 END) AS open_or_zero
FROM orders GROUP BY customer_id;

-- name: limit_zero()^
-- LIMIT 0 hides even the aggregate's row.
SELECT count(*) AS n FROM orders LIMIT 0;

-- name: outer_aggregate()
-- An aggregate that belongs to the outer query.
SELECT c.tier, (SELECT max(c.id)) AS top, count(*) AS n FROM customers AS c GROUP BY c.tier;

-- name: string_agg_delimiter(sep)
-- The delimiter is a parameter.
SELECT customer_id, string_agg(status::text, :sep) AS statuses FROM orders GROUP BY customer_id;

-- name: aggregate_of_rows()
-- An array of whole rows.
SELECT o.customer_id, array_agg(o ORDER BY o.id) AS orders FROM orders AS o GROUP BY o.customer_id;
