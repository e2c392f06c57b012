-- What users pay for, and how much of it they have used.
--
-- A plan brings its limits from the view plan_limits; what counts afterwards is what stands in the
-- row, so that set_limits can give one customer a deal of their own.

-- name: anonymise(user_id)!
-- End a subscription and forget Stripe's ids of it; what was used stays.
UPDATE subscriptions AS s
SET
    stripe_customer_id = NULL,
    stripe_subscription_id = NULL,
    status = 'CANCELED',
    updated_at = now()
-- As lock does: its lock before its row.
WHERE s.user_id = (
    SELECT CASE
        WHEN pg_advisory_xact_lock(hashtextextended(:user_id::uuid::text, 1))::text IS NULL THEN NULL
        ELSE :user_id
    END
);

-- name: change_plan(user_id, plan)<!
-- Move a user to a plan and its limits; a deal of their own ends with it. What is used stays used.
-- @returns Subscription
UPDATE subscriptions AS s
SET
    plan = l.plan,
    message_limit = l.message_limit,
    installation_limit = l.installation_limit,
    updated_at = now()
FROM plan_limits AS l
-- As lock does: its lock before its row.
WHERE s.user_id = (
    SELECT CASE
        WHEN pg_advisory_xact_lock(hashtextextended(:user_id::uuid::text, 1))::text IS NULL THEN NULL
        ELSE :user_id
    END
)
  AND l.plan = :plan
RETURNING
    s.id, s.user_id, s.stripe_customer_id, s.stripe_subscription_id, s.plan, s.status,
    s.message_limit, s.installation_limit, s.messages_used, s.current_period_start,
    s.current_period_end, s.cancel_at_period_end, s.created_at, s.updated_at;

-- name: check_limit(user_id)^
-- Tell whether a user may send another message in this period.
-- @returns MessageAllowance
SELECT
    s.plan, s.message_limit, s.messages_used,
    (s.message_limit = -1 OR s.messages_used < s.message_limit) AS within_limit
FROM subscriptions AS s
WHERE s.user_id = :user_id;

-- name: create(user_id, plan, stripe_customer_id, stripe_subscription_id, current_period_start, current_period_end)<!
-- Give a user their subscription: FREE and thirty days from now, unless something else is given.
--
-- A user who has one already raises UniqueViolation.
-- @returns Subscription
-- @nullable plan
-- @nullable stripe_customer_id
-- @nullable stripe_subscription_id
-- @nullable current_period_start
-- @nullable current_period_end
INSERT INTO subscriptions (
    user_id, stripe_customer_id, stripe_subscription_id, plan, message_limit, installation_limit,
    current_period_start, current_period_end
)
VALUES (
    -- As lock does: whoever writes a subscription holds it before they hold the person.
    CASE
        WHEN pg_advisory_xact_lock(hashtextextended(:user_id::uuid::text, 1))::text IS NULL THEN NULL
        ELSE :user_id
    END,
    :stripe_customer_id, :stripe_subscription_id, COALESCE(:plan, 'FREE'::plan),
    (SELECT l.message_limit FROM plan_limits AS l WHERE l.plan = COALESCE(:plan, 'FREE'::plan)),
    (SELECT l.installation_limit FROM plan_limits AS l WHERE l.plan = COALESCE(:plan, 'FREE'::plan)),
    COALESCE(:current_period_start, now()),
    COALESCE(:current_period_end, COALESCE(:current_period_start, now()) + interval '720 hours')
)
RETURNING
    id, user_id, stripe_customer_id, stripe_subscription_id, plan, status, message_limit,
    installation_limit, messages_used, current_period_start, current_period_end,
    cancel_at_period_end, created_at, updated_at;

-- name: ensure(user_id, now)!
-- Give a user the FREE plan for thirty days from `now`, the server's clock unless given, if they have none.
-- @nullable now
INSERT INTO subscriptions (
    user_id, message_limit, installation_limit, current_period_start, current_period_end
)
SELECT
    -- As lock does: whoever writes a subscription holds it before they hold the person.
    CASE
        WHEN pg_advisory_xact_lock(hashtextextended(:user_id::uuid::text, 1))::text IS NULL THEN NULL
        ELSE :user_id
    END,
    l.message_limit, l.installation_limit, COALESCE(:now, now()),
    COALESCE(:now, now()) + interval '720 hours'
FROM plan_limits AS l
WHERE l.plan = 'FREE'
ON CONFLICT (user_id) DO NOTHING;

-- name: follow_stripe(user_id)<!
-- Bring a user's subscription to what Stripe has said; call lock before, in the same transaction.
--
-- The newest subscription that is in force counts; where none is any more, what is left is the FREE
-- plan in the period as it stands, or in the first month of it. A later period starts with nothing used,
-- an earlier one changes nothing. A deal of the customer's own lasts as long as the plan. Gives None
-- without a subscription.
-- @returns Subscription
WITH told AS (
    SELECT
        t.stripe_subscription_id, t.stripe_customer_id, t.plan, t.cancel_at_period_end, t.begun_at,
        CASE
            -- An invoice's word is newer: Stripe sends both, in no order. Within a second the
            -- subscription's own status counts, but for the one that a payment ends.
            WHEN t.paid_at > t.told_at
              OR (t.paid_at = t.told_at AND t.is_paid AND t.status = 'INCOMPLETE') THEN
                CASE
                    WHEN t.is_paid AND t.status IN ('PAST_DUE', 'UNPAID', 'INCOMPLETE')
                        THEN 'ACTIVE'::subscription_status
                    WHEN NOT t.is_paid AND t.status = 'ACTIVE' THEN 'PAST_DUE'::subscription_status
                    ELSE t.status
                END
            ELSE t.status
        END AS status
    FROM stripe_subscriptions AS t
    WHERE t.user_id = :user_id
),
in_force AS (
    SELECT told.stripe_subscription_id, told.plan, told.status, told.cancel_at_period_end
    FROM told
    -- A checkout that was never paid replaces nothing.
    WHERE told.status NOT IN ('INCOMPLETE', 'INCOMPLETE_EXPIRED', 'CANCELED')
    ORDER BY told.begun_at DESC, told.stripe_subscription_id DESC
    LIMIT 1
),
customer AS (
    SELECT told.stripe_customer_id
    FROM told
    ORDER BY told.begun_at DESC NULLS LAST, told.stripe_subscription_id DESC
    LIMIT 1
),
period AS (
    SELECT t.period_start, t.period_end
    FROM stripe_subscriptions AS t
    WHERE t.user_id = :user_id
      AND t.period_start IS NOT NULL
    ORDER BY
        t.period_start DESC, t.period_at DESC, t.begun_at DESC NULLS LAST,
        t.stripe_subscription_id DESC
    LIMIT 1
),
following AS (
    SELECT
        own.user_id, in_force.stripe_subscription_id, l.plan,
        COALESCE(customer.stripe_customer_id, own.stripe_customer_id) AS stripe_customer_id,
        COALESCE(in_force.status, CASE WHEN ends THEN 'ACTIVE' ELSE own.status END) AS status,
        CASE WHEN l.plan = own.plan THEN own.message_limit ELSE l.message_limit END AS message_limit,
        CASE
            WHEN l.plan = own.plan THEN own.installation_limit
            ELSE l.installation_limit
        END AS installation_limit,
        COALESCE(in_force.cancel_at_period_end, false) AS cancel_at_period_end,
        COALESCE(period.period_start > own.current_period_start, false) AS begins,
        CASE
            WHEN period.period_start >= own.current_period_start THEN period.period_start
            ELSE own.current_period_start
        END AS current_period_start,
        CASE
            WHEN period.period_start < own.current_period_start OR period.period_start IS NULL
                THEN own.current_period_end
            WHEN in_force.plan IS NULL
                -- Of a year that is no longer paid for, nobody waits for the end.
                THEN LEAST(period.period_end, period.period_start + interval '744 hours')
            ELSE period.period_end
        END AS current_period_end
    FROM subscriptions AS own
    LEFT JOIN in_force ON true
    LEFT JOIN customer ON true
    LEFT JOIN period ON true
    CROSS JOIN LATERAL (
        -- A plan that was given by hand is not Stripe's to end.
        SELECT in_force.plan IS NULL AND own.stripe_subscription_id IS NOT NULL AS ends
    ) AS verdict
    JOIN plan_limits AS l
        ON l.plan = COALESCE(in_force.plan, CASE WHEN verdict.ends THEN 'FREE' ELSE own.plan END)
    WHERE own.user_id = :user_id
)
UPDATE subscriptions AS s
SET
    stripe_customer_id = f.stripe_customer_id,
    stripe_subscription_id = f.stripe_subscription_id,
    plan = f.plan,
    status = f.status,
    message_limit = f.message_limit,
    installation_limit = f.installation_limit,
    messages_used = CASE WHEN f.begins THEN 0 ELSE s.messages_used END,
    current_period_start = f.current_period_start,
    current_period_end = f.current_period_end,
    cancel_at_period_end = f.cancel_at_period_end,
    updated_at = now()
FROM following AS f
WHERE s.user_id = f.user_id
  AND s.user_id = :user_id
RETURNING
    s.id, s.user_id, s.stripe_customer_id, s.stripe_subscription_id, s.plan, s.status,
    s.message_limit, s.installation_limit, s.messages_used, s.current_period_start,
    s.current_period_end, s.cancel_at_period_end, s.created_at, s.updated_at;

-- name: get_by_stripe_customer_id(stripe_customer_id)^
-- Find the subscription that an event of Stripe is about.
-- @returns Subscription
-- @allow tenant_scope: how Stripe's events come in
SELECT
    s.id, s.user_id, s.stripe_customer_id, s.stripe_subscription_id, s.plan, s.status,
    s.message_limit, s.installation_limit, s.messages_used, s.current_period_start,
    s.current_period_end, s.cancel_at_period_end, s.created_at, s.updated_at
FROM subscriptions AS s
WHERE s.stripe_customer_id = :stripe_customer_id;

-- name: get_for_user(user_id)^
-- Find what a user pays for.
-- @returns Subscription
SELECT
    s.id, s.user_id, s.stripe_customer_id, s.stripe_subscription_id, s.plan, s.status,
    s.message_limit, s.installation_limit, s.messages_used, s.current_period_start,
    s.current_period_end, s.cancel_at_period_end, s.created_at, s.updated_at
FROM subscriptions AS s
WHERE s.user_id = :user_id;

-- name: increment_messages_used(user_id, amount)<!
-- Count messages, one unless `amount` says otherwise, within the limit or not; the ledger says so too.
-- @returns Subscription
-- @nullable amount
WITH counted AS (
    UPDATE subscriptions AS s
    SET
        messages_used = s.messages_used + COALESCE(:amount, 1),
        updated_at = now()
    -- As lock does: its lock before its row.
    WHERE s.user_id = (
        SELECT CASE
            WHEN pg_advisory_xact_lock(hashtextextended(:user_id::uuid::text, 1))::text IS NULL THEN NULL
            ELSE :user_id
        END
    )
    RETURNING
        s.id, s.user_id, s.stripe_customer_id, s.stripe_subscription_id, s.plan, s.status,
        s.message_limit, s.installation_limit, s.messages_used, s.current_period_start,
        s.current_period_end, s.cancel_at_period_end, s.created_at, s.updated_at
),
entry AS (
    INSERT INTO usage_ledger (user_id, period_start, period_end, kind, units, used, message_limit)
    SELECT
        c.user_id, c.current_period_start, c.current_period_end, 'COUNTED', COALESCE(:amount, 1),
        c.messages_used, c.message_limit
    FROM counted AS c
)
SELECT
    c.id, c.user_id, c.stripe_customer_id, c.stripe_subscription_id, c.plan, c.status,
    c.message_limit, c.installation_limit, c.messages_used, c.current_period_start,
    c.current_period_end, c.cancel_at_period_end, c.created_at, c.updated_at
FROM counted AS c;

-- name: list_unreconciled(limit)
-- The subscriptions whose count is not the sum of their ledger; there should never be one.
--
-- At most 100 unless `limit` says otherwise.
-- @returns UsageDifference
-- @nullable limit
-- @allow tenant_scope: the operator's own
SELECT s.user_id, s.messages_used, COALESCE(period.units, 0)::integer AS ledger_units
FROM subscriptions AS s
CROSS JOIN LATERAL (
    SELECT sum(l.units) AS units
    FROM usage_ledger AS l
    WHERE l.user_id = s.user_id
      AND l.period_start = s.current_period_start
) AS period
WHERE s.messages_used <> COALESCE(period.units, 0)
ORDER BY s.user_id
LIMIT COALESCE(:limit, 100);

-- name: lock(user_id)$
-- Hold a subscription until the transaction ends; gives its id.
--
-- What a later statement of the transaction reads of it then stays true. It comes before every other
-- lock but those of webhooks: docs/domain.md has the order.
SELECT s.id
FROM subscriptions AS s
-- Callers queue here, before they touch the page: one that waits for the row itself keeps the page
-- from being cleared of old versions, so that the next one has no room on it.
WHERE s.user_id = (
    SELECT CASE
        WHEN pg_advisory_xact_lock(hashtextextended(:user_id::uuid::text, 1))::text IS NULL THEN NULL
        ELSE :user_id
    END
)
FOR NO KEY UPDATE;

-- name: reconcile(user_id)<!
-- Make a subscription's count the sum of its ledger, and give it; None where it is that already.
--
-- Call lock before, in the same transaction.
UPDATE subscriptions AS s
SET
    messages_used = period.units,
    updated_at = now()
FROM (
    SELECT COALESCE(sum(l.units), 0)::integer AS units
    FROM usage_ledger AS l
    JOIN subscriptions AS own ON own.user_id = l.user_id AND own.current_period_start = l.period_start
    WHERE l.user_id = :user_id
      AND own.user_id = :user_id
) AS period
WHERE s.user_id = :user_id
  AND s.messages_used <> period.units
RETURNING s.messages_used;

-- name: set_limits(user_id, message_limit, installation_limit)<!
-- Give one customer a deal of their own; -1 is unlimited.
-- @returns Subscription
UPDATE subscriptions AS s
SET
    message_limit = :message_limit,
    installation_limit = :installation_limit,
    updated_at = now()
-- As lock does: its lock before its row.
WHERE s.user_id = (
    SELECT CASE
        WHEN pg_advisory_xact_lock(hashtextextended(:user_id::uuid::text, 1))::text IS NULL THEN NULL
        ELSE :user_id
    END
)
RETURNING
    s.id, s.user_id, s.stripe_customer_id, s.stripe_subscription_id, s.plan, s.status,
    s.message_limit, s.installation_limit, s.messages_used, s.current_period_start,
    s.current_period_end, s.cancel_at_period_end, s.created_at, s.updated_at;

-- name: start_period(user_id, current_period_start, current_period_end)<!
-- Begin the next period with nothing used.
--
-- Gives None when that period, or a later one, has begun already; so it is safe to repeat.
-- @returns Subscription
UPDATE subscriptions AS s
SET
    messages_used = 0,
    current_period_start = :current_period_start,
    current_period_end = :current_period_end,
    updated_at = now()
-- As lock does: its lock before its row.
WHERE s.user_id = (
    SELECT CASE
        WHEN pg_advisory_xact_lock(hashtextextended(:user_id::uuid::text, 1))::text IS NULL THEN NULL
        ELSE :user_id
    END
)
  AND s.current_period_start < :current_period_start
RETURNING
    s.id, s.user_id, s.stripe_customer_id, s.stripe_subscription_id, s.plan, s.status,
    s.message_limit, s.installation_limit, s.messages_used, s.current_period_start,
    s.current_period_end, s.cancel_at_period_end, s.created_at, s.updated_at;

-- name: upsert_from_stripe(user_id, stripe_customer_id, stripe_subscription_id, plan, status, current_period_start, current_period_end, cancel_at_period_end)<!
-- Write what Stripe says of a user's subscription, known or new.
--
-- A later period starts with nothing used, an earlier one changes no period. A deal of the
-- customer's own outlives the event as long as the plan is the same.
-- @returns Subscription
INSERT INTO subscriptions AS s (
    user_id, stripe_customer_id, stripe_subscription_id, plan, status, message_limit,
    installation_limit, current_period_start, current_period_end, cancel_at_period_end
)
VALUES (
    -- As lock does. Two at once would both be new by user_id, and the second raise for Stripe's ids.
    CASE
        WHEN pg_advisory_xact_lock(hashtextextended(:user_id::uuid::text, 1))::text IS NULL THEN NULL
        ELSE :user_id
    END,
    :stripe_customer_id, :stripe_subscription_id, :plan, :status,
    (SELECT l.message_limit FROM plan_limits AS l WHERE l.plan = :plan),
    (SELECT l.installation_limit FROM plan_limits AS l WHERE l.plan = :plan),
    :current_period_start, :current_period_end, :cancel_at_period_end
)
ON CONFLICT (user_id) DO UPDATE
SET
    stripe_customer_id = excluded.stripe_customer_id,
    stripe_subscription_id = excluded.stripe_subscription_id,
    plan = excluded.plan,
    status = excluded.status,
    message_limit = CASE
        WHEN s.plan = excluded.plan THEN s.message_limit
        ELSE excluded.message_limit
    END,
    installation_limit = CASE
        WHEN s.plan = excluded.plan THEN s.installation_limit
        ELSE excluded.installation_limit
    END,
    messages_used = CASE
        WHEN s.current_period_start < excluded.current_period_start THEN 0
        ELSE s.messages_used
    END,
    current_period_start = GREATEST(s.current_period_start, excluded.current_period_start),
    -- An event of the same period may move its end, as when a trial is extended.
    current_period_end = CASE
        WHEN s.current_period_start <= excluded.current_period_start THEN excluded.current_period_end
        ELSE s.current_period_end
    END,
    cancel_at_period_end = excluded.cancel_at_period_end,
    updated_at = now()
RETURNING
    s.id, s.user_id, s.stripe_customer_id, s.stripe_subscription_id, s.plan, s.status,
    s.message_limit, s.installation_limit, s.messages_used, s.current_period_start,
    s.current_period_end, s.cancel_at_period_end, s.created_at, s.updated_at;
