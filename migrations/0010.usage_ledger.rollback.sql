DROP TABLE message_rates;
DROP TABLE usage_ledger;
DROP TYPE usage_refusal;
DROP TYPE usage_entry_kind;
DROP VIEW subscription_rights;
