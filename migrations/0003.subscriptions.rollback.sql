DROP TABLE subscriptions;
DROP VIEW plan_limits;
DROP TYPE subscription_status;
DROP TYPE plan;
