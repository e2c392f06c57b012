-- name: plain_casts()
-- A cast of what is sure is sure, or an error.
SELECT id, id::text AS a, total::int AS b, placed_at::date AS c, note::varchar(3) AS d, status::text AS e, '5'::int AS f, (id::text)::bigint AS g, total::float8 AS h, id::text::char(2) AS i
FROM orders;

-- name: json_casts()
-- From 18 on the JSON null becomes NULL.
SELECT id, (attributes -> 'zzz')::int AS a, attributes::text AS b, to_jsonb(price)::numeric AS c, ('null'::jsonb)::text AS d, attributes::json AS e FROM products;

-- name: json_scalar_cast()
-- A whole document as a number.
SELECT key, value::text AS text, jsonb_path_query_array(value, '$[*]') AS items FROM lab.settings WHERE value IS NOT NULL;

-- name: json_null_cast()
-- The value is there and may be the JSON null; a cast of that is NULL from 18 on.
SELECT s.key, s.value::numeric AS number FROM lab.settings AS s WHERE jsonb_typeof(s.value) IN ('number', 'null');

-- name: domain_columns()
-- A NOT NULL domain does not keep NULL out of a table.
SELECT id, unit, label, closed_on FROM ledger.accounts;

-- name: domain_cast()
-- A cast to a NOT NULL domain is checked.
SELECT id, code::lab.sure_text AS a, nickname::lab.sure_text AS b, 'EUR'::ledger.currency AS c
FROM (SELECT a.id, a.code, c.nickname FROM ledger.accounts AS a JOIN customers AS c ON c.id = a.owner_id) AS x;

-- name: domain_cast_of_itself()
-- A value of the domain is not checked again.
SELECT id, unit::ledger.currency AS unit, label::lab.sure_text AS label FROM ledger.accounts;

-- name: domain_outer_join()
-- On the nullable side of a join a NOT NULL domain is NULL.
SELECT c.id, a.unit, a.label, a.code FROM customers AS c LEFT JOIN ledger.accounts AS a ON a.owner_id = c.id;

-- name: domain_subquery()^
-- An empty subquery is NULL, whatever its domain says.
SELECT (SELECT a.unit FROM ledger.accounts AS a WHERE a.id = 1) AS unit, (SELECT 'EUR'::ledger.currency WHERE false) AS never;

-- name: check_domains()
-- A CHECK lets NULL pass.
SELECT id, amount, fee, memo, fee + amount AS both, memo::text AS text, coalesce(fee, 1::ledger.amount) AS fee_or_one FROM ledger.entries;

-- name: domain_case()
-- A domain value made in CASE.
SELECT id, CASE WHEN amount > 1 THEN 'EUR'::ledger.currency END AS maybe, CASE WHEN amount > 1 THEN 'EUR'::ledger.currency ELSE 'USD' END AS sure FROM ledger.entries;

-- name: array_casts()
-- Arrays cast element by element.
SELECT id, tags::varchar[] AS a, ARRAY[id]::bigint[] AS b, skills::varchar(3)[] AS c FROM (SELECT c.id, c.tags, e.skills FROM customers AS c JOIN hr.employees AS e ON e.id = c.id) AS x;

-- name: enum_casts(tier)
-- Enums to text and back.
SELECT id, tier::text AS a, tier::text::customer_tier AS b, :tier::customer_tier AS c, enum_range(NULL::customer_tier) AS d, enum_first(tier) AS e FROM customers;

-- name: composite_casts()
-- Text to a composite and back.
SELECT id, '(a,b,c)'::address AS a, home::text AS b, ROW(name, 'x', NULL)::address AS c, (ROW(name, NULL, NULL)::address)::text AS d FROM customers;

-- name: generated_columns()
-- Generated columns are as sure as what they are made of.
SELECT id, price_with_tax, headline FROM products;
