DROP TABLE installation_days;
