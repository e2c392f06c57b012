-- What happened at a widget, day by day of UTC: counted by maintenance, read by the dashboard.
--
-- A day that is over is counted once. Statements that change such a day later mark it as not counted,
-- and the dashboard asks the messages themselves until maintenance has counted it again.

-- name: count_day(installation_id, day)!
-- Count what happened on a day that is over; 0 for a day that is not, or a widget that is gone.
--
-- Call installations.lock before, in the same transaction and in a statement before: whoever is at work
-- there has finished then, and is seen.
-- @allow tenant_scope: maintenance's own
INSERT INTO installation_days AS d (
    installation_id, day, is_counted, counted_at, message_count, prompt_tokens, completion_tokens,
    session_count, spoken_count, models, model_messages, model_prompt_tokens,
    model_completion_tokens, latencies, latency_answers
)
SELECT
    :installation_id, :day, true, now(), said.message_count, said.prompt_tokens, said.completion_tokens,
    begun.session_count, begun.spoken_count, answered.models, answered.messages,
    answered.prompt_tokens, answered.completion_tokens, waited.latencies, waited.answers
FROM (
    SELECT
        :day::date::timestamp AT TIME ZONE 'UTC' AS begins,
        (:day::date + 1)::timestamp AT TIME ZONE 'UTC' AS ends
) AS span
CROSS JOIN LATERAL (
    SELECT
        count(*) AS message_count,
        COALESCE(sum(m.prompt_tokens), 0) AS prompt_tokens,
        COALESCE(sum(m.completion_tokens), 0) AS completion_tokens
    FROM messages AS m
    WHERE m.installation_id = :installation_id
      AND m.created_at >= span.begins
      AND m.created_at < span.ends
) AS said
CROSS JOIN LATERAL (
    SELECT
        count(*) AS session_count,
        count(*) FILTER (WHERE s.message_count > 0) AS spoken_count
    FROM sessions AS s
    WHERE s.installation_id = :installation_id
      AND s.created_at >= span.begins
      AND s.created_at < span.ends
) AS begun
CROSS JOIN LATERAL (
    SELECT
        COALESCE(array_agg(one.model), '{}') AS models,
        COALESCE(array_agg(one.messages), '{}') AS messages,
        COALESCE(array_agg(one.prompt_tokens), '{}') AS prompt_tokens,
        COALESCE(array_agg(one.completion_tokens), '{}') AS completion_tokens
    FROM (
        SELECT
            COALESCE(m.model, 'unknown') AS model,
            count(*) AS messages,
            COALESCE(sum(m.prompt_tokens), 0) AS prompt_tokens,
            COALESCE(sum(m.completion_tokens), 0) AS completion_tokens
        FROM messages AS m
        WHERE m.installation_id = :installation_id
          AND m.created_at >= span.begins
          AND m.created_at < span.ends
          AND m.role = 'ASSISTANT'
        GROUP BY COALESCE(m.model, 'unknown')
    ) AS one
) AS answered
CROSS JOIN LATERAL (
    SELECT
        COALESCE(array_agg(one.latency_ms ORDER BY one.latency_ms), '{}') AS latencies,
        COALESCE(array_agg(one.answers ORDER BY one.latency_ms), '{}') AS answers
    FROM (
        SELECT m.latency_ms, count(*) AS answers
        FROM messages AS m
        WHERE m.installation_id = :installation_id
          AND m.created_at >= span.begins
          AND m.created_at < span.ends
          AND m.role = 'ASSISTANT'
          AND m.latency_ms IS NOT NULL
        GROUP BY m.latency_ms
    ) AS one
) AS waited
WHERE :day < (now() AT TIME ZONE 'UTC')::date
  AND EXISTS (SELECT FROM installations AS i WHERE i.id = :installation_id)
ON CONFLICT (installation_id, day) DO UPDATE
SET
    is_counted = true,
    counted_at = excluded.counted_at,
    message_count = excluded.message_count,
    prompt_tokens = excluded.prompt_tokens,
    completion_tokens = excluded.completion_tokens,
    session_count = excluded.session_count,
    spoken_count = excluded.spoken_count,
    models = excluded.models,
    model_messages = excluded.model_messages,
    model_prompt_tokens = excluded.model_prompt_tokens,
    model_completion_tokens = excluded.model_completion_tokens,
    latencies = excluded.latencies,
    latency_answers = excluded.latency_answers,
    updated_at = excluded.updated_at;

-- name: list_uncounted(installation_id, limit)
-- The days of a widget that are over and not counted, oldest first: marked, or newer than the last one counted.
--
-- At most 1,000 unless `limit` says otherwise.
-- @nullable limit
WITH RECURSIVE newer AS (
    SELECT LEAST(
        (SELECT min(m.created_at) FROM messages AS m
         WHERE m.installation_id = :installation_id AND m.created_at >= behind.at),
        (SELECT min(s.created_at) FROM sessions AS s
         WHERE s.installation_id = :installation_id AND s.created_at >= behind.at)
    ) AS at
    FROM (
        SELECT COALESCE((max(d.day) + 1)::timestamp AT TIME ZONE 'UTC', '-infinity'::timestamptz) AS at
        FROM installation_days AS d
        WHERE d.installation_id = :installation_id
          AND d.counted_at IS NOT NULL
    ) AS behind
    -- A step a day that has anything, down the index each time.
    UNION ALL
    SELECT LEAST(
        (SELECT min(m.created_at) FROM messages AS m
         WHERE m.installation_id = :installation_id AND m.created_at >= behind.at),
        (SELECT min(s.created_at) FROM sessions AS s
         WHERE s.installation_id = :installation_id AND s.created_at >= behind.at)
    )
    FROM newer
    CROSS JOIN LATERAL (
        SELECT ((newer.at AT TIME ZONE 'UTC')::date + 1)::timestamp AT TIME ZONE 'UTC' AS at
    ) AS behind
    WHERE newer.at < now()
)
SELECT found.day
FROM (
    SELECT d.day
    FROM installation_days AS d
    WHERE d.installation_id = :installation_id
      AND NOT d.is_counted
    UNION
    SELECT (newer.at AT TIME ZONE 'UTC')::date
    FROM newer
    WHERE newer.at IS NOT NULL
) AS found
WHERE found.day < (now() AT TIME ZONE 'UTC')::date
ORDER BY found.day
LIMIT COALESCE(:limit, 1000);

