-- What an owner's dashboard shows of a span of time: from `since` until before `until`, in days of UTC.

-- name: busiest_installations(user_id, since, until, limit)
-- A user's widgets by the messages written there, the busiest first; those without any are left out.
--
-- Ten unless `limit` says otherwise.
-- @returns BusyInstallation
-- @nullable limit
SELECT i.id AS installation_id, i.name, written.message_count
FROM installations AS i
CROSS JOIN LATERAL (
    SELECT count(*) AS message_count
    FROM messages AS m
    WHERE m.installation_id = i.id
      AND m.created_at >= :since
      AND m.created_at < :until
) AS written
WHERE i.user_id = :user_id
  AND written.message_count > 0
ORDER BY written.message_count DESC, i.id
LIMIT COALESCE(:limit, 10);

-- name: cost(installation_id, since, until, models, prompt_prices, completion_prices)
-- What the answers of an installation cost, by model, the dearest first.
--
-- Prices are for a million tokens, in the currency that the cost is to be in, one for each of `models`.
-- The cost is exact, and None for a model without a price.
-- @returns ModelCost
SELECT
    used.model, used.message_count, used.prompt_tokens, used.completion_tokens,
    (used.prompt_tokens * price.prompt + used.completion_tokens * price.completion) / 1000000 AS cost
FROM (
    SELECT
        COALESCE(m.model, 'unknown') AS model,
        count(*) AS message_count,
        COALESCE(sum(m.prompt_tokens), 0) AS prompt_tokens,
        COALESCE(sum(m.completion_tokens), 0) AS completion_tokens
    FROM messages AS m
    WHERE m.installation_id = :installation_id
      AND m.created_at >= :since
      AND m.created_at < :until
      AND m.role = 'ASSISTANT'
    GROUP BY COALESCE(m.model, 'unknown')
) AS used
LEFT JOIN unnest(:models::text[], :prompt_prices::numeric[], :completion_prices::numeric[])
    AS price (model, prompt, completion) ON price.model = used.model
ORDER BY cost DESC NULLS LAST, used.model;

-- name: latency(installation_id, since, until)^
-- How long answers took, in milliseconds: one in two was quicker than p50, nineteen in twenty than p95.
--
-- Both are None when there was no answer.
-- @returns Latency
SELECT
    count(m.latency_ms) AS answer_count,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY m.latency_ms) AS p50,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY m.latency_ms) AS p95
FROM messages AS m
WHERE m.installation_id = :installation_id
  AND m.created_at >= :since
  AND m.created_at < :until
  AND m.role = 'ASSISTANT';

-- name: messages_by_day(installation_id, since, until)
-- Messages and tokens of an installation for each day that has any.
-- @returns MessageDay
SELECT
    (m.created_at AT TIME ZONE 'UTC')::date AS day,
    count(*) AS message_count,
    COALESCE(sum(m.prompt_tokens), 0) AS prompt_tokens,
    COALESCE(sum(m.completion_tokens), 0) AS completion_tokens
FROM messages AS m
WHERE m.installation_id = :installation_id
  AND m.created_at >= :since
  AND m.created_at < :until
GROUP BY day
ORDER BY day;

-- name: messages_by_day_for_user(user_id, since, until)
-- Messages and tokens of all of a user's installations for each day that has any.
-- @returns MessageDay
SELECT
    written.day,
    sum(written.message_count)::bigint AS message_count,
    sum(written.prompt_tokens)::bigint AS prompt_tokens,
    sum(written.completion_tokens)::bigint AS completion_tokens
FROM installations AS i
CROSS JOIN LATERAL (
    SELECT
        (m.created_at AT TIME ZONE 'UTC')::date AS day,
        count(*) AS message_count,
        COALESCE(sum(m.prompt_tokens), 0) AS prompt_tokens,
        COALESCE(sum(m.completion_tokens), 0) AS completion_tokens
    FROM messages AS m
    WHERE m.installation_id = i.id
      AND m.created_at >= :since
      AND m.created_at < :until
    GROUP BY day
) AS written
WHERE i.user_id = :user_id
GROUP BY written.day
ORDER BY written.day;

-- name: sessions_by_day(installation_id, since, until)
-- Sessions that began at an installation, and those of them in which something was said, by day.
-- @returns SessionDay
SELECT
    (s.created_at AT TIME ZONE 'UTC')::date AS day,
    count(*) AS session_count,
    count(*) FILTER (WHERE s.message_count > 0) AS spoken_count
FROM sessions AS s
WHERE s.installation_id = :installation_id
  AND s.created_at >= :since
  AND s.created_at < :until
GROUP BY day
ORDER BY day;
