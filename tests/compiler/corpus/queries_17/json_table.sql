-- name: columns()
-- Columns of a document as a table.
SELECT p.id, t.place, t.a, t.found FROM products AS p,
  JSON_TABLE(p.attributes, '$' COLUMNS (place FOR ORDINALITY, a text PATH '$.a' NULL ON ERROR, found boolean EXISTS PATH '$.a')) AS t;

-- name: defaults()
-- A default where nothing is found.
SELECT t.a, t.b FROM JSON_TABLE('[{"a": 1}, {}]'::jsonb, '$[*]' COLUMNS (a int PATH '$.a' DEFAULT 0 ON EMPTY, b int PATH '$.b')) AS t;

-- name: nested_path()
-- A nested path is an outer join.
SELECT t.name, t.place, t.item FROM JSON_TABLE('[{"n": "x", "i": [1]}, {"n": "y", "i": []}]'::jsonb, '$[*]'
  COLUMNS (name text PATH '$.n', NESTED PATH '$.i[*]' COLUMNS (place FOR ORDINALITY, item int PATH '$'))) AS t;

-- name: query_functions()
-- JSON_VALUE, JSON_QUERY and JSON_EXISTS.
SELECT id, JSON_VALUE(attributes, '$.a') AS a, JSON_QUERY(attributes, '$.a') AS b, JSON_EXISTS(attributes, '$.a') AS c, JSON_EXISTS(attributes, 'strict $.zzz' UNKNOWN ON ERROR) AS d,
  JSON_VALUE(attributes, '$.zzz' DEFAULT 'none' ON EMPTY) AS e, JSON_SCALAR(price) AS f, JSON_SERIALIZE(attributes) AS g, JSON(name) AS h
FROM products WHERE name IS JSON;

-- name: infinite_intervals()
-- 17 knows infinite intervals, which have no month.
SELECT id, extract(month FROM vacation) AS month, extract(epoch FROM vacation) AS epoch, isfinite(vacation) AS finite FROM hr.employees WHERE vacation IS NOT NULL;
