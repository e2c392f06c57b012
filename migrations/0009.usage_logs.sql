-- Analytics: what happened and how often, a partition a month.
-- depends: 0001.uuidv7

CREATE TABLE usage_logs (
    id uuid NOT NULL DEFAULT uuidv7(),
    user_id uuid,
    installation_id uuid,
    event text NOT NULL,
    quantity bigint NOT NULL DEFAULT 1,
    properties jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    -- A unique key of a partitioned table holds the column that it is partitioned by.
    PRIMARY KEY (id, created_at),
    CONSTRAINT usage_logs_event_check CHECK (char_length(event) BETWEEN 1 AND 255)
)
PARTITION BY RANGE (created_at);

CREATE INDEX usage_logs_installation_id_idx ON usage_logs (installation_id, created_at DESC, id DESC);
CREATE INDEX usage_logs_user_id_idx ON usage_logs (user_id, created_at);

-- Takes a row whose month nobody made, so that none is lost. Before that month can be made, its
-- rows have to leave here; and while this partition stands no other can be detached concurrently.
CREATE TABLE usage_logs_default PARTITION OF usage_logs DEFAULT;

-- The month in which this runs and the two after it, in UTC; maintenance makes the later ones.
DO $do$
DECLARE
    this_month timestamp := date_trunc('month', now() AT TIME ZONE 'UTC');
    month timestamp;
BEGIN
    FOR month IN SELECT generate_series(this_month, this_month + interval '2 months', interval '1 month') LOOP
        EXECUTE format(
            'CREATE TABLE %I PARTITION OF usage_logs FOR VALUES FROM (%L) TO (%L)',
            to_char(month, '"usage_logs_"YYYY_MM'),
            to_char(month, 'YYYY-MM-DD"T00:00:00Z"'),
            to_char(month + interval '1 month', 'YYYY-MM-DD"T00:00:00Z"')
        );
    END LOOP;
END
$do$;

COMMENT ON TABLE usage_logs IS
    E'Analytics: what happened and how often. Refers to no other table; a partition a month, so that retention is a DROP.\n@tenant user_id, installation_id';
COMMENT ON COLUMN usage_logs.user_id IS 'Whose account it counts for, if anybody''s.';
COMMENT ON COLUMN usage_logs.installation_id IS 'Where it happened, if at an installation.';
COMMENT ON COLUMN usage_logs.event IS 'What happened, as in message.sent.';
COMMENT ON COLUMN usage_logs.quantity IS 'How many of it; the unit goes with the event.';
COMMENT ON COLUMN usage_logs.properties IS 'What else there is to say of it; each event has its own.';
COMMENT ON COLUMN usage_logs.created_at IS 'When it happened; decides the partition.';
COMMENT ON TABLE usage_logs_default IS 'Rows of months that have no partition yet.';
