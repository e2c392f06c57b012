-- What is written by hand where a library nests nothing: one statement a workload, `:name` for a
-- parameter. psycopg gets `%s` of it, asyncpg `$1`, aiosql this file.

-- name: w1(key)
SELECT u.id, u.clerk_id, u.email, u.name, u.avatar_url, u.created_at, u.updated_at
FROM users AS u
WHERE u.clerk_id = :key;

-- name: w2(key)
SELECT
    u.id, u.clerk_id, u.email, u.name, u.avatar_url, u.created_at, u.updated_at,
    s.id, s.user_id, s.stripe_customer_id, s.stripe_subscription_id, s.plan, s.status,
    s.message_limit, s.installation_limit, s.messages_used, s.current_period_start,
    s.current_period_end, s.cancel_at_period_end, s.created_at, s.updated_at,
    i.id, i.user_id, i.client_id, i.name, i.status, i.assistant_name, i.accent_color, i.avatar_url,
    i.position, i.welcome_message, i.allowed_origins, i.message_count, i.created_at, i.updated_at
FROM users AS u
LEFT JOIN subscriptions AS s ON s.user_id = u.id
LEFT JOIN installations AS i ON i.user_id = u.id
WHERE u.clerk_id = :key
ORDER BY i.id;

-- name: w2_installations(key)
SELECT
    i.id, i.user_id, i.client_id, i.name, i.status, i.assistant_name, i.accent_color, i.avatar_url,
    i.position, i.welcome_message, i.allowed_origins, i.message_count, i.created_at, i.updated_at
FROM installations AS i
WHERE i.user_id = :key
ORDER BY i.id;

-- name: w2_subscription(key)
SELECT
    s.id, s.user_id, s.stripe_customer_id, s.stripe_subscription_id, s.plan, s.status,
    s.message_limit, s.installation_limit, s.messages_used, s.current_period_start,
    s.current_period_end, s.cancel_at_period_end, s.created_at, s.updated_at
FROM subscriptions AS s
WHERE s.user_id = :key;

-- name: w3(key)
SELECT
    m.installation_id, m.id, m.session_id, m.seq, m.role, m.content, m.model, m.prompt_tokens,
    m.completion_tokens, m.latency_ms, m.created_at, m.updated_at,
    s.installation_id, s.id, s.session_key, s.user_agent, host(s.ip), s.referrer, s.message_count,
    s.last_seen_at, s.created_at, s.updated_at
FROM messages AS m
JOIN sessions AS s ON s.installation_id = m.installation_id AND s.id = m.session_id
WHERE m.installation_id = :key
ORDER BY m.created_at DESC, m.id DESC
LIMIT 10;

-- name: w3_messages(key)
SELECT
    m.installation_id, m.id, m.session_id, m.seq, m.role, m.content, m.model, m.prompt_tokens,
    m.completion_tokens, m.latency_ms, m.created_at, m.updated_at
FROM messages AS m
WHERE m.installation_id = :key
ORDER BY m.created_at DESC, m.id DESC
LIMIT 10;

-- name: w3_sessions(key, ids)
SELECT
    s.installation_id, s.id, s.session_key, s.user_agent, host(s.ip) AS ip, s.referrer,
    s.message_count, s.last_seen_at, s.created_at, s.updated_at
FROM sessions AS s
WHERE s.installation_id = :key
  AND s.id = ANY(:ids);

-- name: w4(installation_id, session_id, limit)
SELECT
    m.installation_id, m.id, m.session_id, m.seq, m.role, m.content, m.model, m.prompt_tokens,
    m.completion_tokens, m.latency_ms, m.created_at, m.updated_at
FROM messages AS m
WHERE m.installation_id = :installation_id
  AND m.session_id = :session_id
ORDER BY m.seq
LIMIT :limit;

-- name: w5(key)
UPDATE subscriptions AS s
SET
    messages_used = s.messages_used + 1,
    updated_at = now()
WHERE s.user_id = :key
RETURNING
    s.id, s.user_id, s.stripe_customer_id, s.stripe_subscription_id, s.plan, s.status,
    s.message_limit, s.installation_limit, s.messages_used, s.current_period_start,
    s.current_period_end, s.cancel_at_period_end, s.created_at, s.updated_at;

-- name: w6(installation_id, session_id, seq, role, content, model, prompt_tokens, completion_tokens, latency_ms, created_at)*!
INSERT INTO messages (
    installation_id, session_id, seq, role, content, model, prompt_tokens, completion_tokens,
    latency_ms, created_at
)
VALUES (
    :installation_id, :session_id, :seq, :role, :content, :model, :prompt_tokens,
    :completion_tokens, :latency_ms, :created_at
);
