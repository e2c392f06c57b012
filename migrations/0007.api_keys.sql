-- Keys for our HTTP API.
-- depends: 0002.users

CREATE TABLE api_keys (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    key_id text NOT NULL UNIQUE,
    key_hash bytea NOT NULL,
    name text NOT NULL,
    scopes text[] NOT NULL DEFAULT '{}',
    last_used_at timestamptz,
    expires_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT api_keys_key_id_check CHECK (char_length(key_id) BETWEEN 1 AND 255),
    CONSTRAINT api_keys_key_hash_check CHECK (octet_length(key_hash) = 32),
    CONSTRAINT api_keys_scopes_check CHECK (array_position(scopes, NULL) IS NULL)
);

CREATE INDEX api_keys_user_id_idx ON api_keys (user_id, id);

COMMENT ON TABLE api_keys IS E'A key for our HTTP API; the secret itself is never stored.\n@tenant user_id';
COMMENT ON COLUMN api_keys.key_id IS 'The public part of the key, by which it is looked up.';
COMMENT ON COLUMN api_keys.key_hash IS 'SHA-256 of the secret part: 32 bytes.';
COMMENT ON COLUMN api_keys.name IS 'What the owner calls it.';
COMMENT ON COLUMN api_keys.scopes IS 'What the key may do; empty allows nothing.';
COMMENT ON COLUMN api_keys.last_used_at IS 'Written at most once a minute.';
COMMENT ON COLUMN api_keys.expires_at IS 'None: it never expires.';
COMMENT ON COLUMN api_keys.revoked_at IS 'Set: the key is dead, for good.';
