-- What explains messages_used, one row for each unit and for each answer that was given.
--
-- The statements that decide expect the subscription to be locked by subscriptions.lock, in the same
-- transaction and in a statement before: a statement that locks and decides at once would decide on
-- the snapshot that it began with. amber_sql.domain.metering puts the two together.

-- name: anonymise(user_id)!
-- Forget a user's keys, which may name people, and keep what was counted.
UPDATE usage_ledger AS l
SET
    message_key = 'erased ' || l.id,
    updated_at = now()
WHERE l.user_id = :user_id
  AND (l.period_start, l.id) IN (
    SELECT keyed.period_start, keyed.id
    FROM usage_ledger AS keyed
    WHERE keyed.user_id = :user_id
      AND keyed.message_key IS NOT NULL
    -- In delete_ended's order.
    ORDER BY keyed.period_start, keyed.id
    FOR NO KEY UPDATE
  );

-- name: consume(user_id, message_key, now)<!
-- Answer whether one more message may be sent, and count it; a key that is known gets its first answer.
--
-- A FREE period that has ended by `now`, the server's clock unless given, gives way to the one that
-- holds it; a paid one moves only when Stripe says so. Somebody without a subscription raises RowNotFound.
-- @returns MessageDecision
-- @one
-- @nullable now
WITH known AS (
    SELECT l.used, l.message_limit, l.period_start, l.period_end, l.kind, l.refusal
    FROM usage_ledger AS l
    WHERE l.user_id = :user_id
      AND l.message_key = :message_key
      -- As the index has it: at most one row that is no refund.
      AND (l.kind = 'REFUNDED') = false
),
subscription AS (
    SELECT
        s.user_id, s.message_limit,
        COALESCE(r.may_consume, false) AS may_consume,
        CASE WHEN period.is_over THEN 0 ELSE s.messages_used END AS used,
        CASE WHEN period.is_over THEN period.next_start ELSE s.current_period_start END AS period_start,
        CASE
            WHEN period.is_over THEN period.next_start + interval '720 hours'
            ELSE s.current_period_end
        END AS period_end,
        period.is_over
    FROM subscriptions AS s
    LEFT JOIN subscription_rights AS r ON r.status = s.status
    CROSS JOIN LATERAL (
        SELECT
            s.plan = 'FREE' AND COALESCE(:now, now()) >= s.current_period_end AS is_over,
            -- Thirty days, however long the period was that a paid plan left behind; in hours, since
            -- a day of an interval is not 24 of them in every time zone.
            date_bin(interval '720 hours', COALESCE(:now, now()), s.current_period_end) AS next_start
    ) AS period
    WHERE s.user_id = :user_id
),
decision AS (
    SELECT
        s.user_id, s.message_limit, s.period_start, s.period_end, s.is_over, answer.refusal,
        s.used + CASE WHEN answer.refusal IS NULL THEN 1 ELSE 0 END AS used,
        answer.refusal IS NULL AND s.message_limit > 0 AND (s.used + 1) * 100::bigint >= s.message_limit * 80::bigint
            AND NOT EXISTS (
                SELECT FROM usage_ledger AS l
                WHERE l.user_id = s.user_id AND l.period_start = s.period_start AND l.crossed_80
            ) AS crossed_80,
        answer.refusal IS NULL AND s.message_limit > 0 AND s.used + 1 >= s.message_limit
            AND NOT EXISTS (
                SELECT FROM usage_ledger AS l
                WHERE l.user_id = s.user_id AND l.period_start = s.period_start AND l.crossed_100
            ) AS crossed_100
    FROM subscription AS s
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN NOT s.may_consume THEN 'INACTIVE'::usage_refusal
            WHEN s.message_limit <> -1 AND s.used >= s.message_limit THEN 'LIMIT_REACHED'::usage_refusal
        END AS refusal
    ) AS answer
    WHERE NOT EXISTS (SELECT FROM known)
),
counted AS (
    UPDATE subscriptions AS s
    SET
        messages_used = d.used,
        current_period_start = d.period_start,
        current_period_end = d.period_end,
        updated_at = now()
    FROM decision AS d
    WHERE s.user_id = d.user_id
      AND s.user_id = :user_id
      AND (d.refusal IS NULL OR d.is_over)
),
entry AS (
    INSERT INTO usage_ledger AS l (
        user_id, period_start, period_end, kind, message_key, units, used, message_limit, refusal,
        crossed_80, crossed_100
    )
    SELECT
        d.user_id, d.period_start, d.period_end,
        CASE WHEN d.refusal IS NULL THEN 'CONSUMED' ELSE 'REFUSED' END::usage_entry_kind,
        -- The key of somebody who was erased is not kept, as anonymise has it.
        CASE
            WHEN d.refusal = 'INACTIVE'
              AND EXISTS (SELECT FROM users AS u WHERE u.id = d.user_id AND u.clerk_id = 'erased_' || u.id)
                THEN 'erased ' || gen_random_uuid()
            ELSE :message_key
        END,
        CASE WHEN d.refusal IS NULL THEN 1 ELSE 0 END,
        d.used, d.message_limit, d.refusal, d.crossed_80, d.crossed_100
    FROM decision AS d
    RETURNING
        l.used, l.message_limit, l.period_start, l.period_end, l.kind, l.refusal, l.crossed_80,
        l.crossed_100
)
SELECT
    answer.kind = 'CONSUMED' AS admitted,
    answer.refusal, answer.used, answer.message_limit, answer.period_start, answer.period_end,
    answer.crossed_80, answer.crossed_100, answer.is_retry
FROM (
    SELECT
        k.kind, k.refusal, k.used, k.message_limit, k.period_start, k.period_end,
        -- A retry crosses nothing: it was this key's first call that did.
        false AS crossed_80, false AS crossed_100, true AS is_retry
    FROM known AS k
    UNION ALL
    SELECT
        e.kind, e.refusal, e.used, e.message_limit, e.period_start, e.period_end, e.crossed_80,
        e.crossed_100, false
    FROM entry AS e
) AS answer
LIMIT 1;

-- name: delete_ended(user_id, ended_before, limit)!
-- Remove entries of a user's periods that ended before a moment, oldest first; the current one's stay.
--
-- Their keys are forgotten with them: a retry that late would be counted anew. At most 1,000 in one
-- call unless `limit` says otherwise, so that no transaction is long: call it until it gives 0.
-- @nullable limit
DELETE FROM usage_ledger AS l
WHERE l.user_id = :user_id
  AND (l.period_start, l.id) IN (
    SELECT ended.period_start, ended.id
    FROM usage_ledger AS ended
    JOIN subscriptions AS s ON s.user_id = ended.user_id
    WHERE ended.user_id = :user_id
      AND ended.period_end < :ended_before
      -- Where the index ends the search; a period begins before it ends.
      AND ended.period_start < :ended_before
      AND ended.period_start < s.current_period_start
    ORDER BY ended.period_start, ended.id
    LIMIT COALESCE(:limit, 1000)
    FOR UPDATE OF ended
  );

-- name: list_crossings(since, limit)
-- The entries that crossed 80 % or 100 % from a moment on, oldest first, for whoever tells people of it.
--
-- A caller that is killed behind its answer has not told anybody: this finds what it owes. At most 100
-- unless `limit` says otherwise.
-- @returns UsageEntry
-- @nullable limit
-- @allow tenant_scope: the operator's own, for whoever tells people
SELECT
    l.user_id, l.period_start, l.id, l.period_end, l.kind, l.message_key, l.units, l.used,
    l.message_limit, l.refusal, l.crossed_80, l.crossed_100, l.created_at, l.updated_at
FROM usage_ledger AS l
WHERE (l.crossed_80 OR l.crossed_100)
  AND l.created_at >= :since
ORDER BY l.created_at, l.id
LIMIT COALESCE(:limit, 100);

-- name: list_ended(ended_before, after_user_id, limit)
-- Page through the users whose oldest entry is of a period that ended before a moment.
--
-- A page holds 1,000 unless `limit` says otherwise; its last id is the `after_user_id` of the next.
-- @nullable limit
-- @allow tenant_scope: the operator's own, for maintenance
SELECT s.user_id
FROM subscriptions AS s
CROSS JOIN LATERAL (
    SELECT l.period_end
    FROM usage_ledger AS l
    WHERE l.user_id = s.user_id
    ORDER BY l.period_start, l.id
    LIMIT 1
) AS oldest
WHERE oldest.period_end < :ended_before
  AND s.user_id > :after_user_id  -- @if after_user_id
ORDER BY s.user_id
LIMIT COALESCE(:limit, 1000);

-- name: list_for_period(user_id, period_start, after_id, limit)
-- Page through what a period's count is made of, oldest first.
--
-- A page holds 100 unless `limit` says otherwise; the id of its last row is the `after_id` of the next.
-- @returns UsageEntry
-- @nullable limit
SELECT
    l.user_id, l.period_start, l.id, l.period_end, l.kind, l.message_key, l.units, l.used,
    l.message_limit, l.refusal, l.crossed_80, l.crossed_100, l.created_at, l.updated_at
FROM usage_ledger AS l
WHERE l.user_id = :user_id
  AND l.period_start = :period_start
  AND l.id > :after_id  -- @if after_id
ORDER BY l.id
LIMIT COALESCE(:limit, 100);

-- name: refund(user_id, message_key, now)<!
-- Give a counted key back, once and within the period that counted it.
--
-- `refunded` is false for a key that is unknown, was refused or given back before, or whose period is
-- over by `now`, the server's clock unless given. Without a subscription it raises RowNotFound.
-- @returns MessageRefund
-- @one
-- @nullable now
WITH subscription AS (
    SELECT
        s.user_id, s.messages_used, s.message_limit, s.current_period_start, s.current_period_end,
        s.plan = 'FREE' AND COALESCE(:now, now()) >= s.current_period_end AS is_over
    FROM subscriptions AS s
    WHERE s.user_id = :user_id
),
due AS (
    SELECT s.user_id, s.current_period_start, s.current_period_end, s.messages_used, s.message_limit
    FROM subscription AS s
    JOIN usage_ledger AS l ON l.user_id = s.user_id AND l.period_start = s.current_period_start
    WHERE l.user_id = :user_id
      AND l.message_key = :message_key
      AND l.kind = 'CONSUMED'
      AND NOT s.is_over
      AND NOT EXISTS (
        SELECT FROM usage_ledger AS r
        WHERE r.user_id = :user_id AND r.message_key = :message_key AND r.kind = 'REFUNDED'
      )
),
counted AS (
    UPDATE subscriptions AS s
    SET
        messages_used = s.messages_used - 1,
        updated_at = now()
    FROM due
    WHERE s.user_id = due.user_id
      AND s.user_id = :user_id
),
entry AS (
    INSERT INTO usage_ledger AS l (
        user_id, period_start, period_end, kind, message_key, units, used, message_limit
    )
    SELECT
        due.user_id, due.current_period_start, due.current_period_end, 'REFUNDED', :message_key, -1,
        due.messages_used - 1, due.message_limit
    FROM due
    RETURNING l.used
)
SELECT
    EXISTS (SELECT FROM entry) AS refunded,
    COALESCE((SELECT e.used FROM entry AS e), s.messages_used) AS used
FROM subscription AS s;
