-- name: numbers()
-- All kinds of numbers.
SELECT id, small, big, short, long, exact, cash, flag, obj FROM lab.samples;

-- name: texts()
-- All kinds of text and bytes.
SELECT id, words, code, fixed, raw, token, words::name AS name, 'x'::"char" AS char FROM lab.samples;

-- name: times()
-- All kinds of time.
SELECT id, day, clock, clock_tz, stamp, moment, span FROM lab.samples;

-- name: documents_and_networks()
-- Documents and addresses.
SELECT id, doc, tree, host, net, mac, mac8 FROM lab.samples;

-- name: bits_and_shapes()
-- Bits, text search, a point.
SELECT id, bits, varbits, vector, search, spot FROM lab.samples;

-- name: arrays()
-- Arrays of numbers, texts, enums, composites.
SELECT id, ints, texts, grades, homes, home, grade FROM lab.samples;

-- name: ranges()
-- Ranges and multiranges.
SELECT id, ir, nr, tr, dr, im FROM lab.samples;

-- name: made_numbers()^
-- Constants of every number type.
SELECT 1::smallint AS a, 1::int AS b, 1::bigint AS c, 1::real AS d, 1::double precision AS e, 1::numeric AS f, 1::money AS g, true AS h, 1::oid AS i;

-- name: made_things()^
-- Constants of other types.
SELECT '\x00'::bytea AS a, gen_random_uuid() AS b, current_date AS c, localtime AS d, localtimestamp AS e, now() AS f, interval '1 day' AS g, '{}'::json AS h, '{}'::jsonb AS i, '::1'::inet AS j,
  '{1,NULL}'::int[] AS k, '[1,2)'::int4range AS l, '{[1,2)}'::int4multirange AS m, ROW(1, 'a') AS n, 'OPEN'::order_status AS o, '(a,b,c)'::address AS p;

-- name: of_each_type(a, b, c, d, e, f, g, h)^
-- Parameters of many types.
SELECT :a::smallint AS a, :b::numeric AS b, :c::uuid AS c, :d::timestamptz AS d, :e::jsonb AS e, :f::int[] AS f, :g::order_status AS g, :h::bytea AS h;

-- name: of_more_types(a, b, c, d, e, f, g)^
-- Ranges, networks, intervals, composites, arrays of enums.
SELECT :a::int4range AS a, :b::inet AS b, :c::interval AS c, :d::address AS d, :e::hr.grade[] AS e, :f::int4multirange AS f, :g::address[] AS g;

-- name: domains()
-- Domains show their base type.
SELECT amount, fee, memo FROM ledger.entries;

-- name: insert_sample(id, token, moment, tree, ints, grades, ir, home, raw, span)<!
-- Nullable columns of many types.
INSERT INTO lab.samples (id, token, moment, tree, ints, grades, ir, home, raw, span)
VALUES (:id, :token, :moment, :tree, :ints, :grades, :ir, :home, :raw, :span)
RETURNING id, token, moment, tree, ints, grades, ir, home, raw, span;

-- name: catalog_types()
-- Types of the catalog.
SELECT 'customers'::regclass AS a, 'text'::regtype AS b, c.relname, c.relnamespace, c.relacl, c.reltuples FROM pg_class AS c LIMIT 5;

-- name: unknown_literals()^
-- Literals whose type nobody says.
SELECT 'x' AS a, NULL AS b, '1' || 2 AS c;

-- name: record_set()
-- Records of no named type.
SELECT r FROM (VALUES (1, 'a'), (2, NULL)) AS r;
