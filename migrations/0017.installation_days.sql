-- What happened at an installation on a day of UTC, so that a dashboard does not count it each time.
-- depends: 0004.installations 0006.messages

CREATE TABLE installation_days (
    installation_id uuid NOT NULL REFERENCES installations (id) ON DELETE CASCADE,
    day date NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    is_counted boolean NOT NULL DEFAULT false,
    counted_at timestamptz,
    message_count bigint NOT NULL DEFAULT 0,
    prompt_tokens bigint NOT NULL DEFAULT 0,
    completion_tokens bigint NOT NULL DEFAULT 0,
    session_count bigint NOT NULL DEFAULT 0,
    spoken_count bigint NOT NULL DEFAULT 0,
    models text[] NOT NULL DEFAULT '{}',
    model_messages bigint[] NOT NULL DEFAULT '{}',
    model_prompt_tokens bigint[] NOT NULL DEFAULT '{}',
    model_completion_tokens bigint[] NOT NULL DEFAULT '{}',
    latencies integer[] NOT NULL DEFAULT '{}',
    latency_answers bigint[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (installation_id, day),
    CONSTRAINT installation_days_counted_at_check CHECK (counted_at IS NOT NULL OR NOT is_counted),
    CONSTRAINT installation_days_message_count_check CHECK (message_count >= 0),
    CONSTRAINT installation_days_session_count_check CHECK (session_count >= spoken_count),
    CONSTRAINT installation_days_models_check CHECK (
        cardinality(models) = cardinality(model_messages)
        AND cardinality(models) = cardinality(model_prompt_tokens)
        AND cardinality(models) = cardinality(model_completion_tokens)
    ),
    CONSTRAINT installation_days_latencies_check CHECK (cardinality(latencies) = cardinality(latency_answers))
);

-- What maintenance has to count again.
CREATE INDEX installation_days_uncounted_idx ON installation_days (installation_id, day) WHERE NOT is_counted;

COMMENT ON TABLE installation_days IS
    E'What happened at an installation on a day of UTC. A day without a row, or not counted, is asked of the messages themselves; whoever changes a past day says so here.\n@tenant installation_id';
COMMENT ON COLUMN installation_days.day IS 'The day, in UTC.';
COMMENT ON COLUMN installation_days.is_counted IS
    'Whether the counts are those of the messages and sessions that are there now.';
COMMENT ON COLUMN installation_days.counted_at IS 'When maintenance counted it last, if ever.';
COMMENT ON COLUMN installation_days.message_count IS 'Messages written on this day that are there still.';
COMMENT ON COLUMN installation_days.session_count IS 'Sessions that began on this day and are there still.';
COMMENT ON COLUMN installation_days.spoken_count IS 'Those of them in which something was said, on whatever day.';
COMMENT ON COLUMN installation_days.models IS 'The models that answered; ''unknown'' for answers that name none.';
COMMENT ON COLUMN installation_days.model_messages IS 'The answers of each of models.';
COMMENT ON COLUMN installation_days.model_prompt_tokens IS 'The prompt tokens of each of models.';
COMMENT ON COLUMN installation_days.model_completion_tokens IS 'The completion tokens of each of models.';
COMMENT ON COLUMN installation_days.latencies IS
    'The latencies of answers in milliseconds, each once and in order: percentiles of several days stay exact.';
COMMENT ON COLUMN installation_days.latency_answers IS 'How many answers took each of latencies.';
