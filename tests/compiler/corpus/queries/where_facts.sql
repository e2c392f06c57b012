-- name: is_not_null()
-- The plainest fact.
SELECT id, note, coupon FROM orders WHERE note IS NOT NULL;

-- name: strict_operators(coupon)
-- A comparison that is true had no NULL.
SELECT id, note, coupon, shipped_at FROM orders WHERE note <> 'x' AND coupon = :coupon AND shipped_at > placed_at;

-- name: or_of_two()
-- An OR proves what all of its arms prove.
SELECT id, note, coupon FROM orders WHERE (note = 'x' AND coupon = 'a') OR note = 'b';

-- name: or_with_null_test()
-- An arm that is true for NULL.
SELECT id, note FROM orders WHERE note = 'x' OR note IS NULL;

-- name: or_between_columns()
-- Either of two, not both.
SELECT id, note, coupon, coalesce(note, coupon) AS label FROM orders WHERE note IS NOT NULL OR coupon IS NOT NULL;

-- name: not_of_null_test()
-- NOT over IS NULL.
SELECT id, note FROM orders WHERE NOT (note IS NULL);

-- name: not_of_or()
-- NOT over OR: both are false.
SELECT id, note, coupon FROM orders WHERE NOT (note = 'x' OR coupon IS NULL);

-- name: not_of_and()
-- NOT over AND: one of the two is false.
SELECT id, note, coupon FROM orders WHERE NOT (note = 'x' AND coupon = 'y');

-- name: not_of_comparison()
-- NOT over a comparison is still strict.
SELECT id, note FROM orders WHERE NOT (note = 'x');

-- name: is_true_and_friends()
-- IS TRUE needs a value, IS NOT FALSE does not.
SELECT id, note, coupon, total FROM orders WHERE (note = 'x') IS TRUE AND (coupon = 'x') IS NOT FALSE;

-- name: is_false()
-- IS FALSE needs a value, IS NOT TRUE does not.
SELECT id, note, coupon FROM orders WHERE (note = 'x') IS FALSE AND (coupon = 'x') IS NOT TRUE;

-- name: is_not_unknown()
-- IS NOT UNKNOWN is IS NOT NULL for truth.
SELECT id, note FROM orders WHERE (note = 'x') IS NOT UNKNOWN;

-- name: distinct_from()
-- IS DISTINCT FROM NULL, and from a value.
SELECT id, note, coupon FROM orders WHERE note IS DISTINCT FROM NULL AND coupon IS DISTINCT FROM 'x';

-- name: not_distinct_from_value(coupon)
-- Not distinct from something that is not NULL.
SELECT id, note, coupon FROM orders WHERE note IS NOT DISTINCT FROM 'a' AND coupon IS NOT DISTINCT FROM :coupon;

-- name: not_distinct_from_column()
-- Not distinct from a column that may be NULL.
SELECT id, note, coupon FROM orders WHERE note IS NOT DISTINCT FROM coupon;

-- name: in_list()
-- IN is strict on its left.
SELECT id, note, coupon FROM orders WHERE note IN ('x', 'a') AND coupon IN ('x', NULL);

-- name: not_in_list()
-- NOT IN of a list that is not empty is strict too.
SELECT id, note FROM orders WHERE note NOT IN ('x', 'y');

-- name: any_of_array(notes)
-- = ANY needs an element that is equal.
SELECT id, note FROM orders WHERE note = ANY (:notes);

-- name: not_any_of_array(notes)
-- <> ALL of an empty array is true for NULL as well.
SELECT id, note FROM orders WHERE note <> ALL (:notes);

-- name: all_of_subquery()
-- ALL of no rows is true for NULL as well.
SELECT id, note FROM orders WHERE note <> ALL (SELECT c.nickname FROM customers AS c WHERE c.credit > 5);

-- name: not_in_subquery()
-- NOT IN of no rows likewise.
SELECT id, note FROM orders WHERE note NOT IN (SELECT k.code FROM coupons AS k WHERE k.percent > 50);

-- name: in_subquery()
-- IN needs a row that is equal.
SELECT id, coupon FROM orders WHERE coupon IN (SELECT k.code FROM coupons AS k);

-- name: row_in_subquery()
-- A pair that is equal has no NULL.
SELECT o.id, o.coupon, o.note FROM orders AS o WHERE (o.coupon, o.note) IN (SELECT k.code, k.campaign FROM coupons AS k);

-- name: row_equals()
-- Rows that are equal have no NULL in them.
SELECT rating, title, body FROM reviews WHERE (title, body) = ('a', 'b');

-- name: row_less_than()
-- A smaller first field decides alone.
SELECT id, coupon, note FROM orders WHERE (coupon, note) < ('b', 'b');

-- name: row_is_not_null()
-- Every field of the row is there.
SELECT id, coupon, note, shipped_at FROM orders WHERE ROW (coupon, note) IS NOT NULL;

-- name: row_not_is_null()
-- At least one of the fields is there.
SELECT id, coupon, note FROM orders WHERE NOT (ROW (coupon, note) IS NULL);

-- name: composite_is_not_null()
-- A composite IS NOT NULL: so is each of its fields.
SELECT id, home, (home).city AS city, (home).zip AS zip FROM customers WHERE home IS NOT NULL;

-- name: composite_field_compared()
-- A field that is compared needs its composite.
SELECT id, home, (home).city AS city, (home).zip AS zip FROM customers WHERE (home).city = 'x';

-- name: composite_not_is_null()
-- NOT (composite IS NULL): it is there, some field is.
SELECT id, home, (home).city AS city FROM customers WHERE NOT (home IS NULL);

-- name: patterns(pattern)
-- LIKE, ~ and SIMILAR TO are strict.
SELECT id, note, coupon FROM orders WHERE note LIKE :pattern AND coupon ~ '^[a-z]';

-- name: between()
-- BETWEEN needs all three.
SELECT e.id, e.salary, d.budget FROM hr.employees AS e CROSS JOIN hr.departments AS d WHERE e.salary BETWEEN 0 AND d.budget;

-- name: between_symmetric()
-- SYMMETRIC is an OR that needs all three in each arm.
SELECT e.id, e.salary, d.budget FROM hr.employees AS e CROSS JOIN hr.departments AS d WHERE e.salary BETWEEN SYMMETRIC 5 AND d.budget;

-- name: not_between()
-- NOT BETWEEN is an OR: one comparison suffices.
SELECT e.id, e.salary, d.budget FROM hr.employees AS e CROSS JOIN hr.departments AS d WHERE e.salary NOT BETWEEN 5 AND d.budget;

-- name: strict_function()
-- A strict function that is compared.
SELECT id, note, coupon FROM orders WHERE length(note) > 1 AND lower(coupon) || note <> 'x';

-- name: non_strict_functions()
-- Functions that take NULL prove nothing.
SELECT id, note, coupon, shipped_at FROM orders WHERE concat(note, 'x') <> '' AND coalesce(coupon, '') = '' AND num_nulls(shipped_at) < 2;

-- name: own_functions()
-- Functions of our own: strict, or not known.
SELECT p.id, p.weight, p.description FROM products AS p WHERE with_tax(p.weight::numeric) > 0 AND label(p.name, p.description) IS NOT NULL;

-- name: nullif_compared()
-- NULLIF that is not NULL had a first argument.
SELECT id, note FROM orders WHERE nullif(note, '') IS NOT NULL;

-- name: case_condition()
-- A CASE that is true only by way of its first arm.
SELECT id, note FROM orders WHERE CASE WHEN note > 'a' THEN true ELSE false END;

-- name: greatest_proves_nothing()
-- GREATEST skips NULL.
SELECT id, shipped_at FROM orders WHERE greatest(shipped_at, placed_at) IS NOT NULL;

-- name: bare_boolean()
-- A boolean column as the condition.
SELECT id, active, left_on FROM hr.employees WHERE active;

-- name: not_boolean()
-- And its opposite.
SELECT id, active FROM hr.employees WHERE NOT active;

-- name: json_access_compared()
-- What was found in a document was there.
SELECT id, extra, extra ->> 'a' AS a, extra ->> 'b' AS b FROM products WHERE extra ->> 'a' <> 'zz';

-- name: json_exists()
-- A key that is there may hold the JSON null.
SELECT id, extra, extra ->> 'a' AS a, extra -> 'a' AS value FROM products WHERE extra ? 'a';

-- name: array_condition()
-- Operators on arrays are strict.
SELECT id, skills, skills[1] AS first FROM hr.employees WHERE skills && '{a,b}' AND array_length(skills, 1) > 0;

-- name: element_compared()
-- An element that equals something.
SELECT id, skills, skills[1] AS first FROM hr.employees WHERE skills[1] = 'a';

-- name: element_any()
-- A value equal to any element needs the array.
SELECT id, skills, level FROM hr.employees WHERE 'a' = ANY (skills);

-- name: expression_fact()
-- The expression that is tested is the one that is selected.
SELECT id, substring(name from '[a-z]+') AS word, nullif(nickname, 'x') AS nick FROM customers WHERE substring(name from '[a-z]+') IS NOT NULL AND nullif(nickname, 'x') IS NOT NULL;

-- name: volatile_expression()
-- A volatile expression is computed anew.
SELECT id, nullif(random() < 0.5, true) AS coin FROM customers WHERE nullif(random() < 0.5, true) IS NOT NULL;

-- name: equality_of_two()
-- A join condition in WHERE.
SELECT e.id, e.department_id, d.head_id FROM hr.employees AS e, hr.departments AS d WHERE e.department_id = d.id AND d.head_id = e.id;

-- name: inner_join_on()
-- The same in ON.
SELECT e.id, e.department_id, e.manager_id, m.salary FROM hr.employees AS e JOIN hr.employees AS m ON m.id = e.manager_id AND m.salary > e.salary;

-- name: is_null_proves_null()
-- Always NULL is nullable.
SELECT id, note FROM orders WHERE note IS NULL;

-- name: false_condition()
-- Never a row.
SELECT id, note FROM orders WHERE false;

-- name: having_fact()
-- A fact from HAVING about a key.
SELECT coupon, count(*) AS n FROM orders GROUP BY coupon HAVING coupon IS NOT NULL;

-- name: window_filtered()
-- A fact about a window's result.
SELECT w.id, w.before FROM (SELECT id, lag(total) OVER (ORDER BY id) AS before FROM orders) AS w WHERE w.before > 0;

-- name: limit_after_fact()
-- LIMIT and ORDER BY do not matter.
SELECT id, note FROM orders WHERE note >= '' ORDER BY note LIMIT 3;

-- name: for_update()^
-- Locking reads the row again and tests it again.
SELECT id, note, coupon FROM orders WHERE note IS NOT NULL ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED;

-- name: parameter_is_null_guard(note)
-- The usual filter that can be left out.
SELECT id, note FROM orders WHERE :note::text IS NULL OR note = :note;

-- name: range_operators()
-- Containment and overlap are strict.
SELECT p.id, p.sizes, lower(p.sizes) AS low FROM products AS p WHERE p.sizes @> 3 AND lower(p.sizes) > 0;

-- name: text_of_number()
-- A cast is strict.
SELECT id, salary FROM hr.employees WHERE salary::text LIKE '1%';

-- name: overlaps_proves_little()
-- OVERLAPS can be true with a NULL among its four.
SELECT id, hired_on, left_on FROM hr.employees WHERE (hired_on, left_on) OVERLAPS ('2024-01-01'::date, '2025-01-01'::date);
