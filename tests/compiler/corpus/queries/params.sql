-- name: compared(id)^
-- Compared: None would find nothing.
SELECT id, name FROM customers WHERE id = :id;

-- name: optional_filter(tier, name)
-- Filters that can be left out.
SELECT id, name, tier FROM customers WHERE (:tier::customer_tier IS NULL OR tier = :tier) AND (:name::text IS NULL OR name ILIKE :name);

-- name: optional_filter_not_null(tier)
-- The same, the other way about.
SELECT id, tier FROM customers WHERE :tier::customer_tier IS NOT NULL AND tier = :tier;

-- name: optional_by_coalesce(tier)
-- The filter that falls back on the column itself.
SELECT id, tier FROM customers WHERE tier = coalesce(:tier, tier);

-- name: coalesce_default(limit)
-- A limit with a default.
SELECT id FROM customers ORDER BY id LIMIT coalesce(:limit::int, 20);

-- name: coalesce_output(greeting)
-- A nullable parameter in the result.
SELECT id, coalesce(:greeting, nickname) AS maybe, coalesce(:greeting, name) AS sure FROM customers;

-- name: selected(a, b)
-- A parameter in the result refuses None, so the column is sure.
SELECT :a::text AS a, :b::int + 1 AS b, id FROM customers;

-- name: selected_and_tested(a)^
-- A parameter that is tested accepts None, so the column may be NULL.
SELECT :a::text AS a, :a::text IS NULL AS missing, coalesce(:a, 'x') AS filled;

-- name: assigned_nullable(nickname, birthday, id)!
-- Assigned to nullable columns.
UPDATE customers SET nickname = :nickname, birthday = :birthday WHERE id = :id;

-- name: assigned_not_null(name, id)!
-- Assigned to a NOT NULL column.
UPDATE customers SET name = :name WHERE id = :id;

-- name: assigned_to_both(word, id)!
-- Assigned to a column of each kind: the stricter need.
UPDATE customers SET name = :word, nickname = :word WHERE id = :id;

-- name: assigned_and_compared(nickname)!
-- Assigned to a nullable column, and compared.
UPDATE customers SET nickname = :nickname WHERE nickname <> :nickname;

-- name: assigned_and_tested(name, id)!
-- Tested, and assigned to a NOT NULL column.
UPDATE customers SET name = :name WHERE id = :id AND :name::text IS NOT NULL;

-- name: assigned_with_cast(note, id)!
-- A cast on the way changes nothing.
UPDATE orders SET note = :note::varchar(10) WHERE id = :id;

-- name: assigned_by_function(note, id)!
-- A function on the way does.
UPDATE orders SET note = trim(:note) WHERE id = :id;

-- name: assigned_by_coalesce(note, id)<!
-- COALESCE on the way accepts None.
UPDATE orders SET note = coalesce(:note, note) WHERE id = :id RETURNING id, note;

-- name: assigned_by_nullif(note, id)!
-- NULLIF is not COALESCE.
UPDATE orders SET note = nullif(:note, '') WHERE id = :id;

-- name: assigned_by_case(note, keep, id)!
-- An arm of CASE.
UPDATE orders SET note = CASE WHEN :keep::boolean THEN note ELSE :note END WHERE id = :id;

-- name: insert_columns(id, name, budget, head_id)!
-- Each by its column.
INSERT INTO hr.departments (id, name, budget, head_id) VALUES (:id, :name, :budget, :head_id);

-- name: insert_rows(a, b, city)!
-- Two rows: a parameter used in both.
INSERT INTO warehouses (id, code, city) VALUES (1, :a, :city), (2, :b, :city);

-- name: insert_rows_mixed(word)!
-- In a NOT NULL column in one row, in a nullable one in the other.
INSERT INTO warehouses (id, code, city) VALUES (1, :word, 'x'), (2, 'y', :word);

-- name: insert_selected(note, coupon, customer_id)!
-- Assigned by INSERT … SELECT.
INSERT INTO orders (customer_id, note, coupon) SELECT c.id, :note, :coupon FROM customers AS c WHERE c.id = :customer_id;

-- name: insert_with_default(id, code, city)<!
-- Columns that were left out need nothing.
INSERT INTO warehouses (id, code, city) VALUES (:id, :code, coalesce(:city, 'unknown')) RETURNING id, city;

-- name: upsert(id, code, city)!
-- Assigned on both ways.
INSERT INTO warehouses (id, code) VALUES (:id, :code) ON CONFLICT (id) DO UPDATE SET code = EXCLUDED.code, city = :city;

-- name: domain_not_null(id, unit, label)!
-- NOT NULL and CHECK (VALUE IS NOT NULL) domains refuse None.
INSERT INTO ledger.accounts (id, code, unit, label) VALUES (:id, 'x', :unit, :label);

-- name: check_domain(account_id, amount, fee, memo)!
-- A CHECK domain lets None pass where the column does.
INSERT INTO ledger.entries (account_id, amount, fee, memo) VALUES (:account_id, :amount, :fee, :memo);

-- name: check_not_null(code, campaign)!
-- CHECK (campaign IS NOT NULL) refuses None.
INSERT INTO coupons (code, campaign) VALUES (:code, :campaign);

-- name: in_function(name)
-- An argument of a function.
SELECT id FROM customers WHERE lower(name) = lower(:name);

-- name: in_own_function(name, nickname)$
-- An argument of a function of our own.
SELECT label(:name, :nickname) AS label;

-- name: in_array(ids)
-- An array of keys.
SELECT id FROM customers WHERE id = ANY (:ids);

-- name: in_list(a, b)
-- Members of a list.
SELECT id FROM customers WHERE name IN (:a, :b, nickname);

-- name: in_between(low, high)
-- Bounds.
SELECT id FROM orders WHERE total BETWEEN :low AND :high;

-- name: in_limit(limit, offset)
-- A page.
SELECT id FROM orders ORDER BY id LIMIT :limit OFFSET :offset;

-- name: distinct_from(note)
-- A comparison that knows NULL is still a comparison.
SELECT id FROM orders WHERE note IS DISTINCT FROM :note;

-- name: tagged_nullable(note)
-- A comparison that knows NULL, opened by a tag.
-- @nullable note
SELECT id FROM orders WHERE note IS NOT DISTINCT FROM :note;

-- name: in_case(flag)
-- A condition of CASE.
SELECT id, CASE WHEN :flag THEN name ELSE email END AS word FROM customers;

-- name: in_subquery_and_outside(id)^
-- Once in a subquery, once outside.
SELECT c.id, (SELECT count(*) FROM orders AS o WHERE o.customer_id = :id) AS orders FROM customers AS c WHERE c.id = :id;

-- name: in_row(city, zip, id)<!
-- A field of a row that is assigned.
UPDATE customers SET home = ROW('street', :city, :zip)::address WHERE id = :id RETURNING id, home;

-- name: composite_parameter(home, id)!
-- A whole composite.
UPDATE customers SET home = :home WHERE id = :id;

-- name: delete_compared(method, before)!
-- Conditions of a delete.
DELETE FROM payments WHERE method = :method AND paid_at < :before;

-- name: json_parameter(attributes, extra, id)<!
-- Documents.
UPDATE products SET attributes = :attributes, extra = :extra WHERE id = :id RETURNING id, attributes, extra;

-- name: json_merged(changes, id)<!
-- An operator on the way.
UPDATE products SET extra = extra || :changes WHERE id = :id RETURNING id, extra;

-- name: in_cte_insert(name, note)!
-- Assigned in a CTE.
WITH d AS (INSERT INTO hr.departments (id, name) VALUES (700, :name) RETURNING id)
INSERT INTO ledger.drafts (title, body) SELECT 'department ' || d.id, :note FROM d;
