-- transactional: false

DROP INDEX CONCURRENTLY sessions_identified_idx;
