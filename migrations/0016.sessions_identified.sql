-- Visitors whose IP or user agent is still known, so that maintenance reads no blanked session again.
-- depends: 0005.sessions
-- transactional: false

CREATE INDEX CONCURRENTLY sessions_identified_idx ON sessions (installation_id, last_seen_at, id)
WHERE ip IS NOT NULL OR user_agent IS NOT NULL;
