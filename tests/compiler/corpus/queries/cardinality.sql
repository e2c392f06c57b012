-- name: by_primary_key(id)^
-- At most one row has the key.
SELECT id, name, nickname FROM customers WHERE id = :id;

-- name: by_expression_key(email)^
-- A unique index on an expression.
SELECT id, email FROM customers WHERE lower(email) = lower(:email);

-- name: by_column_under_expression_key(email)
-- Equal columns have equal expressions.
SELECT id, email FROM customers WHERE email = :email;

-- name: by_other_expression(email)
-- Another expression than the index has.
SELECT id, email FROM customers WHERE upper(email) = upper(:email);

-- name: by_partial_key(nickname)
-- The partial index says nothing of deleted customers.
SELECT id, nickname FROM customers WHERE nickname = :nickname;

-- name: by_partial_key_implied(nickname)^
-- The query implies the index's condition.
SELECT id, nickname FROM customers WHERE nickname = :nickname AND deleted_at IS NULL;

-- name: by_partial_key_contradicted(nickname)
-- The query asks for the others.
SELECT id, nickname, deleted_at FROM customers WHERE nickname = :nickname AND deleted_at IS NOT NULL;

-- name: by_deferrable_key(reference)
-- A deferrable key may be broken inside a transaction.
SELECT id, reference FROM payments WHERE reference = :reference;

-- name: by_nullable_key(tracking)^
-- Unique and nullable: equality finds at most one.
SELECT id, tracking FROM shipments WHERE tracking = :tracking;

-- name: by_nullable_key_is_null()
-- Many rows may have no tracking.
SELECT id, carrier FROM shipments WHERE tracking IS NULL;

-- name: by_nulls_not_distinct(scope, key)^
-- Both columns bound.
SELECT scope, key, value FROM lab.settings WHERE scope = :scope AND key = :key;

-- name: by_nulls_not_distinct_null(key)
-- NULLS NOT DISTINCT: at most one NULL.
SELECT scope, key, value FROM lab.settings WHERE scope IS NULL AND key = :key;

-- name: by_nulls_not_distinct_part(key)
-- Half a key.
SELECT scope, key FROM lab.settings WHERE key = :key;

-- name: by_composite_key(order_id, line)^
-- Both columns of the key.
SELECT order_id, line, quantity FROM order_items WHERE order_id = :order_id AND line = :line;

-- name: by_composite_key_row(order_id, line)^
-- Both, as a row.
SELECT quantity, discount FROM order_items WHERE (order_id, line) = (:order_id, :line);

-- name: by_half_a_key(order_id)
-- Lines of an order.
SELECT order_id, line FROM order_items WHERE order_id = :order_id;

-- name: by_key_or(id, email)
-- Either of two keys: two rows.
SELECT id, email FROM customers WHERE id = :id OR lower(email) = :email;

-- name: by_key_in_one(id)^
-- A list of one.
SELECT id, name FROM customers WHERE id IN (:id);

-- name: by_key_in_two(a, b)
-- A list of two.
SELECT id, name FROM customers WHERE id IN (:a, :b);

-- name: by_key_any(ids)
-- An array of keys.
SELECT id, name FROM customers WHERE id = ANY (:ids);

-- name: by_key_range(low)
-- No equality.
SELECT id, name FROM customers WHERE id >= :low;

-- name: by_key_subquery()^
-- Equal to one value.
SELECT id, name FROM customers WHERE id = (SELECT max(o.customer_id) FROM orders AS o);

-- name: by_key_in_subquery()
-- One of many values.
SELECT id, name FROM customers WHERE id IN (SELECT o.customer_id FROM orders AS o);

-- name: by_key_of_other_table()
-- Bound by a column, not by a value.
SELECT c.id, a.id AS account_id FROM customers AS c, ledger.accounts AS a WHERE c.id = a.owner_id;

-- name: by_lossy_comparison(id)
-- As a float two large keys may be equal.
SELECT id, total FROM orders WHERE id = :id::double precision;

-- name: by_cast_key(id)
-- The key as text.
SELECT id, total FROM orders WHERE id::text = :id;

-- name: by_wider_integer(id)^
-- Another integer type of the same operator family.
SELECT id, name FROM customers WHERE id = :id::bigint;

-- name: by_other_collation(word)
-- Another collation than the index's.
SELECT word, lang, meaning FROM lab.words WHERE word = :word AND lang = 'en';

-- name: by_index_collation(word)^
-- The collation of the index.
SELECT word, lang, meaning FROM lab.words WHERE word COLLATE "C" = :word AND lang = 'en';

-- name: by_inherited_key(id)
-- Children may repeat the parent's key.
SELECT id, name FROM hr.persons WHERE id = :id;

-- name: by_key_only_parent(id)^
-- The parent alone.
SELECT id, name FROM ONLY hr.persons WHERE id = :id;

-- name: by_child_without_key(id)
-- The child has no key of its own.
SELECT id, name, rate FROM hr.contractors WHERE id = :id;

-- name: by_partitioned_key(account_id, month)^
-- A key across all partitions.
SELECT account_id, month, closing FROM ledger.statements WHERE account_id = :account_id AND month = :month;

-- name: by_deferrable_pair(account_id, batch)
-- A deferrable key of two.
SELECT id, memo FROM ledger.entries WHERE account_id = :account_id AND batch = :batch;

-- name: by_key_with_timestamp_cast(month)
-- The key's date compared with a timestamp of the same family.
SELECT account_id, month FROM ledger.statements WHERE month = :month::timestamp AND account_id = 1;

-- name: join_to_parent(order_id)^
-- The order by its key, its customer by theirs.
SELECT o.id, c.name, o.note FROM orders AS o JOIN customers AS c ON c.id = o.customer_id WHERE o.id = :order_id;

-- name: left_join_to_unique(order_id)^
-- At most one shipment an order.
SELECT o.id, s.tracking FROM orders AS o LEFT JOIN shipments AS s ON s.order_id = o.id WHERE o.id = :order_id;

-- name: left_join_to_many(order_id)
-- Many lines an order.
SELECT o.id, i.line FROM orders AS o LEFT JOIN order_items AS i ON i.order_id = o.id WHERE o.id = :order_id;

-- name: left_join_to_line_one(order_id)^
-- One line of the order.
SELECT o.id, i.quantity FROM orders AS o LEFT JOIN order_items AS i ON i.order_id = o.id AND i.line = 1 WHERE o.id = :order_id;

-- name: chain_of_keys(shipment_id)^
-- From key to key to key.
SELECT s.id, o.status, c.name, r.name AS referrer FROM shipments AS s JOIN orders AS o ON o.id = s.order_id JOIN customers AS c ON c.id = o.customer_id LEFT JOIN customers AS r ON r.id = c.referrer_id WHERE s.id = :shipment_id;

-- name: full_join_by_key(id)^
-- A condition on one side of a full join.
SELECT c.id, e.id AS employee_id FROM customers AS c FULL JOIN hr.employees AS e ON e.id = c.id WHERE c.id = :id;

-- name: full_join_constant()
-- Without a condition it is all rows of both.
SELECT c.id, e.id AS employee_id FROM customers AS c FULL JOIN hr.employees AS e ON e.id = c.id;

-- name: right_join_by_key(id)^
-- The preserved side is bound.
SELECT o.id, c.id AS customer_id FROM shipments AS s RIGHT JOIN orders AS o ON o.id = s.order_id JOIN customers AS c ON c.id = o.customer_id WHERE o.id = :id;

-- name: nullable_side_bound(order_id)
-- The key of the nullable side bound in ON binds nothing.
SELECT c.id, o.id AS order_id FROM customers AS c LEFT JOIN orders AS o ON o.customer_id = c.id AND o.id = :order_id;

-- name: semi_join_keeps_key(id)^
-- EXISTS multiplies nothing.
SELECT c.id, c.name FROM customers AS c WHERE c.id = :id AND EXISTS (SELECT FROM orders AS o WHERE o.customer_id = c.id);

-- name: cross_join_multiplies(id)
-- A cross join multiplies.
SELECT c.id, w.code FROM customers AS c CROSS JOIN warehouses AS w WHERE c.id = :id;

-- name: aggregate()^
-- One row, always.
SELECT count(*) AS n, max(total) AS top FROM orders;

-- name: aggregate_filtered(customer_id)^
-- Also under a WHERE that finds nothing.
SELECT count(*) AS n, coalesce(sum(total), 0) AS total FROM orders WHERE customer_id = :customer_id;

-- name: aggregate_where_false()^
-- Even of no rows at all.
SELECT count(*) AS n, max(id) AS top FROM orders WHERE false;

-- name: aggregate_having(n)^
-- HAVING may refuse it.
SELECT count(*) AS n FROM orders HAVING count(*) > :n;

-- name: aggregate_limit()
-- LIMIT 1 takes nothing away.
SELECT count(*) AS n FROM orders LIMIT 1;

-- name: aggregate_offset(skip)^
-- OFFSET may skip the only row.
SELECT count(*) AS n FROM orders OFFSET :skip;

-- name: aggregate_with_series()
-- A set-returning function multiplies even an aggregate.
SELECT count(*) AS n, generate_series(1, 3) AS place FROM orders;

-- name: aggregate_joined()^
-- Two aggregates side by side.
SELECT a.n, b.n AS m FROM (SELECT count(*) AS n FROM orders) AS a, (SELECT count(*) AS n FROM customers) AS b;

-- name: aggregate_filtered_outside()^
-- A condition on the aggregate's row.
SELECT a.n FROM (SELECT count(*) AS n FROM orders) AS a WHERE a.n > 3;

-- name: aggregate_left_joined_by_key()
-- One row, and its match by key.
SELECT a.top, o.note FROM (SELECT max(id) AS top FROM orders) AS a LEFT JOIN orders AS o ON o.id = a.top;

-- name: limit_one()^
-- Any one.
SELECT id, note FROM orders ORDER BY placed_at DESC LIMIT 1;

-- name: fetch_first()^
-- The standard's LIMIT 1.
SELECT id, note FROM orders ORDER BY placed_at FETCH FIRST ROW ONLY;

-- name: fetch_first_with_ties()
-- WITH TIES may give more.
SELECT id, placed_at FROM orders ORDER BY placed_at::date FETCH FIRST 1 ROW WITH TIES;

-- name: limit_two()
-- Two at most are many.
SELECT id FROM orders ORDER BY id LIMIT 2;

-- name: limit_parameter(n)
-- As many as the caller says.
SELECT id FROM orders ORDER BY id LIMIT :n;

-- name: limit_expression()
-- An expression that is one.
SELECT id FROM orders ORDER BY id LIMIT 2 - 1;

-- name: limit_null()
-- LIMIT NULL is no limit.
SELECT id FROM orders ORDER BY id LIMIT NULL;

-- name: limit_one_in_subquery()^
-- One row from inside.
SELECT o.id, o.note FROM (SELECT id, note FROM orders ORDER BY id LIMIT 1) AS o;

-- name: no_from(a)^
-- No table, one row.
SELECT :a::int + 1 AS next, now() AS at;

-- name: no_from_where(a)^
-- A condition without a table.
SELECT 1 AS one WHERE :a::int > 0;

-- name: exists_alone(id)^
-- A question is answered by one row.
SELECT EXISTS (SELECT FROM customers WHERE id = :id) AS known;

-- name: union_of_keys(id)
-- Two arms, a row each.
SELECT id, name FROM customers WHERE id = :id UNION ALL SELECT id, name FROM hr.employees WHERE id = :id;

-- name: intersect_of_keys(id)
-- No more rows than the smaller arm.
SELECT id FROM customers WHERE id = :id INTERSECT SELECT id FROM hr.employees;

-- name: except_of_keys(id)
-- No more rows than the left arm.
SELECT id FROM customers WHERE id = :id EXCEPT SELECT id FROM hr.employees;

-- name: distinct_constant()
-- All rows are the same one.
SELECT DISTINCT 'x' AS x FROM orders;

-- name: derived_group(customer_id)
-- A group key is unique in the derived table.
SELECT t.customer_id, t.n FROM (SELECT customer_id, count(*) AS n FROM orders GROUP BY customer_id) AS t WHERE t.customer_id = :customer_id;

-- name: derived_distinct(status)
-- DISTINCT makes its columns unique.
SELECT t.status FROM (SELECT DISTINCT status FROM orders) AS t WHERE t.status = :status;

-- name: left_join_derived_group(id)
-- One group at most for the customer.
SELECT c.id, t.n FROM customers AS c LEFT JOIN (SELECT customer_id, count(*) AS n FROM orders GROUP BY customer_id) AS t ON t.customer_id = c.id WHERE c.id = :id;

-- name: key_through_cte(id)^
-- The key seen through a CTE.
WITH c AS (SELECT id, name FROM customers) SELECT c.id, c.name FROM c WHERE c.id = :id;

-- name: key_bound_twice_over(order_id)
-- Bound by way of another column.
SELECT o.id, i.quantity FROM orders AS o, order_items AS i WHERE i.order_id = :order_id AND o.id = i.order_id AND i.line = 1;

-- name: key_bound_in_lateral(id)^
-- Bound inside LATERAL.
SELECT c.id, l.note FROM customers AS c CROSS JOIN LATERAL (SELECT o.note FROM orders AS o WHERE o.customer_id = c.id ORDER BY o.id LIMIT 1) AS l WHERE c.id = :id;

-- name: key_compared_with_itself()
-- Equal to itself binds nothing.
SELECT id FROM customers WHERE id = id;

-- name: key_compared_with_row_expression(a)
-- Equal to an expression over the row itself binds nothing.
SELECT id, referrer_id FROM customers WHERE id = referrer_id + :a;

-- name: key_volatile()
-- A volatile value is computed for each row.
SELECT id FROM customers WHERE id = floor(random() * 3)::int;

-- name: key_not_distinct(id)
-- IS NOT DISTINCT FROM a value is equality for a key without NULL.
SELECT id, name FROM customers WHERE id IS NOT DISTINCT FROM :id;

-- name: key_negated(id)
-- Not the key.
SELECT id FROM customers WHERE NOT (id = :id);

-- name: key_in_or_arms(id)
-- Each arm binds the same key to the same value.
SELECT id FROM customers WHERE (id = :id AND credit > 1) OR (id = :id AND credit IS NULL);

-- name: update_by_key(id)^
-- One row at most is updated.
UPDATE customers SET credit = 0 WHERE id = :id RETURNING id, credit;

-- name: update_by_key_from_many(order_id)
-- A row is updated once, however many rows of the other table match.
UPDATE orders AS o SET note = i.gift_note FROM order_items AS i WHERE i.order_id = o.id AND o.id = :order_id RETURNING o.id, o.note;

-- name: update_all()
-- All of them.
UPDATE customers SET credit = 0 RETURNING id;

-- name: delete_by_unique(code)^
-- By a unique column.
DELETE FROM warehouses WHERE code = :code RETURNING id, code;

-- name: delete_using_many(id)
-- A row is deleted once.
DELETE FROM customers AS c USING orders AS o WHERE o.customer_id = c.id AND c.id = :id RETURNING c.id, c.nickname;

-- name: insert_one(id, code)^
-- Exactly one, or an error.
INSERT INTO warehouses (id, code) VALUES (:id, :code) RETURNING id, code;

-- name: insert_aggregate()
-- One row from an aggregate.
INSERT INTO hr.departments (id, name) SELECT 500, 'all ' || count(*) FROM customers RETURNING id, name;

-- name: update_partitioned(account_id, month)<!
-- A row moves to another partition and is returned once.
UPDATE ledger.statements SET month = '2031-01-01' WHERE account_id = :account_id AND month = :month RETURNING account_id, month, closing;

-- name: scalar_function_from()^
-- A function that returns no set has one row.
SELECT f.first, f.last FROM order_span(1) AS f;

-- name: setof_function_from()
-- A function that returns a set.
SELECT r FROM referrers() AS r;

-- name: void_function(id)$
-- A function for its effect.
SELECT touch_order(:id);

-- name: recursive_one()
-- A recursive query may have many rows.
WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 3) SELECT n FROM t;
