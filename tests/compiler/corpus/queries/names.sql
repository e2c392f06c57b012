-- name: keywords()
-- Columns that Python keeps for itself.
SELECT id AS "class", name AS "def", nickname AS "None", tags AS "lambda" FROM customers;

-- name: odd_columns()
-- Stored columns with odd names.
SELECT id, "select", "Weird Name", class, "2nd", conn, "naïve" FROM lab.tokens;

-- name: duplicates()
-- Two columns of one name.
SELECT c.id, o.id, c.name FROM customers AS c LEFT JOIN orders AS o ON o.customer_id = c.id;

-- name: unnamed()^
-- Expressions without a name.
SELECT 1, 'x', NULL, 1 + 1;

-- name: named_by_function()^
-- Names that PostgreSQL makes up.
SELECT count(*), max(id), coalesce(max(name), ''), EXISTS (SELECT FROM orders), ARRAY(SELECT 1), CASE WHEN true THEN 1 END, now()::date, row_number() OVER () FROM customers;

-- name: case_differs()
-- Names that differ in case.
SELECT id AS "Id", id AS "ID", id FROM customers;

-- name: empty_list()
-- A row without columns.
SELECT FROM customers WHERE id = 1;

-- name: parameter_clashes(type, self, conn)
-- Parameters with names that Python, or a generated function, uses itself.
SELECT id FROM lab.tokens WHERE class = :type AND "select" = :self AND conn = :conn;

-- name: underscores(_id, id_)
-- Names with underscores.
SELECT id AS _id, name AS id_, id AS __x__ FROM customers WHERE id BETWEEN :_id AND :id_;

-- name: import()
-- A query whose name is a keyword.
SELECT id FROM customers;

-- name: list()
-- A query that hides a builtin.
SELECT id, tags FROM customers;

-- name: long_name()
-- A name cut at 63 bytes.
SELECT id AS a_very_long_name_that_goes_on_and_on_and_on_and_on_and_on_and_on_and_on FROM customers;

-- name: shadowing_struct_attributes()
-- Names that msgspec and Python use themselves.
SELECT id AS __struct_fields__, id AS self, id AS cls, id AS "type", id AS "match" FROM customers;

-- name: unicode()
-- Letters beyond ASCII, and what is no letter.
SELECT id AS "größe", id AS "a-b", id AS "a.b", id AS "a b", id AS "€" FROM customers;
