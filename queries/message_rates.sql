-- How often a session may write: ten messages in any minute.

-- name: admit(installation_id, session_id, now)<!
-- Answer whether a session may write one more message, and note it if so.
--
-- Call sessions.lock before, in the same transaction. `retry_at` says when a refused one may try again.
-- No such session in this installation raises RowNotFound. `now` is the server's clock unless given.
-- @returns RateDecision
-- @one
-- @nullable now
WITH session AS (
    SELECT s.installation_id, s.id, COALESCE(:now, now()) AS now
    FROM sessions AS s
    WHERE s.installation_id = :installation_id
      AND s.id = :session_id
),
decision AS (
    SELECT
        session.installation_id, session.id, session.now, minute.recent,
        cardinality(minute.recent) < 10 AS admitted
    FROM session
    CROSS JOIN LATERAL (
        SELECT ARRAY(
            SELECT r.at
            FROM message_rates AS m
            CROSS JOIN LATERAL unnest(m.recent) AS r (at)
            WHERE m.installation_id = :installation_id
              AND m.session_id = :session_id
              AND r.at > session.now - interval '1 minute'
            ORDER BY r.at
        ) AS recent
    ) AS minute
),
noted AS (
    INSERT INTO message_rates AS m (installation_id, session_id, recent)
    SELECT d.installation_id, d.id, d.recent || d.now
    FROM decision AS d
    WHERE d.admitted
    ON CONFLICT (installation_id, session_id) DO UPDATE
    SET
        recent = excluded.recent,
        updated_at = excluded.updated_at
)
SELECT
    d.admitted,
    CASE WHEN d.admitted THEN NULL ELSE d.recent[1] + interval '1 minute' END AS retry_at
FROM decision AS d
LIMIT 1;
