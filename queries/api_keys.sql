-- Keys for our HTTP API.
--
-- A request names its key by key_id; what it may do is decided by whoever asked, from the row.

-- name: create(user_id, key_id, key_hash, name, scopes, expires_at)<!
-- Add a key, given the SHA-256 of its secret; it never expires unless `expires_at` is given.
--
-- Raises RowNotFound for a user who is unknown or was erased.
-- @returns ApiKey
-- @one
-- @nullable expires_at
INSERT INTO api_keys AS k (user_id, key_id, key_hash, name, scopes, expires_at)
SELECT u.id, :key_id, :key_hash, :name, :scopes, :expires_at
FROM users AS u
WHERE u.id = :user_id
  AND u.clerk_id <> 'erased_' || u.id
-- Waits for an erasure under way, and then looks at the row again.
FOR KEY SHARE
RETURNING
    k.id, k.user_id, k.key_id, k.key_hash, k.name, k.scopes, k.last_used_at, k.expires_at,
    k.revoked_at, k.created_at, k.updated_at;

-- name: delete_for_user(user_id)!
-- Remove all of a user's keys.
DELETE FROM api_keys AS k
WHERE k.user_id = :user_id
  AND k.id IN (
    -- In one order for everybody who locks several.
    SELECT own.id FROM api_keys AS own WHERE own.user_id = :user_id ORDER BY own.id FOR UPDATE
  );

-- name: get_by_key_id(key_id)^
-- Find the key that a request names, revoked and expired ones too.
-- @returns ApiKey
-- @allow tenant_scope: how a request comes in; the key decides whose it is
SELECT
    k.id, k.user_id, k.key_id, k.key_hash, k.name, k.scopes, k.last_used_at, k.expires_at,
    k.revoked_at, k.created_at, k.updated_at
FROM api_keys AS k
WHERE k.key_id = :key_id;

-- name: list_for_user(user_id, before_id, limit)
-- Page through a user's keys, the newest first, revoked and expired ones too.
--
-- A page holds 100 unless `limit` says otherwise; the id of its last row is the `before_id` of the
-- next.
-- @returns ApiKey
-- @nullable limit
SELECT
    k.id, k.user_id, k.key_id, k.key_hash, k.name, k.scopes, k.last_used_at, k.expires_at,
    k.revoked_at, k.created_at, k.updated_at
FROM api_keys AS k
WHERE k.user_id = :user_id
  AND k.id < :before_id  -- @if before_id
ORDER BY k.id DESC
LIMIT COALESCE(:limit, 100);

-- name: lock(user_id, id)^
-- Find one of a user's keys, and hold it until the transaction ends.
-- @returns ApiKey
SELECT
    k.id, k.user_id, k.key_id, k.key_hash, k.name, k.scopes, k.last_used_at, k.expires_at,
    k.revoked_at, k.created_at, k.updated_at
FROM api_keys AS k
-- The person before the key, as whoever removes them with their keys does: docs/domain.md has the order.
WHERE k.user_id = (SELECT u.id FROM users AS u WHERE u.id = :user_id FOR KEY SHARE)
  AND k.user_id = :user_id
  AND k.id = :id
FOR UPDATE;

-- name: retire(user_id, id, overlap, now)!
-- Let a key that is alive end after `overlap`, unless it does so before; without one it is revoked.
--
-- Gives 0 for a key that is not the user's, or is revoked or expired. The moment is the server's clock
-- behind the row's lock, unless given: of several calls at once without an overlap one has the key.
-- @nullable now
UPDATE api_keys AS k
SET
    expires_at = LEAST(k.expires_at, COALESCE(:now, clock_timestamp()) + :overlap::interval),
    revoked_at = CASE
        WHEN :overlap::interval <= interval '0' THEN COALESCE(:now, clock_timestamp())
        ELSE k.revoked_at
    END,
    updated_at = now()
WHERE k.user_id = :user_id
  AND k.id = :id
  AND k.revoked_at IS NULL
  AND (k.expires_at IS NULL OR k.expires_at > COALESCE(:now, clock_timestamp()));

-- name: revoke(user_id, id)<!
-- End a key for good. Repeating it keeps the first moment.
-- @returns ApiKey
UPDATE api_keys AS k
SET
    revoked_at = COALESCE(k.revoked_at, now()),
    updated_at = now()
WHERE k.user_id = :user_id
  AND k.id = :id
RETURNING
    k.id, k.user_id, k.key_id, k.key_hash, k.name, k.scopes, k.last_used_at, k.expires_at,
    k.revoked_at, k.created_at, k.updated_at;

-- name: touch(user_id, id, now)!
-- Note that a key was used; writes at most once a minute, and gives 0 when it did not.
-- @nullable now
UPDATE api_keys AS k
SET
    last_used_at = COALESCE(:now, now()),
    updated_at = now()
WHERE k.user_id = :user_id
  AND k.id = :id
  AND (k.last_used_at IS NULL OR k.last_used_at <= COALESCE(:now, now()) - interval '1 minute');
