COMMENT ON COLUMN api_keys.key_hash IS 'SHA-256 of the secret part: 32 bytes.';
