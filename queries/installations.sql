-- The chat widgets on customers' sites.
--
-- An owner's statements bind user_id and id, so that nobody reaches another's widget by its id;
-- get_by_client_id is how a widget itself comes in.

-- name: anonymise(user_id)!
-- Disable a user's widgets and leave of each its number and its counts.
UPDATE installations AS i
SET
    client_id = 'erased_' || i.id,
    name = 'erased',
    status = 'DISABLED',
    assistant_name = 'erased',
    avatar_url = NULL,
    welcome_message = NULL,
    allowed_origins = '{}',
    updated_at = now()
WHERE i.user_id = :user_id
  AND i.id IN (
    -- In one order for everybody who locks several; their client_ids, which are keys, change.
    SELECT own.id FROM installations AS own WHERE own.user_id = :user_id ORDER BY own.id FOR UPDATE
  );

-- name: create(user_id, client_id, name, allowed_origins)<!
-- Add a widget with the default branding. A client_id that is known already raises UniqueViolation.
--
-- Whatever the plan allows: amber_sql.domain.installations.create checks that. Raises RowNotFound for a
-- user who is unknown or was erased.
-- @returns Installation
-- @one
-- @nullable allowed_origins
INSERT INTO installations AS i (user_id, client_id, name, allowed_origins)
SELECT u.id, :client_id, :name, COALESCE(:allowed_origins, '{}'::text[])
FROM users AS u
WHERE u.id = :user_id
  AND u.clerk_id <> 'erased_' || u.id
-- Waits for an erasure under way, and then looks at the row again.
FOR KEY SHARE
RETURNING
    i.id, i.user_id, i.client_id, i.name, i.status, i.assistant_name, i.accent_color, i.avatar_url,
    i.position, i.welcome_message, i.allowed_origins, i.message_count, i.created_at, i.updated_at;

-- name: create_within_limit(user_id, client_id, name, allowed_origins)<!
-- Add a widget if the plan has room for it; None if it has not, there is no subscription, or the user was erased.
--
-- Call subscriptions.lock before, in the same transaction.
-- @returns Installation
-- @nullable allowed_origins
INSERT INTO installations AS i (user_id, client_id, name, allowed_origins)
SELECT s.user_id, :client_id, :name, COALESCE(:allowed_origins, '{}'::text[])
FROM subscriptions AS s
JOIN users AS u ON u.id = s.user_id
WHERE s.user_id = :user_id
  AND u.clerk_id <> 'erased_' || u.id
  AND (
    s.installation_limit = -1
    OR (SELECT count(*) FROM installations AS own WHERE own.user_id = :user_id) < s.installation_limit
  )
RETURNING
    i.id, i.user_id, i.client_id, i.name, i.status, i.assistant_name, i.accent_color, i.avatar_url,
    i.position, i.welcome_message, i.allowed_origins, i.message_count, i.created_at, i.updated_at;

-- name: delete(user_id, id)!
-- Remove a widget with its sessions and messages.
DELETE FROM installations AS i
WHERE i.user_id = :user_id
  AND i.id = :id
  -- First, so that nobody is at one of its sessions when they go.
  AND pg_advisory_xact_lock(hashtextextended(i.id::text, 3))::text IS NOT NULL;

-- name: get(user_id, id)^
-- Find one of a user's widgets.
-- @returns Installation
SELECT
    i.id, i.user_id, i.client_id, i.name, i.status, i.assistant_name, i.accent_color, i.avatar_url,
    i.position, i.welcome_message, i.allowed_origins, i.message_count, i.created_at, i.updated_at
FROM installations AS i
WHERE i.user_id = :user_id
  AND i.id = :id;

-- name: get_by_client_id(client_id)^
-- Find the widget that a page carries, by its public id.
-- @returns Installation
-- @allow tenant_scope: how a widget comes in
SELECT
    i.id, i.user_id, i.client_id, i.name, i.status, i.assistant_name, i.accent_color, i.avatar_url,
    i.position, i.welcome_message, i.allowed_origins, i.message_count, i.created_at, i.updated_at
FROM installations AS i
WHERE i.client_id = :client_id;

-- name: get_stats(user_id)^
-- Count a user's widgets and the messages ever written in them.
-- @returns InstallationStats
SELECT
    count(*) AS installation_count,
    COALESCE(sum(i.message_count), 0)::bigint AS message_count
FROM installations AS i
WHERE i.user_id = :user_id;

-- name: list_active_with_sessions(user_id, limit, sessions_limit)
-- A user's active widgets, oldest first, each with its owner and the sessions seen last.
--
-- At most 100 widgets and 20 sessions of each, unless the limits say otherwise.
-- @returns InstallationWithSessions
-- @nullable limit
-- @nullable sessions_limit
SELECT
    i.id, i.user_id, i.client_id, i.name, i.status, i.assistant_name, i.accent_color, i.avatar_url,
    i.position, i.welcome_message, i.allowed_origins, i.message_count, i.created_at, i.updated_at,
    u AS "user",
    ARRAY(
        SELECT s
        FROM sessions AS s
        WHERE s.installation_id = i.id
        ORDER BY s.last_seen_at DESC, s.id DESC
        LIMIT COALESCE(:sessions_limit, 20)
    ) AS sessions
FROM installations AS i
JOIN users AS u ON u.id = i.user_id
WHERE i.user_id = :user_id
  AND i.status = 'ACTIVE'
ORDER BY i.id
LIMIT COALESCE(:limit, 100);

-- name: list_ids(after_id, limit)
-- Page through the ids of everybody's widgets, oldest first, as maintenance does.
--
-- A page holds 1,000 unless `limit` says otherwise; its last id is the `after_id` of the next.
-- @nullable limit
-- @allow tenant_scope: the operator's own, for maintenance
SELECT i.id
FROM installations AS i
WHERE i.id > :after_id  -- @if after_id
ORDER BY i.id
LIMIT COALESCE(:limit, 1000);

-- name: list_for_user(user_id, status, sort, after_id, limit)
-- Page through a user's widgets, all or those of a status.
--
-- A page holds 100 unless `limit` says otherwise; the id of its last row is the `after_id` of the next.
-- @returns Installation
-- @nullable limit
SELECT
    i.id, i.user_id, i.client_id, i.name, i.status, i.assistant_name, i.accent_color, i.avatar_url,
    i.position, i.welcome_message, i.allowed_origins, i.message_count, i.created_at, i.updated_at
FROM installations AS i
WHERE i.user_id = :user_id
  AND i.status = :status    -- @if status
-- @if after_id
  AND i.id > :after_id      -- @choose sort oldest
                            -- @choose sort newest: AND i.id < :after_id
-- @end
ORDER BY i.id               -- @choose sort oldest
                            -- @choose sort newest: ORDER BY i.id DESC
LIMIT COALESCE(:limit, 100);

-- name: lock(id)$
-- Hold a widget until the transaction ends: nobody writes in its sessions meanwhile; gives its id.
--
-- For whoever changes many of its sessions, as an import does: call it before anything else of it, and
-- behind subscriptions.lock. Widgets are locked in the order of their ids.
-- @allow tenant_scope: gives nothing but what was given
SELECT i.id
FROM installations AS i
WHERE i.id = :id
  AND pg_advisory_xact_lock(hashtextextended(i.id::text, 3))::text IS NOT NULL;

-- name: lock_briefly(id, patience)$
-- Hold a widget as lock does, or raise LockNotAvailable after `patience`, such as '500ms'.
--
-- Visitors queue behind whoever waits for it, and whoever is waited for may take long.
-- @allow tenant_scope: maintenance's own
SELECT i.id
FROM installations AS i
WHERE i.id = :id
  AND set_config('lock_timeout', :patience, true) IS NOT NULL
  AND pg_advisory_xact_lock(hashtextextended(i.id::text, 3))::text IS NOT NULL;

-- name: lock_for_user(user_id)$
-- Hold all of a user's widgets until the transaction ends, as lock does one; gives how many.
SELECT count(pg_advisory_xact_lock(hashtextextended(own.id::text, 3))::text)
FROM (SELECT i.id FROM installations AS i WHERE i.user_id = :user_id ORDER BY i.id) AS own;

-- name: recount_messages(user_id, id)<!
-- Bring the counters up to messages that were written past them, as messages.insert_many does.
--
-- Gives the message_count of the widget, or None when there is no such widget. Counters never go
-- down, so that no seq is handed out twice.
WITH RECURSIVE installation AS (
    -- Nobody writes in its sessions meanwhile: docs/domain.md has the order of locks.
    SELECT i.id
    FROM installations AS i
    WHERE i.user_id = :user_id
      AND i.id = :id
      AND pg_advisory_xact_lock(hashtextextended(i.id::text, 3))::text IS NOT NULL
),
newest AS (
    -- One walk along the index, where a look-up a session would go down it from its root each time.
    SELECT m.installation_id, m.session_id, max(m.seq) AS seq
    FROM installation
    JOIN messages AS m ON m.installation_id = installation.id
    GROUP BY m.installation_id, m.session_id
),
session_behind AS (
    SELECT s.installation_id, s.id, s.message_count, newest.seq
    FROM newest
    JOIN sessions AS s ON s.installation_id = newest.installation_id AND s.id = newest.session_id
    WHERE newest.seq > s.message_count
),
session_recounted AS (
    UPDATE sessions AS s
    SET
        message_count = behind.seq,
        updated_at = now()
    FROM session_behind AS behind
    WHERE s.installation_id = behind.installation_id
      AND s.id = behind.id
      -- Not counted up by somebody else in the meantime.
      AND s.message_count = behind.message_count
    RETURNING behind.seq - behind.message_count AS added
),
beginning AS (
    -- When the first thing happened on each day that has anything: a step a day down the index.
    SELECT LEAST(
        (SELECT min(m.created_at) FROM messages AS m WHERE m.installation_id = :id),
        (SELECT min(s.created_at) FROM sessions AS s WHERE s.installation_id = :id)
    ) AS at
    UNION ALL
    SELECT LEAST(
        (SELECT min(m.created_at) FROM messages AS m
         WHERE m.installation_id = :id AND m.created_at >= next_day.at),
        (SELECT min(s.created_at) FROM sessions AS s
         WHERE s.installation_id = :id AND s.created_at >= next_day.at)
    )
    FROM beginning
    CROSS JOIN LATERAL (
        SELECT ((beginning.at AT TIME ZONE 'UTC')::date + 1)::timestamp AT TIME ZONE 'UTC' AS at
    ) AS next_day
    WHERE beginning.at < now()
),
marked_day AS (
    -- What was written may be of any day, and is to be counted again.
    INSERT INTO installation_days AS d (installation_id, day)
    SELECT installation.id, (beginning.at AT TIME ZONE 'UTC')::date AS day
    FROM installation
    CROSS JOIN beginning
    WHERE beginning.at IS NOT NULL
      AND (beginning.at AT TIME ZONE 'UTC')::date < (clock_timestamp() AT TIME ZONE 'UTC')::date
    ORDER BY day
    ON CONFLICT (installation_id, day) DO UPDATE
    SET
        is_counted = false,
        updated_at = excluded.updated_at
)
UPDATE installations AS i
SET
    message_count = i.message_count + (SELECT COALESCE(sum(added), 0) FROM session_recounted),
    updated_at = now()
-- The lock first, also where no message is there and nothing else has asked for it.
FROM installation
WHERE i.id = installation.id
  AND i.user_id = :user_id
  AND i.id = :id
RETURNING i.message_count;

-- name: set_allowed_origins(user_id, id, allowed_origins)<!
-- Say which origins may embed a widget; an empty list allows any.
-- @returns Installation
UPDATE installations AS i
SET
    allowed_origins = :allowed_origins,
    updated_at = now()
WHERE i.user_id = :user_id
  AND i.id = :id
  AND i.client_id <> 'erased_' || i.id
RETURNING
    i.id, i.user_id, i.client_id, i.name, i.status, i.assistant_name, i.accent_color, i.avatar_url,
    i.position, i.welcome_message, i.allowed_origins, i.message_count, i.created_at, i.updated_at;

-- name: set_status(user_id, id, status)<!
-- Pause, disable or wake a widget.
-- @returns Installation
UPDATE installations AS i
SET
    status = :status,
    updated_at = now()
WHERE i.user_id = :user_id
  AND i.id = :id
  AND i.client_id <> 'erased_' || i.id
RETURNING
    i.id, i.user_id, i.client_id, i.name, i.status, i.assistant_name, i.accent_color, i.avatar_url,
    i.position, i.welcome_message, i.allowed_origins, i.message_count, i.created_at, i.updated_at;

-- name: update_branding(user_id, id, assistant_name, accent_color, avatar_url, position, welcome_message)<!
-- Change what a widget's visitors see: what is given, and None clears.
-- @returns Installation
UPDATE installations AS i
SET
    updated_at = now()
    , assistant_name = :assistant_name    -- @if assistant_name
    , accent_color = :accent_color        -- @if accent_color
    , avatar_url = :avatar_url            -- @if avatar_url
    , position = :position                -- @if position
    , welcome_message = :welcome_message  -- @if welcome_message
WHERE i.user_id = :user_id
  AND i.id = :id
  AND i.client_id <> 'erased_' || i.id
RETURNING
    i.id, i.user_id, i.client_id, i.name, i.status, i.assistant_name, i.accent_color, i.avatar_url,
    i.position, i.welcome_message, i.allowed_origins, i.message_count, i.created_at, i.updated_at;
