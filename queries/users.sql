-- The people who sign in through Clerk.
--
-- clerk_id and email are how the outside names a person; every other table refers to id.

-- name: anonymise(id)!
-- Leave nothing of a person but their row and its id.
UPDATE users AS u
SET
    clerk_id = 'erased_' || u.id,
    email = 'erased_' || u.id || '@erased.invalid',
    name = NULL,
    avatar_url = NULL,
    updated_at = now()
WHERE u.id = :id;

-- name: create(clerk_id, email, name, avatar_url)<!
-- Add a person. A clerk_id or an email that is known already raises UniqueViolation.
-- @returns User
-- @nullable name
-- @nullable avatar_url
-- @allow tenant_scope: makes the owner
INSERT INTO users (clerk_id, email, name, avatar_url)
VALUES (:clerk_id, :email, :name, :avatar_url)
RETURNING id, clerk_id, email, name, avatar_url, created_at, updated_at;

-- name: delete(id)!
-- Remove a person and everything they own: installations, sessions, messages, subscription, keys.
DELETE FROM users AS u
WHERE u.id = :id
  -- What goes with them is locked first, in everybody's order: docs/domain.md has it.
  AND CASE
    WHEN pg_advisory_xact_lock(hashtextextended(u.id::text, 1))::text IS NULL THEN false
    ELSE (
        SELECT count(pg_advisory_xact_lock(hashtextextended(own.id::text, 3))::text)
        FROM (SELECT i.id FROM installations AS i WHERE i.user_id = :id ORDER BY i.id) AS own
    ) >= 0
  END;

-- name: delete_unused(id)!
-- Remove a person for whom nothing was ever counted and who owns nothing.
DELETE FROM users AS u
WHERE u.id = :id
  AND NOT EXISTS (SELECT FROM installations AS i WHERE i.user_id = :id)
  AND NOT EXISTS (SELECT FROM usage_ledger AS l WHERE l.user_id = :id)
  AND NOT EXISTS (SELECT FROM usage_logs AS l WHERE l.user_id = :id)
  AND NOT EXISTS (SELECT FROM subscriptions AS s WHERE s.user_id = :id AND s.messages_used > 0);

-- name: export(id)^
-- Everything that is known about a person, as it stands at one moment; an API key's hash is left out.
--
-- Events and analytics are those that an erasure empties: webhook_events.forget has the same conditions.
-- @returns PersonExport
-- @allow tenant_scope: by the ids of the user's own widgets
SELECT
    u AS "user",
    s AS subscription,
    ARRAY(
        SELECT t FROM stripe_subscriptions AS t WHERE t.user_id = u.id ORDER BY t.id
    ) AS stripe_subscriptions,
    ARRAY(SELECT i FROM installations AS i WHERE i.user_id = u.id ORDER BY i.id) AS installations,
    ARRAY(
        SELECT se
        FROM sessions AS se
        -- A look-up a widget; as a join, everybody's would be read to leave most of them out.
        WHERE se.installation_id = ANY (ARRAY(SELECT i.id FROM installations AS i WHERE i.user_id = :id))
        ORDER BY se.installation_id, se.id
    ) AS sessions,
    ARRAY(
        SELECT m
        FROM messages AS m
        WHERE m.installation_id = ANY (ARRAY(SELECT i.id FROM installations AS i WHERE i.user_id = :id))
        ORDER BY m.installation_id, m.session_id, m.seq
    ) AS messages,
    ARRAY(SELECT k.key_id FROM api_keys AS k WHERE k.user_id = u.id ORDER BY k.id) AS api_key_ids,
    ARRAY(SELECT k.name FROM api_keys AS k WHERE k.user_id = u.id ORDER BY k.id) AS api_key_names,
    ARRAY(SELECT l FROM usage_ledger AS l WHERE l.user_id = u.id ORDER BY l.id) AS usage,
    ARRAY(
        SELECT g
        FROM usage_logs AS g
        WHERE g.user_id = u.id
           OR g.installation_id = ANY (ARRAY(SELECT i.id FROM installations AS i WHERE i.user_id = :id))
        ORDER BY g.created_at, g.id
    ) AS usage_logs,
    ARRAY(
        SELECT w
        FROM webhook_events AS w
        CROSS JOIN LATERAL (
            SELECT CASE w.provider WHEN 'STRIPE' THEN w.payload #> '{data,object}' ELSE w.payload -> 'data' END AS said
        ) AS object
        WHERE (w.provider = 'CLERK' AND w.object_key = ANY (who.ids))
           OR (w.provider = 'STRIPE' AND w.object_key = ANY (who.ids))
           OR (
            -- The expression of webhook_events_mentions_idx, so that its index answers.
            lower((
                jsonb_path_query_array(
                    w.payload, 'strict $.** ? (@ like_regex "@|^(user|cus|sub)_|^[0-9a-f-]{36}$")'
                )
                || CASE
                    WHEN w.payload::text ~ '(@|"(user|cus|sub)_)([^"\\]|\\.)*":|"[0-9a-f-]{36}":'
                        THEN jsonb_path_query_array(
                            w.payload,
                            'strict $.** ? (@.type() == "object").keyvalue().key ? (@ like_regex "@|^(user|cus|sub)_|^[0-9a-f-]{36}$")'
                        )
                    ELSE '[]'
                END
            )::text COLLATE "C")::jsonb ?| who.lowered
            AND (
                ARRAY[
                    object.said ->> 'id', object.said ->> 'user_id', object.said ->> 'customer',
                    object.said #>> '{customer,id}', object.said ->> 'subscription',
                    object.said #>> '{subscription,id}'
                ] && who.ids
                OR (
                    ARRAY[
                        object.said ->> 'client_reference_id', object.said #>> '{metadata,user_id}',
                        object.said #>> '{parent,subscription_details,metadata,user_id}'
                    ] && who.ids
                    AND NOT EXISTS (
                        SELECT FROM subscriptions AS known
                        WHERE known.stripe_customer_id = COALESCE(
                            object.said #>> '{customer,id}', object.said ->> 'customer'
                        )
                    )
                )
            )
           )
        ORDER BY w.id
    ) AS webhook_events
FROM users AS u
LEFT JOIN subscriptions AS s ON s.user_id = u.id
CROSS JOIN LATERAL (
    SELECT
        array_agg(known.id) AS ids,
        -- As the index has them.
        array_agg(lower(known.id COLLATE "C")) AS lowered
    FROM (
        SELECT u.clerk_id AS id
        UNION
        SELECT u.id::text
        UNION
        SELECT s.stripe_customer_id
        UNION
        SELECT s.stripe_subscription_id
        UNION
        SELECT t.stripe_customer_id FROM stripe_subscriptions AS t WHERE t.user_id = u.id
        UNION
        SELECT t.stripe_subscription_id FROM stripe_subscriptions AS t WHERE t.user_id = u.id
    ) AS known
    WHERE known.id IS NOT NULL
) AS who
WHERE u.id = :id;

-- name: get(id)^
-- Find a person by our own id.
-- @returns User
SELECT u.id, u.clerk_id, u.email, u.name, u.avatar_url, u.created_at, u.updated_at
FROM users AS u
WHERE u.id = :id;

-- name: get_by_clerk_id(clerk_id)^
-- Find a person by the id that Clerk gave them.
-- @returns User
-- @allow tenant_scope: how somebody comes in who signed in
SELECT u.id, u.clerk_id, u.email, u.name, u.avatar_url, u.created_at, u.updated_at
FROM users AS u
WHERE u.clerk_id = :clerk_id;

-- name: get_by_email(email)^
-- Find a person by their address, whatever the case of its letters A to Z.
-- @returns User
-- @allow tenant_scope: how somebody comes in, by their address
SELECT u.id, u.clerk_id, u.email, u.name, u.avatar_url, u.created_at, u.updated_at
FROM users AS u
-- The expression of users_email_key, so that its index answers.
WHERE lower(u.email COLLATE "C") = lower(:email COLLATE "C");

-- name: get_identifiers(id)^
-- What the outside knows a person by.
-- @returns PersonIdentifiers
SELECT
    u.clerk_id, u.email, u.name, u.avatar_url,
    ARRAY(
        SELECT s.stripe_customer_id FROM subscriptions AS s
        WHERE s.user_id = u.id AND s.stripe_customer_id IS NOT NULL
        UNION
        SELECT s.stripe_subscription_id FROM subscriptions AS s
        WHERE s.user_id = u.id AND s.stripe_subscription_id IS NOT NULL
        UNION
        SELECT t.stripe_customer_id FROM stripe_subscriptions AS t WHERE t.user_id = u.id
        UNION
        SELECT t.stripe_subscription_id FROM stripe_subscriptions AS t WHERE t.user_id = u.id
        ORDER BY 1
    ) AS stripe_ids
FROM users AS u
WHERE u.id = :id;

-- name: get_with_subscription(clerk_id)^
-- Find a person by their Clerk id, with the subscription they pay for, if any.
-- @returns UserWithSubscription
-- @allow tenant_scope: how somebody comes in who signed in
SELECT
    u.id, u.clerk_id, u.email, u.name, u.avatar_url, u.created_at, u.updated_at,
    s AS subscription
FROM users AS u
LEFT JOIN subscriptions AS s ON s.user_id = u.id
WHERE u.clerk_id = :clerk_id;

-- name: list(after_id, limit)
-- Page through everybody, oldest first.
--
-- A page holds 100 unless `limit` says otherwise; the id of its last row is the `after_id` of the next.
-- @returns User
-- @nullable limit
-- @allow tenant_scope: the operator's own
SELECT u.id, u.clerk_id, u.email, u.name, u.avatar_url, u.created_at, u.updated_at
FROM users AS u
WHERE u.id > :after_id  -- @if after_id
ORDER BY u.id
LIMIT COALESCE(:limit, 100);

-- name: lock(ids)
-- Hold people until the transaction ends, so that nothing is added for them meanwhile.
--
-- Behind subscriptions.lock, and before anything that they own.
-- @allow tenant_scope: Clerk's events and erasing
SELECT u.id
FROM users AS u
WHERE u.id = ANY (:ids)
ORDER BY u.id
FOR UPDATE;

-- name: set_email(id, email)!
-- Give a person another address, as when Clerk has given theirs to somebody else.
UPDATE users AS u
SET
    email = :email,
    updated_at = now()
WHERE u.id = :id
  AND u.clerk_id <> 'erased_' || u.id;

-- name: update_profile(id, name, avatar_url)<!
-- Change what a person may change here: what is given, and None clears.
--
-- Gives None for a person who is unknown or was erased.
-- @returns User
UPDATE users AS u
SET
    updated_at = now()
    , name = :name              -- @if name
    , avatar_url = :avatar_url  -- @if avatar_url
WHERE u.id = :id
  AND u.clerk_id <> 'erased_' || u.id
RETURNING u.id, u.clerk_id, u.email, u.name, u.avatar_url, u.created_at, u.updated_at;

-- name: upsert_from_clerk(clerk_id, email, name, avatar_url)<!
-- Write what Clerk says of a person, known or new.
--
-- An email that somebody else has raises UniqueViolation.
-- @returns User
-- @nullable name
-- @nullable avatar_url
-- @allow tenant_scope: how Clerk's events come in
INSERT INTO users AS u (clerk_id, email, name, avatar_url)
VALUES (
    -- Of two that write one new person at once, ON CONFLICT sees the other by clerk_id only, and the
    -- second would raise for the same email: so they go one after the other.
    CASE
        WHEN pg_advisory_xact_lock(hashtextextended(:clerk_id::text, 2))::text IS NULL THEN NULL
        ELSE :clerk_id
    END,
    :email, :name, :avatar_url
)
ON CONFLICT (clerk_id) DO UPDATE
SET
    email = excluded.email,
    name = excluded.name,
    avatar_url = excluded.avatar_url,
    updated_at = now()
RETURNING u.id, u.clerk_id, u.email, u.name, u.avatar_url, u.created_at, u.updated_at;
