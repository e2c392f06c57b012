-- Visitors' chats, each within one installation.
--
-- Every statement binds installation_id: one customer's visitor never reaches another's session,
-- and the table can be sharded by it.

-- name: blank_visitors(installation_id, blank_before, limit)!
-- Forget IP and user agent of visitors who were last seen before a moment; the longest ago first.
--
-- At most 1,000 in one call unless `limit` says otherwise, so that no lock is held for long: call it
-- until it gives 0. A session that is in use right now is left for the next time.
-- @nullable limit
UPDATE sessions AS s
SET
    ip = NULL,
    user_agent = NULL,
    updated_at = now()
WHERE s.installation_id = :installation_id
  AND s.id IN (
    SELECT seen.id
    FROM sessions AS seen
    WHERE seen.installation_id = :installation_id
      AND seen.last_seen_at < :blank_before
      AND (seen.ip IS NOT NULL OR seen.user_agent IS NOT NULL)
    ORDER BY seen.last_seen_at, seen.id
    LIMIT COALESCE(:limit, 1000)
    FOR UPDATE SKIP LOCKED
  );

-- name: delete(installation_id, id)!
-- Remove a session with its messages.
WITH gone AS (
    SELECT s.installation_id, s.id, (s.created_at AT TIME ZONE 'UTC')::date AS began_on
    FROM sessions AS s
    WHERE s.installation_id = :installation_id
      AND s.id = :id
),
marked_day AS (
    -- What they said on days that are over is to be counted again.
    INSERT INTO installation_days AS d (installation_id, day)
    SELECT past.installation_id, past.day
    FROM (
        SELECT m.installation_id, (m.created_at AT TIME ZONE 'UTC')::date AS day
        FROM gone
        JOIN messages AS m ON m.installation_id = gone.installation_id AND m.session_id = gone.id
        UNION
        SELECT gone.installation_id, gone.began_on
        FROM gone
    ) AS past
    WHERE past.day < (clock_timestamp() AT TIME ZONE 'UTC')::date
    ORDER BY past.installation_id, past.day
    ON CONFLICT (installation_id, day) DO UPDATE
    SET
        is_counted = false,
        updated_at = excluded.updated_at
)
DELETE FROM sessions AS s
-- The widget's lock before the session's: docs/domain.md has the order.
WHERE s.installation_id = (
    SELECT CASE
        WHEN pg_advisory_xact_lock_shared(hashtextextended(:installation_id::uuid::text, 3))::text IS NULL
            THEN NULL
        ELSE :installation_id
    END
)
  AND s.installation_id = :installation_id
  AND s.id = :id;

-- name: delete_for_user(user_id)!
-- Remove every session at a user's widgets, with all that was said there.
-- @allow tenant_scope: by the ids of the user's own widgets
WITH widgets AS (
    -- Nobody writes at these widgets meanwhile: two that lock many sessions would do it in two orders.
    SELECT
        COALESCE(array_agg(own.id), '{}') AS ids,
        count(pg_advisory_xact_lock(hashtextextended(own.id::text, 3))::text) AS locked
    FROM (SELECT i.id FROM installations AS i WHERE i.user_id = :user_id ORDER BY i.id) AS own
),
marked_day AS (
    -- What was said on days that are over is to be counted again.
    INSERT INTO installation_days AS d (installation_id, day)
    SELECT past.installation_id, past.day
    FROM (
        SELECT m.installation_id, (m.created_at AT TIME ZONE 'UTC')::date AS day
        FROM messages AS m
        WHERE m.installation_id = ANY ((SELECT widgets.ids FROM widgets)::uuid[])
        UNION
        SELECT began.installation_id, (began.created_at AT TIME ZONE 'UTC')::date
        FROM sessions AS began
        WHERE began.installation_id = ANY ((SELECT widgets.ids FROM widgets)::uuid[])
    ) AS past
    WHERE past.day < (clock_timestamp() AT TIME ZONE 'UTC')::date
    ORDER BY past.installation_id, past.day
    ON CONFLICT (installation_id, day) DO UPDATE
    SET
        is_counted = false,
        updated_at = excluded.updated_at
)
DELETE FROM sessions AS s
WHERE s.installation_id = ANY ((SELECT widgets.ids FROM widgets)::uuid[]);

-- name: delete_idle_since(installation_id, idle_since, limit)!
-- Remove sessions, and their messages, that nobody has used since a moment; the longest idle first.
--
-- At most 1,000 in one call unless `limit` says otherwise, so that no lock is held for long: call it
-- until it gives 0. A session that is in use right now is left for the next time.
-- @nullable limit
WITH gone AS (
    SELECT idle.installation_id, idle.id, (idle.created_at AT TIME ZONE 'UTC')::date AS began_on
    FROM sessions AS idle
    -- The widget's lock before the sessions': docs/domain.md has the order.
    WHERE idle.installation_id = (
        SELECT CASE
            WHEN pg_advisory_xact_lock_shared(hashtextextended(:installation_id::uuid::text, 3))::text IS NULL
                THEN NULL
            ELSE :installation_id
        END
    )
      AND idle.installation_id = :installation_id
      AND idle.last_seen_at < :idle_since
    ORDER BY idle.last_seen_at, idle.id
    LIMIT COALESCE(:limit, 1000)
    FOR UPDATE SKIP LOCKED
),
marked_day AS (
    -- What they said on days that are over is to be counted again.
    INSERT INTO installation_days AS d (installation_id, day)
    SELECT past.installation_id, past.day
    FROM (
        SELECT m.installation_id, (m.created_at AT TIME ZONE 'UTC')::date AS day
        FROM gone
        JOIN messages AS m ON m.installation_id = gone.installation_id AND m.session_id = gone.id
        UNION
        SELECT gone.installation_id, gone.began_on
        FROM gone
    ) AS past
    WHERE past.day < (clock_timestamp() AT TIME ZONE 'UTC')::date
    ORDER BY past.installation_id, past.day
    ON CONFLICT (installation_id, day) DO UPDATE
    SET
        is_counted = false,
        updated_at = excluded.updated_at
)
DELETE FROM sessions AS s
USING gone
WHERE s.installation_id = :installation_id
  AND s.id = gone.id;

-- name: get(installation_id, id)^
-- Find a session by our own id.
-- @returns Session
SELECT
    s.installation_id, s.id, s.session_key, s.user_agent, s.ip, s.referrer, s.message_count,
    s.last_seen_at, s.created_at, s.updated_at
FROM sessions AS s
WHERE s.installation_id = :installation_id
  AND s.id = :id;

-- name: get_by_session_key(installation_id, session_key)^
-- Find a session by the id that the visitor's widget keeps.
-- @returns Session
SELECT
    s.installation_id, s.id, s.session_key, s.user_agent, s.ip, s.referrer, s.message_count,
    s.last_seen_at, s.created_at, s.updated_at
FROM sessions AS s
WHERE s.installation_id = :installation_id
  AND s.session_key = :session_key;

-- name: insert_many(installation_id, id, session_key, user_agent, ip, referrer, message_count, last_seen_at, created_at)*!
-- Load sessions with their history, as an import does.
--
-- The caller makes the ids, since the messages need them. With a message_count of 0 both that and the
-- installation's are brought up by installations.recount_messages, with which an import ends: one that
-- is given is taken as counted.
-- @copy
INSERT INTO sessions (
    installation_id, id, session_key, user_agent, ip, referrer, message_count, last_seen_at,
    created_at
)
VALUES (
    :installation_id, :id, :session_key, :user_agent, :ip, :referrer, :message_count, :last_seen_at,
    :created_at
);

-- name: list_for_installation(installation_id, before_last_seen_at, before_id, limit)
-- Page through an installation's sessions, those seen last first.
--
-- A page holds 50 unless `limit` says otherwise; last_seen_at and id of its last row are
-- `before_last_seen_at` and `before_id` of the next.
-- @returns Session
-- @nullable limit
SELECT
    s.installation_id, s.id, s.session_key, s.user_agent, s.ip, s.referrer, s.message_count,
    s.last_seen_at, s.created_at, s.updated_at
FROM sessions AS s
WHERE s.installation_id = :installation_id
  AND (s.last_seen_at, s.id) < (:before_last_seen_at, :before_id)  -- @if before_last_seen_at before_id
ORDER BY s.last_seen_at DESC, s.id DESC
LIMIT COALESCE(:limit, 50);

-- name: lock(installation_id, id)$
-- Hold a session until the transaction ends; gives its id.
SELECT s.id
FROM sessions AS s
-- The widget's lock before the session's: docs/domain.md has the order.
WHERE s.installation_id = (
    SELECT CASE
        WHEN pg_advisory_xact_lock_shared(hashtextextended(:installation_id::uuid::text, 3))::text IS NULL
            THEN NULL
        ELSE :installation_id
    END
)
  AND s.installation_id = :installation_id
  AND s.id = :id
FOR NO KEY UPDATE;

-- name: start(installation_id, session_key, user_agent, ip, referrer)<!
-- Open the session of a visitor, known or new.
--
-- Somebody who comes back is seen now, with the browser and the address of now, and keeps the
-- page that first brought them. An unknown installation raises ForeignKeyViolation, that of somebody
-- who was erased RowNotFound.
-- @returns Session
-- @one
-- @nullable user_agent
-- @nullable ip
-- @nullable referrer
-- @allow tenant_scope: the widget itself, by the id that its sessions are bound by
WITH widget AS (
    SELECT i.id
    FROM installations AS i
    -- The widget's lock before the session's: docs/domain.md has the order.
    WHERE i.id = (
        SELECT CASE
            WHEN pg_advisory_xact_lock_shared(hashtextextended(:installation_id::uuid::text, 3))::text IS NULL
                THEN NULL
            ELSE :installation_id
        END
    )
      AND i.client_id <> 'erased_' || i.id
    -- Looks again at a row that an erasure changed while the lock was waited for.
    FOR KEY SHARE
)
INSERT INTO sessions AS s (
    installation_id, session_key, user_agent, ip, referrer, created_at, last_seen_at, updated_at
)
SELECT
    :installation_id, :session_key, :user_agent, :ip, :referrer,
    -- Now, not when the transaction began: that may be a day which is over and counted.
    clock_timestamp(), clock_timestamp(), clock_timestamp()
WHERE EXISTS (SELECT FROM widget)
   -- An unknown one is left to the foreign key.
   OR NOT EXISTS (SELECT FROM installations AS i WHERE i.id = :installation_id)
ON CONFLICT (installation_id, session_key) DO UPDATE
SET
    user_agent = COALESCE(excluded.user_agent, s.user_agent),
    ip = COALESCE(excluded.ip, s.ip),
    referrer = COALESCE(s.referrer, excluded.referrer),
    last_seen_at = excluded.last_seen_at,
    updated_at = excluded.updated_at
RETURNING
    s.installation_id, s.id, s.session_key, s.user_agent, s.ip, s.referrer, s.message_count,
    s.last_seen_at, s.created_at, s.updated_at;

-- name: touch(installation_id, id)!
-- Note that the visitor was here just now.
UPDATE sessions AS s
SET
    last_seen_at = now(),
    updated_at = now()
-- The widget's lock before the session's: docs/domain.md has the order.
WHERE s.installation_id = (
    SELECT CASE
        WHEN pg_advisory_xact_lock_shared(hashtextextended(:installation_id::uuid::text, 3))::text IS NULL
            THEN NULL
        ELSE :installation_id
    END
)
  AND s.installation_id = :installation_id
  AND s.id = :id;
