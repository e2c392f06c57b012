-- name: case_forms()
-- CASE is as sure as its least sure arm.
SELECT id, CASE WHEN total > 10 THEN 'large' END AS no_else, CASE WHEN total > 10 THEN 'large' ELSE 'small' END AS with_else,
  CASE WHEN total > 10 THEN note ELSE 'small' END AS nullable_arm, CASE status WHEN 'OPEN' THEN 1 WHEN 'PAID' THEN 2 ELSE 3 END AS simple,
  CASE WHEN note > 'a' THEN 1 ELSE 0 END AS null_condition, CASE status WHEN 'OPEN' THEN 1 ELSE NULL END AS explicit_null
FROM orders;

-- name: case_guarded()
-- The arm is only reached where its column is not NULL.
SELECT id, CASE WHEN note IS NOT NULL THEN note ELSE 'none' END AS note, CASE WHEN note IS NULL THEN 'none' ELSE note END AS other,
  CASE WHEN coupon = 'X' THEN coupon ELSE '-' END AS coupon
FROM orders;

-- name: case_exhaustive()
-- All labels of the enum, and no ELSE.
SELECT id, CASE tier WHEN 'BASIC' THEN 1 WHEN 'SILVER' THEN 2 WHEN 'GOLD' THEN 3 END AS level FROM customers;

-- name: coalesce_forms()
-- COALESCE is as sure as its surest argument.
SELECT id, coalesce(note, coupon) AS two_nullable, coalesce(note, coupon, '') AS with_constant, coalesce(note, status::text) AS with_sure,
  coalesce(NULL, note) AS null_first, coalesce(total, NULL) AS sure_first
FROM orders;

-- name: nullif_forms()
-- NULLIF of a sure column may be NULL.
SELECT id, nullif(total, 0) AS total, nullif(note, '') AS note, coalesce(nullif(note, ''), '-') AS filled, nullif(1, 2) AS constants FROM orders;

-- name: greatest_and_least()
-- GREATEST and LEAST skip NULL.
SELECT id, greatest(shipped_at, placed_at) AS latest, least(note, coupon) AS first, greatest(shipped_at, NULL) AS maybe, least(total, 0) AS low FROM orders;

-- name: null_tests()
-- Tests are yes or no.
SELECT id, note IS NULL AS a, note IS NOT NULL AS b, note IS DISTINCT FROM coupon AS c, note IS NOT DISTINCT FROM NULL AS d,
  (total > 5) IS TRUE AS e, (note > 'a') IS NOT FALSE AS f, (note = 'x') IS UNKNOWN AS g
FROM orders;

-- name: boolean_logic()
-- Three-valued logic.
SELECT id, total > 5 AND id > 1 AS sure, total > 5 AND note > 'a' AS maybe, note > 'a' OR coupon > 'a' AS either, NOT (note > 'a') AS negated, NOT discontinued AS other
FROM orders, (SELECT discontinued FROM products) AS p;

-- name: boolean_with_null_test()
-- A guard that decides before NULL can.
SELECT id, note IS NOT NULL AND note > 'a' AS guarded_and, note IS NULL OR note > 'a' AS guarded_or, note IS NULL AND note > 'a' AS wrong_guard FROM orders;

-- name: comparisons()
-- Comparisons, patterns and lists.
SELECT id, total BETWEEN 1 AND 9 AS a, total IN (1, 2, 3) AS b, total IN (1, NULL) AS c, status = ANY ('{OPEN,PAID}') AS d, name LIKE 'a%' AS e,
  nickname LIKE 'a%' AS f, email ~* '^a' AS g, name SIMILAR TO 'a+' AS h, nickname NOT IN ('a', 'b') AS i, id = ANY (ids) AS j
FROM (SELECT o.id, o.total, o.status, c.name, c.nickname, c.email, '{1,NULL}'::int[] AS ids FROM orders AS o JOIN customers AS c ON c.id = o.customer_id) AS o;

-- name: arithmetic()
-- Strict operators of sure operands.
SELECT id, total * 2 + 1 AS a, -total AS b, total / 3 AS c, id % 2 AS d, abs(total) AS e, round(total, 1) AS f, total * discount AS g, power(total, 2) AS h, total + NULL AS i, mod(id, 3) AS j
FROM (SELECT o.id, o.total, i.discount FROM orders AS o JOIN order_items AS i ON i.order_id = o.id) AS o;

-- name: scale_of_nan()
-- NaN has no scale.
SELECT id, scale(total) AS scale, min_scale(total) AS min_scale, trim_scale(total) AS trimmed, trunc(total) AS whole, width_bucket(id, 0, 10, 5) AS bucket FROM orders;

-- name: text_functions()
-- Text functions that are NULL only for NULL.
SELECT id, lower(name) AS a, upper(nickname) AS b, length(name) AS c, name || '!' AS d, name || nickname AS e, substring(name from 1 for 2) AS f,
  position('a' in name) AS g, split_part(name, ' ', 2) AS h, replace(name, 'a', 'b') AS i, trim(name) AS j, left(name, 1) AS k, md5(name) AS l, repeat(name, 2) AS m
FROM customers;

-- name: text_functions_that_find_nothing()
-- No match is NULL.
SELECT id, substring(name from '[0-9]+') AS a, regexp_match(name, 'a(b)?') AS b, regexp_substr(name, 'z+') AS c, regexp_replace(name, 'a', 'b') AS d,
  regexp_count(name, 'a') AS e, regexp_instr(name, 'a') AS f, regexp_split_to_array(name, ',') AS g, regexp_like(name, 'a') AS h, substring(name from 'a#"b#"c' for '#') AS i
FROM customers;

-- name: never_null()
-- Functions that skip or show NULL.
SELECT id, concat(name, nickname) AS a, concat_ws('-', nickname, name) AS b, concat_ws(nickname, name, 'x') AS c, format('%s', nickname) AS d, quote_nullable(nickname) AS e,
  num_nulls(nickname, birthday) AS f, quote_literal(nickname) AS g, pg_typeof(nickname)::text AS h
FROM customers;

-- name: dates()
-- Dates and times, infinity among them.
SELECT id, placed_at + interval '1 day' AS a, placed_at::date AS b, date_trunc('day', placed_at) AS c, extract(month FROM placed_at) AS d, extract(year FROM placed_at) AS e,
  extract(epoch FROM placed_at) AS f, to_char(placed_at, 'YYYY') AS g, placed_at AT TIME ZONE 'UTC' AS h, date_part('hour', placed_at) AS i, isfinite(placed_at) AS j,
  date_bin('15 minutes', placed_at, '2001-01-01') AS k
FROM orders;

-- name: clock_fields()
-- A time of day has all its fields, and so do formatted numbers.
SELECT employee_id, extract(hour FROM starts) AS hour, to_char(employee_id, '000') AS number, to_char(1.5, 'FM9.9') AS constant, starts + interval '1 hour' AS later, ends - starts AS spent
FROM hr.shifts;

-- name: clocks()^
-- What the session knows.
SELECT now() AS a, current_date AS b, current_timestamp AS c, clock_timestamp() AS d, current_user AS e, current_schema AS f, current_setting('no.such', true) AS g,
  version() AS h, inet_client_addr() AS i, pg_backend_pid() AS j, random() AS k, gen_random_uuid() AS l, current_database() AS m, session_user AS n, localtime AS o
;

-- name: json_access()
-- Every way into a document may find nothing.
SELECT id, attributes -> 'a' AS a, attributes ->> 'a' AS b, attributes #> '{a,b}' AS c, attributes #>> '{a}' AS d, attributes['a'] AS e, jsonb_extract_path(attributes, 'a') AS f,
  attributes ? 'a' AS g, attributes @> '{}' AS h, attributes || '{}' AS i, attributes - 'a' AS j, jsonb_typeof(attributes) AS k, extra -> 'a' AS l
FROM products;

-- name: json_paths()
-- Path queries; the operators swallow errors and give NULL.
SELECT id, attributes @? '$.a' AS a, attributes @@ '$.a == 1' AS b, jsonb_path_exists(attributes, '$.a') AS c, jsonb_path_match(attributes, 'exists($.a)') AS d,
  jsonb_path_query_first(attributes, '$.a') AS e, jsonb_path_query_array(attributes, '$.a') AS f
FROM products;

-- name: json_made()
-- Documents that are made here.
SELECT id, jsonb_build_object('a', nickname) AS a, jsonb_build_array(nickname) AS b, to_jsonb(nickname) AS c, to_jsonb(name) AS d, row_to_json(c) AS e, to_json(c.tags) AS f,
  jsonb_set('{}', '{a}', to_jsonb(name)) AS g, jsonb_set('{}', '{a}', to_jsonb(nickname)) AS h, jsonb_strip_nulls(to_jsonb(c)) AS i, json_build_object() AS j, jsonb_pretty('{}') AS k
FROM customers AS c;

-- name: sql_json()
-- The standard's constructors.
SELECT id, JSON_OBJECT('a': nickname) AS a, JSON_ARRAY(nickname, name) AS b, JSON_ARRAY(SELECT o.note FROM orders AS o) AS c, name IS JSON AS d, nickname IS JSON AS e,
  JSON_OBJECT('a': nickname ABSENT ON NULL) AS f
FROM customers;

-- name: sql_json_aggregates()
-- The standard's aggregates.
SELECT tier, JSON_ARRAYAGG(nickname) AS a, JSON_OBJECTAGG(id: nickname) AS b FROM customers GROUP BY tier;

-- name: array_functions()
-- Arrays: what is empty has no length.
SELECT id, array_length(tags, 1) AS a, cardinality(tags) AS b, array_upper(tags, 1) AS c, array_ndims(tags) AS d, array_dims(tags) AS e, tags[1] AS f, tags[1 : 2] AS g, tags || 'x'::text AS h,
  array_append(NULL::int[], 1) AS i, array_position(tags, 'a') AS j, array_positions(tags, 'a') AS k, array_remove(tags, 'a') AS l, array_to_string(tags, ',') AS m, tags @> '{a}' AS n, 'a' = ANY (tags) AS o
FROM customers;

-- name: array_functions_nullable()
-- The same of an array that may be NULL.
SELECT id, cardinality(skills) AS a, skills || 'x'::text AS b, skills || skills AS c, array_cat(skills, '{a}') AS d, array_to_string(skills, ',') AS e, string_to_array(name, ',') AS f,
  string_to_array(name, NULL) AS g, array_fill(0, ARRAY[2]) AS h, skills[1 : 2] AS i, array_replace(skills, 'a', 'b') AS j
FROM hr.employees;

-- name: range_functions()
-- A range without a bound has no lower or upper; one may be empty.
SELECT employee_id, lower(valid) AS a, upper(valid) AS b, isempty(valid) AS c, upper_inf(valid) AS d, valid * '[2024-01-01,2024-02-01)'::daterange AS e, valid @> current_date AS f,
  int4range(NULL, employee_id) AS g, daterange('2024-01-01', NULL, '[]') AS h, valid && valid AS i, lower_inc(valid) AS j, range_merge(valid, valid) AS k, multirange(valid) AS l
FROM hr.badges;

-- name: network_functions()
-- Addresses.
SELECT id, host(gateway) AS a, masklen('10.0.0.0/8'::inet) AS b, gateway << '10.0.0.0/8' AS c, '10.0.0.1'::inet + 1 AS d, abbrev('10.0.0.0/8'::cidr) AS e FROM warehouses;

-- name: binary_functions()
-- Bytes and hashes.
SELECT id, encode(photo, 'hex') AS a, sha256('x') AS b, octet_length(sku) AS c, convert_to(name, 'UTF8') AS d, decode('00', 'hex') AS e, get_byte('\x01', 0) AS f FROM products;

-- name: catalog_functions()^
-- Lookups that may find nothing.
SELECT to_regclass('no_such') AS a, to_regclass('customers')::text AS b, obj_description('customers'::regclass) AS c, pg_get_serial_sequence('customers', 'id') AS d,
  col_description('customers'::regclass, 1) AS e, 'customers'::regclass::text AS f, pg_size_pretty(10::bigint) AS g, has_table_privilege('customers', 'SELECT') AS h, pg_table_size(0) AS i
;

-- name: own_functions()
-- A strict function may be NULL for what is not.
SELECT id, with_tax(price) AS a, label(name, description) AS b, label(name, sku) AS c, lab.lower(name) AS d, pg_catalog.lower(name) AS e FROM products;

-- name: overlaps_and_rows()
-- Row comparisons and OVERLAPS.
SELECT o.id, (o.placed_at, o.placed_at + interval '1 day') OVERLAPS (now(), now() + interval '1 day') AS a, (o.placed_at, o.shipped_at) OVERLAPS (now(), now()) AS b,
  (o.id, o.customer_id) = (1, 2) AS c, (o.id, o.coupon) = (1, 'x') AS d, ROW (o.id, o.coupon) IS DISTINCT FROM ROW (1, 'x') AS e, (o.id, o.total) < (5, 3) AS f,
  ROW (o.note, o.coupon) IS NULL AS g
FROM orders AS o;

-- name: geometry()
-- An open path has no area, parallel segments do not meet.
SELECT id, spot AS a, point(1, 2) <-> point(3, 4) AS b, area('[(0,0),(1,1),(2,0)]'::path) AS c, '[(0,0),(1,1)]'::lseg # '[(0,1),(1,2)]'::lseg AS d, area('(0,0),(1,1)'::box) AS e
FROM lab.samples;

-- name: text_search()
-- Vectors and queries.
SELECT id, to_tsvector('simple', name) AS a, to_tsvector('simple', name) @@ plainto_tsquery('simple', 'x') AS b, ts_rank(to_tsvector('simple', name), to_tsquery('simple', 'x')) AS c,
  to_tsvector('simple', nickname) AS d, ts_headline('simple', name, to_tsquery('simple', 'x')) AS e
FROM customers;

-- name: collations()
-- COLLATE changes the order, not NULL.
SELECT id, name COLLATE "C" AS a, nickname COLLATE "C" AS b, name COLLATE "C" < 'b' AS c FROM customers;

-- name: to_number_and_date()
-- Text turned into numbers and dates.
SELECT id, to_number('12', '99') AS a, to_date('2024-01-01', 'YYYY-MM-DD') AS c, to_timestamp(0) AS d, make_date(2024, 1, 1) AS e, make_interval(days => 1) AS f,
  justify_days(interval '40 days') AS g, age(placed_at) AS h
FROM orders;

-- name: grouping_of_null_literals()^
-- A bare NULL.
SELECT NULL AS a, NULL::int AS b, 'x' AS c, 1 + NULL AS d, coalesce(NULL, NULL) AS e;
