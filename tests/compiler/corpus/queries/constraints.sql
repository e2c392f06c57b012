-- name: foreign_key_not_valid()
-- A foreign key that old rows need not obey.
SELECT n.id, o.status FROM lab.notes AS n LEFT JOIN orders AS o ON o.id = n.order_id;

-- name: foreign_key_valid()
-- A foreign key that all rows obey.
SELECT n.id, c.name, c.nickname FROM lab.tickets AS n LEFT JOIN customers AS c ON c.id = n.customer_id;

-- name: check_not_valid()
-- A CHECK that old rows need not obey.
SELECT id, word, weight FROM lab.notes;

-- name: insert_check_not_valid(id, order_id, word)<!
-- New rows obey it.
INSERT INTO lab.notes (id, order_id, word) VALUES (:id, :order_id, :word) RETURNING id, word;

-- name: foreign_key_extra_condition()
-- More than the key in ON: the row may be refused.
SELECT n.id, c.name FROM lab.tickets AS n LEFT JOIN customers AS c ON c.id = n.customer_id AND c.deleted_at IS NULL;

-- name: foreign_key_to_filtered()
-- The key's row may be filtered out.
SELECT n.id, a.name FROM lab.tickets AS n LEFT JOIN active_customers AS a ON a.id = n.customer_id;

-- name: foreign_key_other_column()
-- A column of the same value set, not the key.
SELECT n.id, c.name FROM lab.tickets AS n LEFT JOIN customers AS c ON c.id = n.id;

-- name: foreign_key_of_nullable_side()
-- The key's own row may be missing.
SELECT w.id, n.word, c.name FROM warehouses AS w LEFT JOIN lab.tickets AS n ON n.id = w.id LEFT JOIN customers AS c ON c.id = n.customer_id;

-- name: foreign_key_chain()
-- From key to key, all found.
SELECT i.line, o.status, c.name FROM order_items AS i LEFT JOIN orders AS o ON o.id = i.order_id LEFT JOIN customers AS c ON c.id = o.customer_id;

-- name: foreign_key_not_inherited()
-- The rows of a child obey no foreign key of the parent.
SELECT p.id, o.status FROM lab.parcels AS p LEFT JOIN orders AS o ON o.id = p.order_id;

-- name: foreign_key_only_parent()
-- The parent's own rows do.
SELECT p.id, o.status FROM ONLY lab.parcels AS p LEFT JOIN orders AS o ON o.id = p.order_id;

-- name: check_inherited()
-- A CHECK is inherited, unless it says NO INHERIT.
SELECT id, weight, size FROM lab.parcels;

-- name: check_only_parent()
-- For the parent alone both hold.
SELECT id, weight, size FROM ONLY lab.parcels;

-- name: foreign_key_half_null()
-- MATCH SIMPLE: with one NULL nothing is checked.
SELECT p.id, i.quantity FROM lab.picks AS p LEFT JOIN order_items AS i ON i.order_id = p.order_id AND i.line = p.line;

-- name: foreign_key_made_whole()
-- WHERE makes the nullable half sure.
SELECT p.id, p.line, i.quantity FROM lab.picks AS p LEFT JOIN order_items AS i ON i.order_id = p.order_id AND i.line = p.line WHERE p.line IS NOT NULL;

-- name: foreign_key_half_joined()
-- Half of the key finds more.
SELECT p.id, i.line FROM lab.picks AS p LEFT JOIN order_items AS i ON i.order_id = p.order_id AND i.line = 1;

-- name: row_security()
-- A policy may hide the row from who asks.
SELECT h.id, h.hint, s.word FROM lab.hints AS h LEFT JOIN lab.secrets AS s ON s.customer_id = h.customer_id;

-- name: row_security_subquery()
-- Likewise in a subquery.
SELECT h.id, (SELECT s.word FROM lab.secrets AS s WHERE s.customer_id = h.customer_id) AS word FROM lab.hints AS h;

-- name: insert_after_trigger(kind)
-- Neither an AFTER trigger nor one for the statement changes the row; the one that would is disabled.
INSERT INTO lab.events (kind, detail) VALUES (:kind, 'x') RETURNING id, kind, detail;

-- name: insert_instead_of(kind, detail)<!
-- The view's trigger says what comes back, if anything does.
INSERT INTO lab.event_log (kind, detail) VALUES (:kind, :detail) RETURNING id, kind, detail;

-- name: update_instead_of(detail, id)<!
-- The same for an update; the trigger may give NULL in any column.
UPDATE lab.event_log SET detail = :detail WHERE id = :id RETURNING id, kind, detail;

-- name: select_from_written_view()
-- Reading the view is plain.
SELECT id, kind, detail FROM lab.event_log;

-- name: insert_partition_directly(account_id, opening)<!
-- Into one partition.
INSERT INTO ledger.statements_2024 (account_id, month, opening) VALUES (:account_id, '2024-05-01', :opening) RETURNING account_id, month, closing;

-- name: partition_by_key(account_id)^
-- A partition has the key as well.
SELECT account_id, month, opening FROM ledger.statements_2024 WHERE account_id = :account_id AND month = '2024-01-01';
