-- transactional: false

DROP INDEX CONCURRENTLY webhook_events_mentions_idx;
