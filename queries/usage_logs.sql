-- Analytics: what happened, for whom, and how often.
--
-- Partitioned by month on created_at: a statement that binds a span of it reads those months only.

-- name: count_by_day(user_id, since, until)
-- Count a user's events for each day in UTC and each kind, from `since` until before `until`.
-- @returns UsageDay
SELECT
    (l.created_at AT TIME ZONE 'UTC')::date AS day,
    l.event,
    count(*) AS event_count,
    sum(l.quantity)::bigint AS quantity
FROM usage_logs AS l
WHERE l.user_id = :user_id
  AND l.created_at >= :since
  AND l.created_at < :until
GROUP BY day, l.event
ORDER BY day, l.event;

-- name: forget(user_id, texts)!
-- Empty the properties of what is counted for a user, or happened at their widgets, or mentions one of `texts`.
-- @allow tenant_scope: erasing looks for a person everywhere
UPDATE usage_logs AS l
SET
    properties = '{}',
    updated_at = now()
WHERE l.properties <> '{}'
  AND (
    l.user_id = :user_id
    OR l.installation_id IN (SELECT i.id FROM installations AS i WHERE i.user_id = :user_id)
    OR EXISTS (
        SELECT
        FROM unnest(:texts::text[]) AS t (text)
        -- As JSON writes it, without its quotes; an address is the same whatever its case.
        WHERE position(
            lower(substring(to_jsonb(t.text)::text FROM 2 FOR length(to_jsonb(t.text)::text) - 2))
            IN lower(l.properties::text)
        ) > 0
    )
  );

-- name: list_for_installation(installation_id, before_created_at, before_id, limit)
-- Page through what happened at an installation, the newest first.
--
-- A page holds 100 unless `limit` says otherwise; created_at and id of its last row are
-- `before_created_at` and `before_id` of the next.
-- @returns UsageLog
-- @nullable before_created_at
-- @nullable before_id
-- @nullable limit
SELECT
    l.id, l.user_id, l.installation_id, l.event, l.quantity, l.properties, l.created_at,
    l.updated_at
FROM usage_logs AS l
WHERE l.installation_id = :installation_id
  AND (l.created_at, l.id) < (
    COALESCE(:before_created_at, 'infinity'::timestamptz),
    COALESCE(:before_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
  )
ORDER BY l.created_at DESC, l.id DESC
LIMIT COALESCE(:limit, 100);

-- name: record(event, user_id, installation_id, quantity, properties)<!
-- Note that something happened just now, once unless `quantity` says otherwise; gives its id.
-- @nullable user_id
-- @nullable installation_id
-- @nullable quantity
-- @nullable properties
INSERT INTO usage_logs (event, user_id, installation_id, quantity, properties)
VALUES (
    :event, :user_id, :installation_id, COALESCE(:quantity, 1::bigint),
    COALESCE(:properties, '{}'::jsonb)
)
RETURNING id;

-- name: record_many(event, user_id, installation_id, quantity, properties, created_at)*!
-- Note what happened before and was kept back; `created_at` decides the month.
-- @copy
INSERT INTO usage_logs (event, user_id, installation_id, quantity, properties, created_at)
VALUES (:event, :user_id, :installation_id, :quantity, :properties, :created_at);
