DROP TABLE installations;
DROP TYPE widget_position;
DROP TYPE installation_status;
