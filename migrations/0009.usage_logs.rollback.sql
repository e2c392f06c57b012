-- The partitions go with the table.
DROP TABLE usage_logs;
