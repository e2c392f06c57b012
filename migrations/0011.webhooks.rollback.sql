DROP TABLE erased_people;
DROP TABLE stripe_subscriptions;
COMMENT ON COLUMN webhook_events.next_attempt_at IS 'When it is due; none when it is PROCESSED or DEAD.';
COMMENT ON COLUMN webhook_events.attempts IS 'How often we have tried to process it.';
