-- name: insert_order(customer_id, note, coupon)<!
-- One row in, one row out.
INSERT INTO orders (customer_id, note, coupon) VALUES (:customer_id, :note, :coupon)
RETURNING id, customer_id, status, note, coupon, total, placed_at, shipped_at;

-- name: insert_constant_into_nullable(customer_id)<!
-- A constant in a nullable column is in the returned row.
INSERT INTO orders (customer_id, note, shipped_at) VALUES (:customer_id, 'new', now()) RETURNING id, note, shipped_at, coupon;

-- name: insert_many_values(a, b)
-- Two rows, one with NULL.
INSERT INTO warehouses (id, code, city) VALUES (101, :a, 'x'), (102, :b, NULL) RETURNING id, code, city;

-- name: insert_without_returning(product_id, note)!
-- No rows come back.
INSERT INTO order_items (order_id, line, product_id, quantity, unit_price, gift_note) VALUES (1, 99, :product_id, 1, 1, :note);

-- name: insert_default_keyword(name)<!
-- DEFAULT in the list of values.
INSERT INTO lab.words (word, lang, meaning, uses) VALUES (:name, 'en', DEFAULT, DEFAULT) RETURNING word, lang, meaning, uses;

-- name: insert_do_nothing(id, code)<!
-- A conflict gives no row.
INSERT INTO warehouses (id, code) VALUES (:id, :code) ON CONFLICT DO NOTHING RETURNING id, code, city;

-- name: insert_do_update(id, code, city)
-- Insert or update: a row either way.
INSERT INTO warehouses (id, code, city) VALUES (:id, :code, :city)
ON CONFLICT (id) DO UPDATE SET city = EXCLUDED.city RETURNING id, code, city;

-- name: insert_do_update_where(id, code, city)<!
-- The WHERE of DO UPDATE may leave nothing.
INSERT INTO warehouses (id, code, city) VALUES (:id, :code, :city)
ON CONFLICT (id) DO UPDATE SET city = EXCLUDED.city WHERE warehouses.city IS NOT NULL RETURNING id, code, city;

-- name: insert_do_update_sure(id, code)<!
-- Inserted as NULL, updated to something: NULL is possible.
INSERT INTO warehouses (id, code) VALUES (:id, :code) ON CONFLICT (id) DO UPDATE SET city = 'known' RETURNING id, city;

-- name: insert_do_update_untouched(id, code)<!
-- Inserted as something, found as NULL: NULL is possible.
INSERT INTO warehouses (id, code, city) VALUES (:id, :code, 'new') ON CONFLICT (id) DO UPDATE SET code = EXCLUDED.code RETURNING id, code, city;

-- name: insert_do_update_both(id, code)<!
-- Inserted as something, updated to something.
INSERT INTO warehouses (id, code, city) VALUES (:id, :code, 'new') ON CONFLICT (id) DO UPDATE SET city = 'known' RETURNING id, city;

-- name: insert_select()
-- Rows from a query.
INSERT INTO hr.departments (id, name, budget) SELECT 200 + c.id, c.name || c.id, c.credit FROM customers AS c WHERE c.credit IS NOT NULL
RETURNING id, name, budget, head_id;

-- name: insert_select_where_not_exists(name)<!
-- One row or none.
INSERT INTO hr.departments (id, name) SELECT 300, :name WHERE NOT EXISTS (SELECT FROM hr.departments AS d WHERE d.name = :name::text) RETURNING id, name;

-- name: insert_select_by_key(id)<!
-- One row for the one that is found.
INSERT INTO lab.settings (scope, key) SELECT c.nickname, c.email FROM customers AS c WHERE c.id = :id RETURNING scope, key, value;

-- name: insert_with_trigger(sender, subject)
-- A trigger may drop the row, or change it.
INSERT INTO ledger.inbox (sender, subject, body) VALUES (:sender, :subject, 'text') RETURNING id, sender, subject, body, received_at;

-- name: insert_constant_with_trigger()
-- A constant that the trigger takes away.
INSERT INTO ledger.inbox (sender, subject) VALUES ('bob', 'hello') RETURNING id, subject;

-- name: insert_with_rule(title, body)
-- A rule puts another statement in its place.
INSERT INTO ledger.drafts (title, body) VALUES (:title, :body) RETURNING id, title, body;

-- name: insert_partitioned(account_id, opening, closing)<!
-- A row finds its partition.
INSERT INTO ledger.statements (account_id, month, opening, closing) VALUES (:account_id, '2030-01-01', :opening, :closing) RETURNING account_id, month, opening, closing, tableoid::regclass::text AS partition;

-- name: insert_generated(sku, name, price, description)<!
-- Generated columns come back computed.
INSERT INTO products (sku, name, price, description) VALUES (:sku, :name, :price, :description) RETURNING id, price, price_with_tax, headline, attributes, discontinued;

-- name: insert_domain_column(id, unit)<!
-- A parameter for a NOT NULL domain refuses None.
INSERT INTO ledger.accounts (id, code, unit, label) VALUES (:id, 'code', :unit, 'label') RETURNING id, unit, label, owner_id;

-- name: insert_domain_subquery(id)<!
-- An empty subquery passes the domain by.
INSERT INTO ledger.accounts (id, code, label, unit) VALUES (:id, 'code', 'label', (SELECT a.unit FROM ledger.accounts AS a WHERE a.id = -1)) RETURNING id, unit;

-- name: update_assigned(note, id)<!
-- The assigned column is what was assigned.
UPDATE orders SET note = :note WHERE id = :id RETURNING id, note, status;

-- name: update_where_does_not_hold(id)<!
-- WHERE speaks of the row before.
UPDATE orders SET note = NULL WHERE note = 'x' AND id = :id RETURNING id, note;

-- name: update_where_holds()
-- A column that is not assigned keeps what WHERE says.
UPDATE orders SET total = total + 1 WHERE coupon IS NOT NULL RETURNING id, coupon, note;

-- name: update_assigned_constant(id)<!
-- A constant in a nullable column.
UPDATE orders SET note = 'x', coupon = NULL WHERE id = :id RETURNING note, coupon, note || 'y' AS longer;

-- name: update_from_itself()
-- Assigned from a column that WHERE makes sure.
UPDATE orders SET note = coupon WHERE coupon IS NOT NULL RETURNING id, note, coupon;

-- name: update_swapped()
-- Two columns exchange their values, and their facts.
UPDATE orders SET note = coupon, coupon = note WHERE note IN (SELECT code FROM coupons) RETURNING id, note, coupon;

-- name: update_multi_column(id)<!
-- A list of columns from a subquery that may be empty.
UPDATE orders SET (note, coupon) = (SELECT k.campaign, k.code FROM coupons AS k WHERE k.percent = 5 LIMIT 1) WHERE id = :id RETURNING id, note, coupon;

-- name: update_coalesce(name, nickname, id)<!
-- COALESCE keeps what is there.
UPDATE customers SET name = coalesce(:name, name), nickname = coalesce(:nickname, nickname) WHERE id = :id RETURNING id, name, nickname;

-- name: update_from()
-- Columns of the other table are facts of the join.
UPDATE order_items AS i SET unit_price = p.price, gift_note = p.description FROM products AS p WHERE p.id = i.product_id RETURNING i.order_id, i.product_id, i.unit_price, i.gift_note, p.sku, p.description;

-- name: update_from_left_join()
-- An outer join among the other tables.
UPDATE orders AS o SET total = 0 FROM customers AS c LEFT JOIN ledger.accounts AS a ON a.owner_id = c.id WHERE c.id = o.customer_id RETURNING o.id, c.name, a.code;

-- name: update_joined_fact()
-- The join made it sure, then it was assigned.
UPDATE orders AS o SET coupon = NULL FROM coupons AS k WHERE k.code = o.coupon RETURNING o.id, o.coupon, k.code;

-- name: update_generated()
-- The generated column follows what is assigned.
UPDATE products SET description = NULL WHERE headline IS NOT NULL RETURNING id, headline, price_with_tax;

-- name: update_generated_untouched()
-- Nothing that it is made of is assigned.
UPDATE products SET weight = 1 WHERE headline IS NOT NULL RETURNING id, headline, weight;

-- name: update_with_trigger(body)
-- A trigger has the last word.
UPDATE ledger.inbox SET body = :body WHERE subject IS NOT NULL RETURNING id, sender, subject, body;

-- name: update_parent_table()
-- The children of a table are updated too.
UPDATE hr.persons SET email = 'x' RETURNING id, phone, email;

-- name: update_array_element(id)<!
-- An element is assigned, the array is there afterwards.
UPDATE hr.employees SET skills[1] = 'sql' WHERE id = :id RETURNING id, skills;

-- name: update_composite_field(id, city)<!
-- A field is assigned, the composite is there afterwards.
UPDATE customers SET home.city = :city WHERE id = :id RETURNING id, home, (home).city AS city;

-- name: delete_returning()
-- A deleted row comes back as it was.
DELETE FROM payments WHERE method IS NOT NULL AND paid_at < now() RETURNING id, method, paid_at, reference, order_id;

-- name: delete_by_key(id)<!
-- One or none.
DELETE FROM payments WHERE id = :id RETURNING id, method, amount;

-- name: delete_using()
-- A join in a delete.
DELETE FROM order_items AS i USING products AS p WHERE p.id = i.product_id AND p.weight > 1 RETURNING i.order_id, i.line, i.product_id, p.name, p.weight, i.discount;

-- name: delete_all()!
-- No WHERE, no returning.
DELETE FROM stock;

-- name: delete_self_reference()
-- ON DELETE SET NULL comes after.
DELETE FROM hr.employees WHERE manager_id IS NOT NULL RETURNING id, manager_id, department_id;

-- name: update_affected(note, status)!
-- The number of rows only.
UPDATE orders SET note = :note WHERE status = :status;

-- name: merge_plain(id, city)!
-- MERGE without RETURNING.
MERGE INTO warehouses AS w USING (VALUES (:id::int, :city::text)) AS v (id, city) ON w.id = v.id
WHEN MATCHED THEN UPDATE SET city = v.city
WHEN NOT MATCHED THEN INSERT (id, code, city) VALUES (v.id, 'c' || v.id, v.city);

-- name: upsert_counter(word)<!
-- A counter that is there or begins.
INSERT INTO stock (product_id, warehouse_id, quantity) SELECT p.id, NULL, 1 FROM products AS p WHERE p.sku = :word
ON CONFLICT (product_id, warehouse_id) DO UPDATE SET quantity = stock.quantity + 1 RETURNING product_id, warehouse_id, quantity, reserved;

-- name: returning_expressions(id)<!
-- Expressions, subqueries and the whole row.
UPDATE orders AS o SET note = 'x' WHERE id = :id
RETURNING o, coalesce(o.coupon, o.note) AS label, (SELECT count(*) FROM order_items AS i WHERE i.order_id = o.id) AS lines, (SELECT c.nickname FROM customers AS c WHERE c.id = o.customer_id) AS nickname, o.ctid;

-- name: insert_nullable_param_in_expression(id, city)<!
-- Only a bare parameter is assigned; one inside a function is not.
INSERT INTO warehouses (id, code, city, gateway) VALUES (:id, 'code', upper(:city), NULL) RETURNING id, city, gateway;
