-- name: union_null()
-- One arm has NULL.
SELECT id, name FROM customers UNION SELECT id, NULL FROM warehouses;

-- name: union_all_sure()
-- Both arms are sure.
SELECT id, name FROM customers UNION ALL SELECT id, code FROM warehouses;

-- name: union_mixed()
-- Sure in the first arm only.
SELECT name FROM customers UNION SELECT nickname FROM customers;

-- name: union_three()
-- The third arm decides.
SELECT 1 AS n, 'a' AS t UNION ALL SELECT 2, 'b' UNION ALL SELECT NULL, 'c';

-- name: intersect_left()
-- A row of both arms: NULL only where both may be.
SELECT nickname FROM customers INTERSECT SELECT name FROM customers;

-- name: intersect_both_nullable()
-- INTERSECT takes two NULLs for the same.
SELECT nickname FROM customers INTERSECT SELECT coupon FROM orders;

-- name: intersect_right()
-- Sure on the left.
SELECT name FROM customers INTERSECT ALL SELECT nickname FROM customers;

-- name: except_left()
-- EXCEPT only takes rows away.
SELECT id, name FROM customers EXCEPT SELECT id, city FROM warehouses;

-- name: except_right_proves_nothing()
-- The right arm of EXCEPT proves nothing about the left.
SELECT nickname FROM customers EXCEPT ALL SELECT name FROM customers;

-- name: except_null_row()
-- Taking away the NULL row leaves none.
SELECT nickname FROM customers EXCEPT SELECT NULL;

-- name: nested_setops()
-- Union of an intersection.
(SELECT nickname AS word FROM customers INTERSECT SELECT name FROM customers)
UNION ALL
(SELECT code FROM coupons EXCEPT SELECT coupon FROM orders);

-- name: union_in_derived_table()
-- A set operation under a condition.
SELECT u.id, u.word FROM (SELECT id, name AS word FROM customers UNION ALL SELECT id, nickname FROM customers) AS u
WHERE u.word <> '';

-- name: union_types_resolved()
-- Types are made equal, NULL is not touched.
SELECT total FROM orders UNION ALL SELECT quantity FROM order_items UNION ALL SELECT NULL WHERE false;

-- name: union_ordered(limit)
-- ORDER BY and LIMIT of the whole.
SELECT id, note FROM orders WHERE note IS NOT NULL
UNION ALL
SELECT id, method FROM payments WHERE method > ''
ORDER BY 1
LIMIT :limit;

-- name: union_one_row_each()
-- Two single rows make two.
SELECT count(*) AS n FROM customers UNION ALL SELECT count(*) FROM orders;

-- name: union_parameters(a, b)
-- Parameters in both arms.
SELECT :a::int AS v UNION SELECT :b::int;
