-- Whom an event mentions, so that erasing somebody reads their events and not the whole inbox.
-- depends: 0008.webhook_events
-- transactional: false

-- The texts that are an address or look like an id, values and keys of objects, in lower case: a
-- dozen entries an event, where an index of the whole payload would have hundreds. Taking keys out is
-- slow, and done only where one of them can be such a text. webhook_events.forget asks by the same
-- expression.
CREATE INDEX CONCURRENTLY webhook_events_mentions_idx ON webhook_events USING gin ((
    lower((
        jsonb_path_query_array(
            payload, 'strict $.** ? (@ like_regex "@|^(user|cus|sub)_|^[0-9a-f-]{36}$")'
        )
        || CASE
            WHEN payload::text ~ '(@|"(user|cus|sub)_)([^"\\]|\\.)*":|"[0-9a-f-]{36}":'
                THEN jsonb_path_query_array(
                    payload,
                    'strict $.** ? (@.type() == "object").keyvalue().key ? (@ like_regex "@|^(user|cus|sub)_|^[0-9a-f-]{36}$")'
                )
            ELSE '[]'
        END
    )::text COLLATE "C")::jsonb
));
