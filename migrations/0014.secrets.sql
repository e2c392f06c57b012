-- What nothing shows of a key.
-- depends: 0007.api_keys

COMMENT ON COLUMN api_keys.key_hash IS E'SHA-256 of the secret part: 32 bytes.\n@secret';
