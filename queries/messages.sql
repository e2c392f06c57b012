-- What was said in the sessions.
--
-- Every statement binds installation_id. Within a session messages go by seq, which its counter
-- hands out; within an installation by created_at and id.

-- name: append(installation_id, session_id, role, content, model, prompt_tokens, completion_tokens, latency_ms)<!
-- Write the next message of a session, and count it there and at the installation.
--
-- No such session in this installation raises RowNotFound, and counts nothing.
-- @returns Message
-- @one
-- @nullable model
-- @nullable prompt_tokens
-- @nullable completion_tokens
-- @nullable latency_ms
-- @allow tenant_scope: the widget's own counter, by the id that its sessions are bound by
WITH session AS (
    UPDATE sessions AS s
    SET
        message_count = s.message_count + 1,
        -- Indexed, so a new value costs an entry in every index: it moves at most once a minute.
        last_seen_at = CASE
            WHEN s.last_seen_at > now() - interval '1 minute' THEN s.last_seen_at
            ELSE now()
        END,
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
      AND s.id = :session_id
    RETURNING
        s.installation_id, s.id, s.message_count AS seq,
        (s.created_at AT TIME ZONE 'UTC')::date AS began_on, (now() AT TIME ZONE 'UTC')::date AS today
),
counted_installation AS (
    UPDATE installations AS i
    SET
        message_count = i.message_count + 1,
        updated_at = now()
    -- Counts only what is written: a session that was deleted meanwhile is not here.
    FROM session
    WHERE i.id = session.installation_id
      AND i.id = :installation_id
),
marked_day AS (
    -- A day that is over and may be counted: the one on which this transaction began, where midnight has
    -- passed since, and that of a session in which nothing was said before.
    INSERT INTO installation_days AS d (installation_id, day)
    SELECT session.installation_id, past.day
    FROM session
    CROSS JOIN LATERAL (
        VALUES (CASE WHEN session.seq = 1 AND session.began_on < session.today THEN session.began_on END),
            (session.today)
    ) AS past (day)
    WHERE past.day < (clock_timestamp() AT TIME ZONE 'UTC')::date
    ON CONFLICT (installation_id, day) DO UPDATE
    SET
        is_counted = false,
        updated_at = excluded.updated_at
)
INSERT INTO messages AS m (
    installation_id, session_id, seq, role, content, model, prompt_tokens, completion_tokens,
    latency_ms
)
SELECT
    session.installation_id, session.id, session.seq, :role, :content, :model, :prompt_tokens,
    :completion_tokens, :latency_ms
FROM session
RETURNING
    m.installation_id, m.id, m.session_id, m.seq, m.role, m.content, m.model, m.prompt_tokens,
    m.completion_tokens, m.latency_ms, m.created_at, m.updated_at;

-- name: get(installation_id, id)^
-- Find one message.
-- @returns Message
SELECT
    m.installation_id, m.id, m.session_id, m.seq, m.role, m.content, m.model, m.prompt_tokens,
    m.completion_tokens, m.latency_ms, m.created_at, m.updated_at
FROM messages AS m
WHERE m.installation_id = :installation_id
  AND m.id = :id;

-- name: insert_many(installation_id, session_id, seq, role, content, model, prompt_tokens, completion_tokens, latency_ms, created_at)*!
-- Load messages that were written elsewhere, as an import does.
--
-- The caller numbers them: `seq` from one more than the session's message_count on. Counters stay
-- as they are, since a COPY cannot move them: end with installations.recount_messages.
-- @copy
INSERT INTO messages (
    installation_id, session_id, seq, role, content, model, prompt_tokens, completion_tokens,
    latency_ms, created_at
)
VALUES (
    :installation_id, :session_id, :seq, :role, :content, :model, :prompt_tokens,
    :completion_tokens, :latency_ms, :created_at
);

-- name: list_for_session(installation_id, session_id, after_seq, limit)
-- Read a conversation from its beginning.
--
-- A page holds 100 unless `limit` says otherwise; the seq of its last row is the `after_seq` of the
-- next.
-- @returns Message
-- @nullable limit
SELECT
    m.installation_id, m.id, m.session_id, m.seq, m.role, m.content, m.model, m.prompt_tokens,
    m.completion_tokens, m.latency_ms, m.created_at, m.updated_at
FROM messages AS m
WHERE m.installation_id = :installation_id
  AND m.session_id = :session_id
  AND m.seq > :after_seq  -- @if after_seq
ORDER BY m.seq
LIMIT COALESCE(:limit, 100);

-- name: list_latest_for_session(installation_id, session_id, before_seq, limit)
-- Read a conversation from its end, the newest message first.
--
-- A page holds 100 unless `limit` says otherwise; the seq of its last row is the `before_seq` of the
-- next.
-- @returns Message
-- @nullable limit
SELECT
    m.installation_id, m.id, m.session_id, m.seq, m.role, m.content, m.model, m.prompt_tokens,
    m.completion_tokens, m.latency_ms, m.created_at, m.updated_at
FROM messages AS m
WHERE m.installation_id = :installation_id
  AND m.session_id = :session_id
  AND m.seq < :before_seq  -- @if before_seq
ORDER BY m.seq DESC
LIMIT COALESCE(:limit, 100);

-- name: list_recent(installation_id, before_created_at, before_id, limit)
-- Page through what was said at an installation, the newest first, each with its session.
--
-- A page holds 10 unless `limit` says otherwise; created_at and id of its last row are
-- `before_created_at` and `before_id` of the next.
-- @returns MessageWithSession
-- @nullable limit
SELECT
    m.installation_id, m.id, m.session_id, m.seq, m.role, m.content, m.model, m.prompt_tokens,
    m.completion_tokens, m.latency_ms, m.created_at, m.updated_at,
    its.session
FROM messages AS m
-- The LIMIT makes this a look-up a message; as a plain join, all sessions of the installation
-- would be read to answer for a few.
CROSS JOIN LATERAL (
    SELECT s AS session
    FROM sessions AS s
    WHERE s.installation_id = m.installation_id
      AND s.id = m.session_id
    LIMIT 1
) AS its
WHERE m.installation_id = :installation_id
  AND (m.created_at, m.id) < (:before_created_at, :before_id)  -- @if before_created_at before_id
ORDER BY m.created_at DESC, m.id DESC
LIMIT COALESCE(:limit, 10);

-- name: search(installation_id, role, since, until, referrer, sort, beyond_created_at, beyond_id, limit)
-- Find messages of a widget by whatever is known of them.
--
-- A page holds 10 unless `limit` says otherwise; created_at and id of its last row are
-- `beyond_created_at` and `beyond_id` of the next. `referrer` is the page that brought the visitor.
-- @returns Message
-- @nullable limit
SELECT
    m.installation_id, m.id, m.session_id, m.seq, m.role, m.content, m.model, m.prompt_tokens,
    m.completion_tokens, m.latency_ms, m.created_at, m.updated_at
FROM messages AS m
-- @if referrer
JOIN sessions AS s
  ON s.installation_id = m.installation_id
 AND s.id = m.session_id
 AND s.referrer = :referrer
-- @end
WHERE m.installation_id = :installation_id
  AND m.role = :role                  -- @if role
  AND m.created_at >= :since          -- @if since
  AND m.created_at < :until           -- @if until
-- @if beyond_created_at beyond_id
  AND (m.created_at, m.id) < (:beyond_created_at, :beyond_id)  -- @choose sort newest
    -- @choose sort oldest: AND (m.created_at, m.id) > (:beyond_created_at, :beyond_id)
-- @end
ORDER BY m.created_at DESC, m.id DESC -- @choose sort newest
    -- @choose sort oldest: ORDER BY m.created_at, m.id
LIMIT COALESCE(:limit, 10);

-- name: stream_for_installation(installation_id)
-- Read everything that was said at an installation, the oldest first, in constant memory.
-- @returns Message
-- @stream
SELECT
    m.installation_id, m.id, m.session_id, m.seq, m.role, m.content, m.model, m.prompt_tokens,
    m.completion_tokens, m.latency_ms, m.created_at, m.updated_at
FROM messages AS m
WHERE m.installation_id = :installation_id
ORDER BY m.created_at, m.id;
