-- name: update_old_new(note, id)<!
-- The row before and the row after.
UPDATE orders SET note = :note WHERE id = :id RETURNING old.id AS old_id, old.note AS old_note, new.id AS new_id, new.note AS new_note, id, note, old.status, new.status AS new_status;

-- name: update_where_on_old()
-- WHERE speaks of the row before.
UPDATE orders SET note = NULL WHERE note IS NOT NULL AND coupon IS NOT NULL RETURNING old.note AS old_note, new.note AS new_note, note, old.coupon AS old_coupon, new.coupon AS new_coupon;

-- name: update_assigned_constant()
-- Assigned a constant: sure after, not before.
UPDATE orders SET note = 'x' RETURNING old.note AS old_note, new.note AS new_note;

-- name: insert_old_new(id, code)<!
-- There is no row before an insert.
INSERT INTO warehouses (id, code) VALUES (:id, :code) RETURNING old.id AS old_id, old.code AS old_code, new.id AS new_id, new.code AS new_code, new.city AS new_city;

-- name: delete_old_new(id)<!
-- There is no row after a delete.
DELETE FROM warehouses WHERE id = :id RETURNING old.id AS old_id, new.id AS new_id, old.city AS old_city, id;

-- name: upsert_old_new(id, code)<!
-- Before an upsert there may be a row.
INSERT INTO warehouses (id, code) VALUES (:id, :code) ON CONFLICT (id) DO UPDATE SET code = EXCLUDED.code
RETURNING old.id AS old_id, new.id AS new_id, old.code IS NULL AS inserted, new.code AS new_code, coalesce(old.code, new.code) AS code;

-- name: whole_rows(id)<!
-- The rows before and after as composites.
UPDATE orders SET note = 'x' WHERE id = :id RETURNING old, new, old IS NULL AS none;

-- name: insert_whole_rows(id, code)<!
-- The row before an insert is NULL.
INSERT INTO warehouses (id, code) VALUES (:id, :code) RETURNING old, new;

-- name: delete_whole_rows()
-- The row after a delete is NULL.
DELETE FROM stock RETURNING old, new, old.product_id, new.product_id AS new_product;

-- name: renamed_old_new(id)<!
-- Other names for old and new.
UPDATE orders SET coupon = NULL WHERE id = :id RETURNING WITH (OLD AS before, NEW AS after) before.id AS id, before.coupon AS was, after.coupon AS now, after.total;

-- name: merge_old_new()
-- Old and new of a MERGE.
MERGE INTO hr.departments AS d USING customers AS c ON d.id = c.id
WHEN MATCHED AND c.nickname IS NULL THEN DELETE
WHEN MATCHED THEN UPDATE SET budget = c.credit
WHEN NOT MATCHED THEN INSERT (id, name) VALUES (c.id, 'd' || c.id)
RETURNING merge_action() AS action, old.id AS old_id, new.id AS new_id, d.id, old.name AS old_name, new.name AS new_name, c.id AS customer_id;

-- name: merge_update_only()
-- Only updates: both rows are there.
MERGE INTO hr.departments AS d USING customers AS c ON d.id = c.id WHEN MATCHED THEN UPDATE SET budget = 1
RETURNING old.id AS old_id, new.id AS new_id, old.budget AS old_budget, new.budget AS new_budget;

-- name: update_from_old_new()
-- Old, new and another table.
UPDATE order_items AS i SET product_id = NULL FROM products AS p WHERE p.id = i.product_id RETURNING old.product_id AS old_product, new.product_id AS new_product, p.id AS product, new.line;

-- name: system_columns_old_new(id)<!
-- System columns before and after.
UPDATE orders SET note = 'x' WHERE id = :id RETURNING old.ctid AS old_ctid, new.ctid AS new_ctid, new.tableoid::regclass::text AS name;
