-- What Stripe said of each of its subscriptions: the newest word wins, in whatever order they come.
--
-- A word is as new as its event. Stripe's clock has whole seconds and its event ids have no order: of the
-- events of one second, `rivals`, the caller chooses the last, and only it replaces another of them. Call
-- subscriptions.lock before, in the same transaction, and subscriptions.follow_stripe behind.

-- name: delete_for_user(user_id)!
-- Forget what Stripe said of a user's subscriptions.
DELETE FROM stripe_subscriptions AS t
WHERE t.user_id = :user_id
  AND t.id IN (
    -- In one order for everybody who locks several.
    SELECT own.id FROM stripe_subscriptions AS own WHERE own.user_id = :user_id ORDER BY own.id FOR UPDATE
  );

-- name: tell(user_id, stripe_subscription_id, stripe_customer_id, plan, status, cancel_at_period_end, begun_at, occurred_at, event_id, rivals)!
-- Note what a customer.subscription event says, unless a newer one has spoken.
--
-- Gives 0 in that case, and when the subscription is another user's.
-- @nullable rivals
INSERT INTO stripe_subscriptions AS t (
    user_id, stripe_subscription_id, stripe_customer_id, plan, status, cancel_at_period_end, begun_at,
    told_at, told_by
)
VALUES (
    :user_id, :stripe_subscription_id, :stripe_customer_id, :plan, :status, :cancel_at_period_end,
    :begun_at, :occurred_at, :event_id
)
ON CONFLICT (stripe_subscription_id) DO UPDATE
SET
    plan = excluded.plan,
    status = excluded.status,
    cancel_at_period_end = excluded.cancel_at_period_end,
    begun_at = excluded.begun_at,
    told_at = excluded.told_at,
    told_by = excluded.told_by,
    updated_at = now()
WHERE t.user_id = :user_id
  AND (
    t.told_at IS NULL
    OR t.told_at < excluded.told_at
    OR (t.told_at = excluded.told_at AND t.told_by = ANY (COALESCE(:rivals, '{}'::text[])))
  );

-- name: tell_paid(user_id, stripe_subscription_id, stripe_customer_id, is_paid, occurred_at, event_id, rivals)!
-- Note that an invoice was paid or failed, unless a newer one has spoken.
-- @nullable rivals
INSERT INTO stripe_subscriptions AS t (
    user_id, stripe_subscription_id, stripe_customer_id, is_paid, paid_at, paid_by
)
VALUES (
    :user_id, :stripe_subscription_id, :stripe_customer_id, :is_paid, :occurred_at, :event_id
)
ON CONFLICT (stripe_subscription_id) DO UPDATE
SET
    is_paid = excluded.is_paid,
    paid_at = excluded.paid_at,
    paid_by = excluded.paid_by,
    updated_at = now()
WHERE t.user_id = :user_id
  AND (
    t.paid_at IS NULL
    OR t.paid_at < excluded.paid_at
    OR (t.paid_at = excluded.paid_at AND t.paid_by = ANY (COALESCE(:rivals, '{}'::text[])))
  );

-- name: tell_period(user_id, stripe_subscription_id, period_start, period_end, occurred_at, event_id, rivals)!
-- Note a period that is in force: a later one always, the same one's end from a newer event.
-- @nullable rivals
UPDATE stripe_subscriptions AS t
SET
    period_start = :period_start,
    period_end = :period_end,
    period_at = :occurred_at,
    period_by = :event_id,
    updated_at = now()
WHERE t.user_id = :user_id
  AND t.stripe_subscription_id = :stripe_subscription_id
  AND (
    t.period_start IS NULL
    OR (t.period_start, t.period_at) < (:period_start, :occurred_at)
    OR ((t.period_start, t.period_at) = (:period_start, :occurred_at) AND t.period_by = ANY (COALESCE(:rivals, '{}'::text[])))
  );
