-- Whom the properties of what happened mention, as 0012 has it for webhooks.
-- depends: 0009.usage_logs

-- Partial: hardly a row mentions anybody. A partitioned table takes no CONCURRENTLY, so rows that are
-- written meanwhile wait for it. usage_logs.forget asks by the same expressions.
CREATE INDEX usage_logs_mentions_idx ON usage_logs USING gin ((
    lower((
        jsonb_path_query_array(
            properties, 'strict $.** ? (@ like_regex "@|^(user|cus|sub)_|^[0-9a-f-]{36}$")'
        )
        || jsonb_path_query_array(
            properties,
            'strict $.** ? (@.type() == "object").keyvalue().key ? (@ like_regex "@|^(user|cus|sub)_|^[0-9a-f-]{36}$")'
        )
    )::text COLLATE "C")::jsonb
))
WHERE properties::text ~ '@|"(user|cus|sub)_|"[0-9a-f-]{36}"';
