-- What explains each unit of messages_used, and what a retry is told.
-- depends: 0003.subscriptions 0005.sessions

CREATE VIEW subscription_rights AS
SELECT r.status, r.may_consume
FROM (
    VALUES
        ('TRIALING'::subscription_status, true),
        ('ACTIVE'::subscription_status, true),
        -- Stripe is still trying the card.
        ('PAST_DUE'::subscription_status, true),
        ('INCOMPLETE'::subscription_status, false),
        ('INCOMPLETE_EXPIRED'::subscription_status, false),
        ('CANCELED'::subscription_status, false),
        ('UNPAID'::subscription_status, false),
        ('PAUSED'::subscription_status, false)
) AS r (status, may_consume);

COMMENT ON VIEW subscription_rights IS
    'Which statuses may consume messages: the only place that says so. A status that is missing here may not.';

CREATE TYPE usage_entry_kind AS ENUM ('CONSUMED', 'REFUSED', 'REFUNDED', 'COUNTED');

COMMENT ON TYPE usage_entry_kind IS
    'CONSUMED and REFUSED answered a key, REFUNDED gave one back, COUNTED was added without asking.';

CREATE TYPE usage_refusal AS ENUM ('LIMIT_REACHED', 'INACTIVE');

COMMENT ON TYPE usage_refusal IS
    'Why a message was not admitted: the period''s limit, or a status that may not consume.';

CREATE TABLE usage_ledger (
    user_id uuid NOT NULL REFERENCES subscriptions (user_id) ON DELETE CASCADE,
    period_start timestamptz NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    period_end timestamptz NOT NULL,
    kind usage_entry_kind NOT NULL,
    message_key text,
    units integer NOT NULL,
    used integer NOT NULL,
    message_limit integer NOT NULL,
    refusal usage_refusal,
    crossed_80 boolean NOT NULL DEFAULT false,
    crossed_100 boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    -- In this order the entries of a period lie together, to be summed.
    PRIMARY KEY (user_id, period_start, id),
    CONSTRAINT usage_ledger_message_key_check CHECK (char_length(message_key) BETWEEN 1 AND 255),
    CONSTRAINT usage_ledger_keyed_check CHECK ((message_key IS NULL) = (kind = 'COUNTED')),
    CONSTRAINT usage_ledger_refusal_check CHECK ((refusal IS NOT NULL) = (kind = 'REFUSED')),
    CONSTRAINT usage_ledger_units_check CHECK (
        CASE kind WHEN 'CONSUMED' THEN units = 1 WHEN 'REFUSED' THEN units = 0 WHEN 'REFUNDED' THEN units = -1 ELSE true END
    )
);

-- A key is answered once and given back once, whatever the periods.
CREATE UNIQUE INDEX usage_ledger_message_key_key ON usage_ledger (user_id, message_key, (kind = 'REFUNDED'))
WHERE message_key IS NOT NULL;

-- Each crossing is told once a period.
CREATE UNIQUE INDEX usage_ledger_crossed_80_key ON usage_ledger (user_id, period_start) WHERE crossed_80;
CREATE UNIQUE INDEX usage_ledger_crossed_100_key ON usage_ledger (user_id, period_start) WHERE crossed_100;

-- Whom to tell of a crossing.
CREATE INDEX usage_ledger_crossings_idx ON usage_ledger (created_at, id) WHERE crossed_80 OR crossed_100;

COMMENT ON TABLE usage_ledger IS
    E'Explains messages_used: the units of a subscription''s current period add up to it, always. Rows are only added.\n@tenant user_id';
COMMENT ON COLUMN usage_ledger.period_start IS 'The period that it counts in, by its first moment.';
COMMENT ON COLUMN usage_ledger.period_end IS 'The end of that period as it was known then.';
COMMENT ON COLUMN usage_ledger.kind IS 'What happened.';
COMMENT ON COLUMN usage_ledger.message_key IS 'The caller''s own key for the message; none for COUNTED.';
COMMENT ON COLUMN usage_ledger.units IS 'What it added to messages_used.';
COMMENT ON COLUMN usage_ledger.used IS 'messages_used after it: what the first answer said.';
COMMENT ON COLUMN usage_ledger.message_limit IS 'The limit as it was then; -1 is unlimited.';
COMMENT ON COLUMN usage_ledger.refusal IS 'Why it was REFUSED.';
COMMENT ON COLUMN usage_ledger.crossed_80 IS 'This entry was the first of its period at 80 % of the limit.';
COMMENT ON COLUMN usage_ledger.crossed_100 IS 'This entry was the one that used the last message of its period.';

CREATE TABLE message_rates (
    installation_id uuid NOT NULL,
    session_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    recent timestamptz[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (installation_id, session_id),
    FOREIGN KEY (installation_id, session_id) REFERENCES sessions (installation_id, id) ON DELETE CASCADE,
    CONSTRAINT message_rates_recent_check CHECK (cardinality(recent) <= 10),
    CONSTRAINT message_rates_recent_known_check CHECK (array_position(recent, NULL) IS NULL)
)
WITH (fillfactor = 70);

COMMENT ON TABLE message_rates IS
    E'The last messages that a session was admitted; apart from sessions, so that a visitor''s row stays small.\n@tenant installation_id';
COMMENT ON COLUMN message_rates.recent IS 'When the last ten were admitted, oldest first: exact over any minute.';
