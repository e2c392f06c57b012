-- What webhooks need to be processed in order, and what Stripe said of each of its subscriptions.
-- depends: 0003.subscriptions 0008.webhook_events

COMMENT ON COLUMN webhook_events.attempts IS
    'How often we have begun to process it, attempts that killed their worker included.';
COMMENT ON COLUMN webhook_events.next_attempt_at IS
    'When it is due; while a worker has it, when its lease ends. None when it is PROCESSED or DEAD.';

CREATE TABLE stripe_subscriptions (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    stripe_subscription_id text NOT NULL UNIQUE,
    stripe_customer_id text NOT NULL,
    plan plan,
    status subscription_status,
    cancel_at_period_end boolean,
    begun_at timestamptz,
    told_at timestamptz,
    told_by text,
    is_paid boolean,
    paid_at timestamptz,
    paid_by text,
    period_start timestamptz,
    period_end timestamptz,
    period_at timestamptz,
    period_by text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT stripe_subscriptions_told_check
        CHECK (num_nulls(plan, status, cancel_at_period_end, begun_at, told_at, told_by) IN (0, 6)),
    CONSTRAINT stripe_subscriptions_paid_check CHECK (num_nulls(is_paid, paid_at, paid_by) IN (0, 3)),
    CONSTRAINT stripe_subscriptions_period_check
        CHECK (num_nulls(period_start, period_end, period_at, period_by) IN (0, 4))
);

CREATE INDEX stripe_subscriptions_user_id_idx ON stripe_subscriptions (user_id);

COMMENT ON TABLE stripe_subscriptions IS
    E'The last word of Stripe on each of its subscriptions, whatever order its events came in; subscriptions follows from it.\n@tenant user_id';
COMMENT ON COLUMN stripe_subscriptions.stripe_subscription_id IS 'Stripe''s sub_… id.';
COMMENT ON COLUMN stripe_subscriptions.stripe_customer_id IS 'Stripe''s cus_… id.';
COMMENT ON COLUMN stripe_subscriptions.cancel_at_period_end IS 'The customer has canceled and may use what is paid for.';
COMMENT ON COLUMN stripe_subscriptions.begun_at IS 'When Stripe made the subscription.';
COMMENT ON COLUMN stripe_subscriptions.told_at IS
    'When the newest customer.subscription event happened, which plan to begun_at are from.';
COMMENT ON COLUMN stripe_subscriptions.told_by IS 'The id of that event.';
COMMENT ON COLUMN stripe_subscriptions.is_paid IS 'Whether its newest invoice was paid, or failed.';
COMMENT ON COLUMN stripe_subscriptions.paid_at IS 'When the invoice event happened that says so.';
COMMENT ON COLUMN stripe_subscriptions.paid_by IS 'The id of that event.';
COMMENT ON COLUMN stripe_subscriptions.period_start IS 'The latest period that was in force.';
COMMENT ON COLUMN stripe_subscriptions.period_end IS 'The end of that period.';
COMMENT ON COLUMN stripe_subscriptions.period_at IS 'When the event happened that says so.';
COMMENT ON COLUMN stripe_subscriptions.period_by IS 'The id of that event.';

CREATE TABLE erased_people (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    hash bytea NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT erased_people_hash_check CHECK (octet_length(hash) = 32)
);

COMMENT ON TABLE erased_people IS
    'Who was erased, as keyed hashes of the ids that Clerk and Stripe know them by: a late webhook does not bring them back.';
COMMENT ON COLUMN erased_people.hash IS 'HMAC-SHA256 of one id; the key is not in the database.';
