-- transactional: false

DROP INDEX CONCURRENTLY sessions_created_at_idx;
