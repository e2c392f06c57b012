-- What was said in a session.
-- depends: 0005.sessions

CREATE TYPE message_role AS ENUM ('USER', 'ASSISTANT');

COMMENT ON TYPE message_role IS 'Who said it: USER is the visitor.';

CREATE TABLE messages (
    installation_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    session_id uuid NOT NULL,
    seq integer NOT NULL,
    role message_role NOT NULL,
    content text NOT NULL,
    model text,
    prompt_tokens integer,
    completion_tokens integer,
    latency_ms integer,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    -- Begins with the tenant, so that the table can be sharded by it.
    PRIMARY KEY (installation_id, id),
    -- A conversation in its order, from either end.
    UNIQUE (installation_id, session_id, seq),
    -- By both columns: a message cannot stand in another installation's session.
    FOREIGN KEY (installation_id, session_id) REFERENCES sessions (installation_id, id) ON DELETE CASCADE,
    CONSTRAINT messages_seq_check CHECK (seq > 0),
    CONSTRAINT messages_prompt_tokens_check CHECK (prompt_tokens >= 0),
    CONSTRAINT messages_completion_tokens_check CHECK (completion_tokens >= 0),
    CONSTRAINT messages_latency_ms_check CHECK (latency_ms >= 0)
)
-- Rows are only added: unless VACUUM comes for that, the dashboard fetches from the table, row by row,
-- what its index holds already. By default it would wait for a fifth of the table.
WITH (autovacuum_vacuum_insert_scale_factor = 0.02);

-- The newest of an installation first, whatever their session; and what the dashboard counts, which it
-- would else fetch from as many pages as there are messages.
CREATE INDEX messages_created_at_idx ON messages (installation_id, created_at DESC, id DESC)
INCLUDE (role, model, prompt_tokens, completion_tokens, latency_ms);

COMMENT ON TABLE messages IS E'What was said in a session, a row for each question and each answer.\n@tenant installation_id';
COMMENT ON COLUMN messages.seq IS
    'The place in the session, from 1: a question and its answer in one transaction have the same created_at.';
COMMENT ON COLUMN messages.model IS 'The model that answered; none for what a visitor said.';
COMMENT ON COLUMN messages.latency_ms IS 'Milliseconds from the question to the whole answer.';
