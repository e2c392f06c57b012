-- name: upsert(id, code, city)
-- MERGE that returns what it made.
MERGE INTO warehouses AS w USING (VALUES (:id::int, :code::text, :city::text)) AS v (id, code, city) ON w.id = v.id
WHEN MATCHED THEN UPDATE SET city = v.city
WHEN NOT MATCHED THEN INSERT (id, code, city) VALUES (v.id, v.code, v.city)
RETURNING merge_action() AS action, w.id, w.code, w.city, w.gateway, v.id AS source_id;

-- name: matched_only(id)
-- Nothing happens where nothing matches.
MERGE INTO warehouses AS w USING (VALUES (:id::int)) AS v (id) ON w.id = v.id
WHEN MATCHED THEN UPDATE SET city = NULL RETURNING w.id, w.code, w.city;

-- name: deleted(id)<!
-- A deleted row comes back as it was.
MERGE INTO payments AS p USING (SELECT :id::int AS id) AS v ON p.id = v.id AND p.method IS NOT NULL
WHEN MATCHED THEN DELETE RETURNING merge_action() AS action, p.id, p.method, p.paid_at, v.id AS source_id;

-- name: not_matched_by_source()
-- Target rows without a source: the source is NULL.
MERGE INTO warehouses AS w USING (SELECT s.warehouse_id, max(s.quantity) AS quantity FROM stock AS s WHERE s.warehouse_id IS NOT NULL GROUP BY s.warehouse_id) AS s ON w.id = s.warehouse_id
WHEN MATCHED THEN UPDATE SET city = 'stocked'
WHEN NOT MATCHED BY SOURCE THEN UPDATE SET city = NULL
RETURNING merge_action() AS action, w.id, w.code, w.city, s.warehouse_id, s.quantity;

-- name: all_three()
-- Insert, update and delete in one.
MERGE INTO hr.departments AS d USING customers AS c ON d.id = c.id
WHEN MATCHED AND c.nickname IS NULL THEN DELETE
WHEN MATCHED THEN UPDATE SET budget = c.credit
WHEN NOT MATCHED THEN INSERT (id, name, budget) VALUES (c.id, 'd' || c.id, 0)
RETURNING merge_action() AS action, d.id, d.name, d.budget, d.head_id, c.name AS customer, c.nickname;

-- name: assigned_everywhere()
-- Every action assigns something sure.
MERGE INTO hr.departments AS d USING customers AS c ON d.id = c.id
WHEN MATCHED THEN UPDATE SET budget = 1
WHEN NOT MATCHED THEN INSERT (id, name, budget) VALUES (c.id, 'd' || c.id, 0)
RETURNING d.id, d.budget, d.head_id;

-- name: in_cte()
-- MERGE inside a CTE.
WITH m AS (
  MERGE INTO hr.departments AS d USING customers AS c ON d.id = c.id WHEN MATCHED THEN DO NOTHING
  WHEN NOT MATCHED THEN INSERT (id, name) VALUES (c.id, 'd' || c.id) RETURNING d.id, d.name, d.budget
)
SELECT m.id, m.name, m.budget FROM m;

-- name: insert_by_source(id)
-- The condition names one target, and every other row of the source is inserted.
MERGE INTO hr.departments AS d USING hr.employees AS e ON d.id = :id AND e.id = d.id
WHEN NOT MATCHED THEN INSERT (id, name) VALUES (e.id + 1000, 'x' || e.id) RETURNING d.id;
