DROP INDEX usage_logs_mentions_idx;
