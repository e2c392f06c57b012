-- What an owner's dashboard shows of a span of time: from `since` until before `until`, in days of UTC.
--
-- Whole days that maintenance has counted come from installation_days. `missing` is the rest of the span,
-- the open day among it, of which messages and sessions are asked themselves: the answer is the same,
-- whatever was counted, and where nothing ever was.

-- name: busiest_installations(user_id, since, until, limit)
-- A user's widgets by the messages written there, the busiest first; those without any are left out.
--
-- Ten unless `limit` says otherwise.
-- @returns BusyInstallation
-- @nullable limit
WITH counted AS (
    SELECT d.installation_id, d.day, d.message_count
    FROM installations AS i
    JOIN installation_days AS d ON d.installation_id = i.id
    WHERE i.user_id = :user_id
      AND d.is_counted
      AND d.day >= (:since::timestamptz AT TIME ZONE 'UTC' + interval '1 day' - interval '1 microsecond')::date
      AND d.day < (:until::timestamptz AT TIME ZONE 'UTC')::date
)
SELECT i.id AS installation_id, i.name, written.message_count
FROM installations AS i
CROSS JOIN LATERAL (
    SELECT COALESCE(sum(said.message_count), 0)::bigint AS message_count
    FROM (
        SELECT c.message_count
        FROM counted AS c
        WHERE c.installation_id = i.id
        UNION ALL
        SELECT latest.message_count
        FROM unnest(
            tstzmultirange(tstzrange(:since, GREATEST(:since, :until)))
            - COALESCE(
                (
                    SELECT range_agg(tstzrange(
                        c.day::timestamp AT TIME ZONE 'UTC', (c.day + 1)::timestamp AT TIME ZONE 'UTC'
                    ))
                    FROM counted AS c
                    WHERE c.installation_id = i.id
                ),
                '{}'::tstzmultirange
            )
        ) AS part (span)
        CROSS JOIN LATERAL (
            SELECT count(*) AS message_count
            FROM messages AS m
            WHERE m.installation_id = i.id
              AND m.created_at >= lower(part.span)
              AND m.created_at < upper(part.span)
        ) AS latest
    ) AS said
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
WITH counted AS (
    SELECT d.day, d.models, d.model_messages, d.model_prompt_tokens, d.model_completion_tokens
    FROM installation_days AS d
    WHERE d.installation_id = :installation_id
      AND d.is_counted
      AND d.day >= (:since::timestamptz AT TIME ZONE 'UTC' + interval '1 day' - interval '1 microsecond')::date
      AND d.day < (:until::timestamptz AT TIME ZONE 'UTC')::date
),
missing AS (
    SELECT lower(part.span) AS begins, upper(part.span) AS ends
    FROM unnest(
        tstzmultirange(tstzrange(:since, GREATEST(:since, :until)))
        - COALESCE(
            (
                SELECT range_agg(tstzrange(
                    c.day::timestamp AT TIME ZONE 'UTC', (c.day + 1)::timestamp AT TIME ZONE 'UTC'
                ))
                FROM counted AS c
            ),
            '{}'::tstzmultirange
        )
    ) AS part (span)
),
used AS (
    SELECT
        COALESCE(each.model, 'unknown') AS model,
        COALESCE(sum(each.messages), 0)::bigint AS message_count,
        COALESCE(sum(each.prompt_tokens), 0)::bigint AS prompt_tokens,
        COALESCE(sum(each.completion_tokens), 0)::bigint AS completion_tokens
    FROM (
        SELECT one.model, one.messages, one.prompt_tokens, one.completion_tokens
        FROM counted AS c
        CROSS JOIN LATERAL unnest(
            c.models, c.model_messages, c.model_prompt_tokens, c.model_completion_tokens
        ) AS one (model, messages, prompt_tokens, completion_tokens)
        UNION ALL
        SELECT latest.model, latest.messages, latest.prompt_tokens, latest.completion_tokens
        FROM missing
        CROSS JOIN LATERAL (
            SELECT
                m.model,
                count(*) AS messages,
                sum(m.prompt_tokens) AS prompt_tokens,
                sum(m.completion_tokens) AS completion_tokens
            FROM messages AS m
            WHERE m.installation_id = :installation_id
              AND m.created_at >= missing.begins
              AND m.created_at < missing.ends
              AND m.role = 'ASSISTANT'
            GROUP BY m.model
        ) AS latest
    ) AS each
    GROUP BY COALESCE(each.model, 'unknown')
)
SELECT
    used.model, used.message_count, used.prompt_tokens, used.completion_tokens,
    (used.prompt_tokens * price.prompt + used.completion_tokens * price.completion) / 1000000 AS cost
FROM used
LEFT JOIN unnest(:models::text[], :prompt_prices::numeric[], :completion_prices::numeric[])
    AS price (model, prompt, completion) ON price.model = used.model
ORDER BY cost DESC NULLS LAST, used.model;

-- name: latency(installation_id, since, until)^
-- How long answers took, in milliseconds: one in two was quicker than p50, nineteen in twenty than p95.
--
-- Both are None when there was no answer.
-- @returns Latency
WITH counted AS (
    SELECT d.day, d.latencies, d.latency_answers
    FROM installation_days AS d
    WHERE d.installation_id = :installation_id
      AND d.is_counted
      AND d.day >= (:since::timestamptz AT TIME ZONE 'UTC' + interval '1 day' - interval '1 microsecond')::date
      AND d.day < (:until::timestamptz AT TIME ZONE 'UTC')::date
),
missing AS (
    SELECT lower(part.span) AS begins, upper(part.span) AS ends
    FROM unnest(
        tstzmultirange(tstzrange(:since, GREATEST(:since, :until)))
        - COALESCE(
            (
                SELECT range_agg(tstzrange(
                    c.day::timestamp AT TIME ZONE 'UTC', (c.day + 1)::timestamp AT TIME ZONE 'UTC'
                ))
                FROM counted AS c
            ),
            '{}'::tstzmultirange
        )
    ) AS part (span)
),
took AS (
    -- How many took each of the times, rather than a row an answer to be put in order.
    SELECT
        each.latency_ms,
        sum(sum(each.answers)) OVER (ORDER BY each.latency_ms) AS until_here,
        sum(sum(each.answers)) OVER () - 1 AS last
    FROM (
        SELECT one.latency_ms, one.answers
        FROM counted AS c
        CROSS JOIN LATERAL unnest(c.latencies, c.latency_answers) AS one (latency_ms, answers)
        UNION ALL
        SELECT latest.latency_ms, latest.answers
        FROM missing
        CROSS JOIN LATERAL (
            SELECT m.latency_ms, count(*) AS answers
            FROM messages AS m
            WHERE m.installation_id = :installation_id
              AND m.created_at >= missing.begins
              AND m.created_at < missing.ends
              AND m.role = 'ASSISTANT'
              AND m.latency_ms IS NOT NULL
            GROUP BY m.latency_ms
        ) AS latest
    ) AS each
    GROUP BY each.latency_ms
),
-- As percentile_cont does it: between the two answers, numbered from 0, that the place falls between.
place AS (
    SELECT
        max(t.last) + 1 AS answer_count,
        max(0.5::float8 * t.last) AS place_50,
        max(0.95::float8 * t.last) AS place_95,
        min(t.latency_ms) FILTER (WHERE t.until_here > floor(0.5::float8 * t.last)) AS below_50,
        min(t.latency_ms) FILTER (WHERE t.until_here > ceil(0.5::float8 * t.last)) AS above_50,
        min(t.latency_ms) FILTER (WHERE t.until_here > floor(0.95::float8 * t.last)) AS below_95,
        min(t.latency_ms) FILTER (WHERE t.until_here > ceil(0.95::float8 * t.last)) AS above_95
    FROM took AS t
)
SELECT
    COALESCE(p.answer_count, 0)::bigint AS answer_count,
    p.below_50 + (p.place_50 - floor(p.place_50)) * (p.above_50 - p.below_50) AS p50,
    p.below_95 + (p.place_95 - floor(p.place_95)) * (p.above_95 - p.below_95) AS p95
FROM place AS p;

-- name: messages_by_day(installation_id, since, until)
-- Messages and tokens of an installation for each day that has any.
-- @returns MessageDay
WITH counted AS (
    SELECT d.day, d.message_count, d.prompt_tokens, d.completion_tokens
    FROM installation_days AS d
    WHERE d.installation_id = :installation_id
      AND d.is_counted
      AND d.day >= (:since::timestamptz AT TIME ZONE 'UTC' + interval '1 day' - interval '1 microsecond')::date
      AND d.day < (:until::timestamptz AT TIME ZONE 'UTC')::date
),
missing AS (
    SELECT lower(part.span) AS begins, upper(part.span) AS ends
    FROM unnest(
        tstzmultirange(tstzrange(:since, GREATEST(:since, :until)))
        - COALESCE(
            (
                SELECT range_agg(tstzrange(
                    c.day::timestamp AT TIME ZONE 'UTC', (c.day + 1)::timestamp AT TIME ZONE 'UTC'
                ))
                FROM counted AS c
            ),
            '{}'::tstzmultirange
        )
    ) AS part (span)
)
SELECT c.day, c.message_count, c.prompt_tokens, c.completion_tokens
FROM counted AS c
WHERE c.message_count > 0
UNION ALL
SELECT latest.day, latest.message_count, latest.prompt_tokens, latest.completion_tokens
FROM missing
CROSS JOIN LATERAL (
    SELECT
        (m.created_at AT TIME ZONE 'UTC')::date AS day,
        count(*) AS message_count,
        COALESCE(sum(m.prompt_tokens), 0) AS prompt_tokens,
        COALESCE(sum(m.completion_tokens), 0) AS completion_tokens
    FROM messages AS m
    WHERE m.installation_id = :installation_id
      AND m.created_at >= missing.begins
      AND m.created_at < missing.ends
    GROUP BY day
) AS latest
ORDER BY day;

-- name: messages_by_day_for_user(user_id, since, until)
-- Messages and tokens of all of a user's installations for each day that has any.
-- @returns MessageDay
WITH counted AS (
    SELECT d.installation_id, d.day, d.message_count, d.prompt_tokens, d.completion_tokens
    FROM installations AS i
    JOIN installation_days AS d ON d.installation_id = i.id
    WHERE i.user_id = :user_id
      AND d.is_counted
      AND d.day >= (:since::timestamptz AT TIME ZONE 'UTC' + interval '1 day' - interval '1 microsecond')::date
      AND d.day < (:until::timestamptz AT TIME ZONE 'UTC')::date
)
SELECT
    written.day,
    sum(written.message_count)::bigint AS message_count,
    sum(written.prompt_tokens)::bigint AS prompt_tokens,
    sum(written.completion_tokens)::bigint AS completion_tokens
FROM (
    SELECT c.day, c.message_count, c.prompt_tokens, c.completion_tokens
    FROM counted AS c
    WHERE c.message_count > 0
    UNION ALL
    SELECT latest.day, latest.message_count, latest.prompt_tokens, latest.completion_tokens
    FROM installations AS i
    CROSS JOIN LATERAL unnest(
        tstzmultirange(tstzrange(:since, GREATEST(:since, :until)))
        - COALESCE(
            (
                SELECT range_agg(tstzrange(
                    c.day::timestamp AT TIME ZONE 'UTC', (c.day + 1)::timestamp AT TIME ZONE 'UTC'
                ))
                FROM counted AS c
                WHERE c.installation_id = i.id
            ),
            '{}'::tstzmultirange
        )
    ) AS part (span)
    CROSS JOIN LATERAL (
        SELECT
            (m.created_at AT TIME ZONE 'UTC')::date AS day,
            count(*) AS message_count,
            COALESCE(sum(m.prompt_tokens), 0) AS prompt_tokens,
            COALESCE(sum(m.completion_tokens), 0) AS completion_tokens
        FROM messages AS m
        WHERE m.installation_id = i.id
          AND m.created_at >= lower(part.span)
          AND m.created_at < upper(part.span)
        GROUP BY day
    ) AS latest
    WHERE i.user_id = :user_id
) AS written
GROUP BY written.day
ORDER BY written.day;

-- name: sessions_by_day(installation_id, since, until)
-- Sessions that began at an installation, and those of them in which something was said, by day.
-- @returns SessionDay
WITH counted AS (
    SELECT d.day, d.session_count, d.spoken_count
    FROM installation_days AS d
    WHERE d.installation_id = :installation_id
      AND d.is_counted
      AND d.day >= (:since::timestamptz AT TIME ZONE 'UTC' + interval '1 day' - interval '1 microsecond')::date
      AND d.day < (:until::timestamptz AT TIME ZONE 'UTC')::date
),
missing AS (
    SELECT lower(part.span) AS begins, upper(part.span) AS ends
    FROM unnest(
        tstzmultirange(tstzrange(:since, GREATEST(:since, :until)))
        - COALESCE(
            (
                SELECT range_agg(tstzrange(
                    c.day::timestamp AT TIME ZONE 'UTC', (c.day + 1)::timestamp AT TIME ZONE 'UTC'
                ))
                FROM counted AS c
            ),
            '{}'::tstzmultirange
        )
    ) AS part (span)
)
SELECT c.day, c.session_count, c.spoken_count
FROM counted AS c
WHERE c.session_count > 0
UNION ALL
SELECT latest.day, latest.session_count, latest.spoken_count
FROM missing
CROSS JOIN LATERAL (
    SELECT
        (s.created_at AT TIME ZONE 'UTC')::date AS day,
        count(*) AS session_count,
        count(*) FILTER (WHERE s.message_count > 0) AS spoken_count
    FROM sessions AS s
    WHERE s.installation_id = :installation_id
      AND s.created_at >= missing.begins
      AND s.created_at < missing.ends
    GROUP BY day
) AS latest
ORDER BY day;
