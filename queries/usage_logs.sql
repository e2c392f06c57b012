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
-- Empty the properties of what is counted for a user, or happened at their widgets; take `texts` out of all others.
--
-- There each becomes 'erased', where it is a whole value or key. A text with an @ is an address,
-- whatever the case of its letters A to Z.
-- @allow tenant_scope: erasing looks for a person everywhere
WITH sought AS (
    SELECT
        array_agg(lower(q.text COLLATE "C")) AS texts,
        -- The texts as JSON writes them, quotes and all; a quote behind a backslash begins no text.
        '(?<!\\)"(' || string_agg(q.pattern, '|') FILTER (WHERE NOT q.is_address) || ')"' AS ids,
        '(?<!\\)"(' || string_agg(q.pattern, '|') FILTER (WHERE q.is_address) || ')"' AS addresses
    FROM (
        SELECT
            t.text,
            position('@' IN t.text) > 0 AS is_address,
            regexp_replace(
                substring(to_jsonb(t.text)::text FROM 2 FOR length(to_jsonb(t.text)::text) - 2),
                '([][\\.*+?^${}()|])', '\\\1', 'g'
            ) AS pattern
        FROM unnest(:texts::text[]) AS t (text)
    ) AS q
),
found AS (
    SELECT
        l.created_at,
        l.id,
        CASE
            WHEN l.user_id = :user_id
              OR l.installation_id IN (SELECT i.id FROM installations AS i WHERE i.user_id = :user_id)
                THEN '{}'
            ELSE COALESCE(
                regexp_replace(without.ids COLLATE "C", sought.addresses, '"erased"', 'gi'), without.ids
            )::jsonb
        END AS rest
    FROM usage_logs AS l
    CROSS JOIN sought
    CROSS JOIN LATERAL (
        SELECT COALESCE(
            regexp_replace(l.properties::text, sought.ids, '"erased"', 'g'), l.properties::text
        ) AS ids
    ) AS without
    WHERE l.user_id = :user_id
       OR l.installation_id = ANY (ARRAY(SELECT i.id FROM installations AS i WHERE i.user_id = :user_id))
       OR (
            -- The expressions of usage_logs_mentions_idx, so that its index answers.
            l.properties::text ~ '@|"(user|cus|sub)_|"[0-9a-f-]{36}"'
            AND lower((
                jsonb_path_query_array(
                    l.properties, 'strict $.** ? (@ like_regex "@|^(user|cus|sub)_|^[0-9a-f-]{36}$")'
                )
                || jsonb_path_query_array(
                    l.properties,
                    'strict $.** ? (@.type() == "object").keyvalue().key ? (@ like_regex "@|^(user|cus|sub)_|^[0-9a-f-]{36}$")'
                )
            )::text COLLATE "C")::jsonb ?| (SELECT sought.texts FROM sought)
       )
    -- In one order for everybody, so that no two erasures wait for each other.
    ORDER BY l.created_at, l.id
    FOR UPDATE OF l
)
UPDATE usage_logs AS l
SET
    properties = f.rest,
    updated_at = now()
FROM found AS f
WHERE l.id = f.id
  AND l.created_at = f.created_at
  AND l.properties <> f.rest;

-- name: list_for_installation(installation_id, event, since, until, before_created_at, before_id, limit)
-- Page through what happened at an installation, the newest first: all of it, or of a kind or a time.
--
-- A page holds 100 unless `limit` says otherwise; created_at and id of its last row are
-- `before_created_at` and `before_id` of the next.
-- @returns UsageLog
-- @nullable limit
SELECT
    l.id, l.user_id, l.installation_id, l.event, l.quantity, l.properties, l.created_at,
    l.updated_at
FROM usage_logs AS l
WHERE l.installation_id = :installation_id
  AND l.event = :event                                         -- @if event
  AND l.created_at >= :since                                   -- @if since
  AND l.created_at < :until                                    -- @if until
  AND (l.created_at, l.id) < (:before_created_at, :before_id)  -- @if before_created_at before_id
ORDER BY l.created_at DESC, l.id DESC
LIMIT COALESCE(:limit, 100);

-- name: record(event, user_id, installation_id, quantity, properties)<!
-- Note that something happened just now, once unless `quantity` says otherwise; gives its id.
--
-- With both ids the installation must be the user's own: RowNotFound otherwise, and nothing is written.
-- @nullable user_id
-- @nullable installation_id
-- @nullable quantity
-- @nullable properties
-- @one
INSERT INTO usage_logs (event, user_id, installation_id, quantity, properties)
SELECT
    :event, :user_id, :installation_id, COALESCE(:quantity, 1::bigint),
    COALESCE(:properties, '{}'::jsonb)
WHERE :user_id::uuid IS NULL
   OR :installation_id::uuid IS NULL
   OR EXISTS (
        SELECT FROM installations AS i
        WHERE i.id = :installation_id
          AND i.user_id = :user_id
    )
RETURNING id;

-- name: record_many(event, user_id, installation_id, quantity, properties, created_at)*!
-- Note what happened before and was kept back; `created_at` decides the month.
--
-- A row whose installation is not its user's is left out: the number then is less than the rows given.
-- @params RecordManyParams
INSERT INTO usage_logs (event, user_id, installation_id, quantity, properties, created_at)
SELECT :event, :user_id, :installation_id, :quantity, :properties, :created_at
WHERE :user_id::uuid IS NULL
   OR :installation_id::uuid IS NULL
   OR EXISTS (
        SELECT FROM installations AS i
        WHERE i.id = :installation_id
          AND i.user_id = :user_id
    );
