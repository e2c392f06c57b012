-- One visitor's chat with one installation.
-- depends: 0004.installations

CREATE TABLE sessions (
    installation_id uuid NOT NULL REFERENCES installations (id) ON DELETE CASCADE,
    id uuid NOT NULL DEFAULT uuidv7(),
    session_key text NOT NULL,
    user_agent text,
    ip inet,
    referrer text,
    message_count integer NOT NULL DEFAULT 0,
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    -- Begins with the tenant, so that the table can be sharded by it.
    PRIMARY KEY (installation_id, id),
    -- One customer's visitor can never reach another's session.
    UNIQUE (installation_id, session_key),
    CONSTRAINT sessions_session_key_check CHECK (char_length(session_key) BETWEEN 1 AND 255),
    CONSTRAINT sessions_message_count_check CHECK (message_count >= 0)
)
-- Room on the page for the next version of a row that each message counts up.
WITH (fillfactor = 80);

-- Who was here last, and who has been idle longest.
CREATE INDEX sessions_last_seen_idx ON sessions (installation_id, last_seen_at DESC, id DESC);

COMMENT ON TABLE sessions IS E'One visitor''s chat with one installation.\n@tenant installation_id';
COMMENT ON COLUMN sessions.session_key IS 'The visitor''s own id, kept by the widget; unique within the installation.';
COMMENT ON COLUMN sessions.ip IS 'Personal data, as is user_agent.';
COMMENT ON COLUMN sessions.referrer IS 'The page that brought the visitor when the session began.';
COMMENT ON COLUMN sessions.message_count IS 'The seq of the newest message; the next one gets one more.';
COMMENT ON COLUMN sessions.last_seen_at IS 'When the visitor last opened the widget, or a message was written.';
