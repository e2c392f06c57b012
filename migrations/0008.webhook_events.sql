-- The inbox for what Stripe and Clerk tell us.
-- depends: 0001.uuidv7

CREATE TYPE webhook_provider AS ENUM ('CLERK', 'STRIPE');

COMMENT ON TYPE webhook_provider IS 'Who sent a webhook.';

CREATE TYPE webhook_status AS ENUM ('PENDING', 'PROCESSED', 'FAILED', 'DEAD');

COMMENT ON TYPE webhook_status IS
    'PENDING was never tried, FAILED will be tried again, PROCESSED is done, DEAD waits for a person.';

CREATE TABLE webhook_events (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    provider webhook_provider NOT NULL,
    event_id text NOT NULL,
    object_key text NOT NULL,
    type text NOT NULL,
    payload jsonb NOT NULL,
    occurred_at timestamptz NOT NULL,
    status webhook_status NOT NULL DEFAULT 'PENDING',
    deliveries integer NOT NULL DEFAULT 1,
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz DEFAULT now(),
    last_error text,
    received_at timestamptz NOT NULL DEFAULT now(),
    processed_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (provider, event_id),
    CONSTRAINT webhook_events_event_id_check CHECK (char_length(event_id) BETWEEN 1 AND 255),
    CONSTRAINT webhook_events_object_key_check CHECK (char_length(object_key) BETWEEN 1 AND 255),
    CONSTRAINT webhook_events_deliveries_check CHECK (deliveries > 0),
    CONSTRAINT webhook_events_attempts_check CHECK (attempts >= 0),
    CONSTRAINT webhook_events_next_attempt_at_check
        CHECK ((next_attempt_at IS NOT NULL) = (status IN ('PENDING', 'FAILED'))),
    CONSTRAINT webhook_events_processed_at_check
        CHECK ((processed_at IS NOT NULL) = (status = 'PROCESSED'))
);

-- What is left to do, and what went wrong; small, since almost every event is PROCESSED.
CREATE INDEX webhook_events_due_idx ON webhook_events (next_attempt_at)
WHERE status IN ('PENDING', 'FAILED');
CREATE INDEX webhook_events_failed_idx ON webhook_events (id)
WHERE status IN ('FAILED', 'DEAD');
-- The first one of an object that is still to be done is the only one that may be taken.
CREATE INDEX webhook_events_open_idx ON webhook_events (provider, object_key, occurred_at, event_id)
WHERE status IN ('PENDING', 'FAILED');
-- What maintenance deletes, the longest done first.
CREATE INDEX webhook_events_processed_idx ON webhook_events (processed_at, id)
WHERE status = 'PROCESSED';

-- The events of one object in the order in which they happened.
CREATE INDEX webhook_events_object_key_idx ON webhook_events (provider, object_key, occurred_at, event_id);

COMMENT ON TABLE webhook_events IS
    'The inbox for what Stripe and Clerk tell us; refers to no other table, so that nothing holds an event up.';
COMMENT ON COLUMN webhook_events.event_id IS 'The provider''s id for the event; the same for each delivery of it.';
COMMENT ON COLUMN webhook_events.object_key IS
    'The Stripe object or Clerk user that the event is about; events of one object go in order.';
COMMENT ON COLUMN webhook_events.type IS 'The provider''s name for it, as in customer.subscription.updated.';
COMMENT ON COLUMN webhook_events.payload IS 'The event as it was sent.';
COMMENT ON COLUMN webhook_events.occurred_at IS 'When it happened, by the provider''s clock.';
COMMENT ON COLUMN webhook_events.deliveries IS 'How often the provider has sent it; above 1 there were duplicates.';
COMMENT ON COLUMN webhook_events.attempts IS 'How often we have tried to process it.';
COMMENT ON COLUMN webhook_events.next_attempt_at IS 'When it is due; none when it is PROCESSED or DEAD.';
COMMENT ON COLUMN webhook_events.received_at IS 'When its first delivery reached us.';
