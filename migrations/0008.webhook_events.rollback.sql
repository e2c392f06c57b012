DROP TABLE webhook_events;
DROP TYPE webhook_status;
DROP TYPE webhook_provider;
