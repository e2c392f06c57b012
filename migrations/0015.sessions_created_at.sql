-- When sessions began, so that a dashboard reads those of its days and not all of them.
-- depends: 0005.sessions
-- transactional: false

-- Without message_count, which would answer from the index alone: each message writes it, and an
-- update of an indexed column writes an entry into every index of the table.
CREATE INDEX CONCURRENTLY sessions_created_at_idx ON sessions (installation_id, created_at);
