-- What a user pays for, and the limits that come with it.
-- depends: 0002.users

CREATE TYPE plan AS ENUM ('FREE', 'STARTER', 'PRO', 'ENTERPRISE');

COMMENT ON TYPE plan IS 'What is sold; the limits of each stand in plan_limits.';

CREATE TYPE subscription_status AS ENUM (
    'INCOMPLETE',
    'INCOMPLETE_EXPIRED',
    'TRIALING',
    'ACTIVE',
    'PAST_DUE',
    'CANCELED',
    'UNPAID',
    'PAUSED'
);

COMMENT ON TYPE subscription_status IS 'Stripe''s eight statuses, in capitals.';

-- The one place that maps a plan to its limits. A view and not a table: what is sold changes with
-- a reviewed migration, never with a stray UPDATE.
CREATE VIEW plan_limits AS
SELECT l.plan, l.message_limit, l.installation_limit
FROM (
    VALUES
        ('FREE'::plan, 100, 1),
        ('STARTER'::plan, 5000, 3),
        ('PRO'::plan, 20000, 10),
        ('ENTERPRISE'::plan, -1, -1)
) AS l (plan, message_limit, installation_limit);

COMMENT ON VIEW plan_limits IS 'The limits a plan starts with; -1 is unlimited.';

CREATE TABLE subscriptions (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    user_id uuid NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    stripe_customer_id text UNIQUE,
    stripe_subscription_id text UNIQUE,
    plan plan NOT NULL DEFAULT 'FREE',
    status subscription_status NOT NULL DEFAULT 'ACTIVE',
    message_limit integer NOT NULL,
    installation_limit integer NOT NULL,
    messages_used integer NOT NULL DEFAULT 0,
    current_period_start timestamptz NOT NULL,
    current_period_end timestamptz NOT NULL,
    cancel_at_period_end boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT subscriptions_message_limit_check CHECK (message_limit >= -1),
    CONSTRAINT subscriptions_installation_limit_check CHECK (installation_limit >= -1),
    CONSTRAINT subscriptions_messages_used_check CHECK (messages_used >= 0),
    CONSTRAINT subscriptions_current_period_check CHECK (current_period_start < current_period_end)
)
-- Room on the page for the next versions of a row that each message counts up: those that a waiting
-- caller may still see cannot be cleared away yet.
WITH (fillfactor = 30);

COMMENT ON TABLE subscriptions IS
    E'What a user pays for, one row a user. The limits live here, so that a customer''s own deal is one UPDATE.\n@tenant user_id';
COMMENT ON COLUMN subscriptions.stripe_customer_id IS 'Stripe''s cus_… id; none until the first checkout.';
COMMENT ON COLUMN subscriptions.stripe_subscription_id IS 'Stripe''s sub_… id; none on the FREE plan.';
COMMENT ON COLUMN subscriptions.message_limit IS 'Messages a period; -1 is unlimited.';
COMMENT ON COLUMN subscriptions.installation_limit IS 'Installations at a time; -1 is unlimited.';
COMMENT ON COLUMN subscriptions.messages_used IS 'Messages counted in the current period.';
COMMENT ON COLUMN subscriptions.current_period_end IS 'The first moment that is no longer in the period.';
COMMENT ON COLUMN subscriptions.cancel_at_period_end IS 'The customer has canceled and may use what is paid for.';
