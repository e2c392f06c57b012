-- What the benchmark asks beyond Amber's own queries.

-- name: count_one(user_id)<!
-- Count a message.
-- @returns Subscription
UPDATE subscriptions AS s
SET
    messages_used = s.messages_used + 1,
    updated_at = now()
WHERE s.user_id = :user_id
RETURNING
    s.id, s.user_id, s.stripe_customer_id, s.stripe_subscription_id, s.plan, s.status,
    s.message_limit, s.installation_limit, s.messages_used, s.current_period_start,
    s.current_period_end, s.cancel_at_period_end, s.created_at, s.updated_at;

-- name: get(clerk_id)^
-- Find a person with what they pay for and their widgets, oldest first.
-- @returns Account
SELECT
    u.id, u.clerk_id, u.email, u.name, u.avatar_url, u.created_at, u.updated_at,
    s AS subscription,
    ARRAY(SELECT i FROM installations AS i WHERE i.user_id = u.id ORDER BY i.id) AS installations
FROM users AS u
LEFT JOIN subscriptions AS s ON s.user_id = u.id
WHERE u.clerk_id = :clerk_id;
