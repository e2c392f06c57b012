-- The inbox for what Stripe and Clerk tell us.
--
-- An event is recorded before it is answered for, once however often it is delivered, and then
-- tried until it is PROCESSED or DEAD.

-- name: claim(lease, now)<!
-- Take the next event that is due, and count the attempt; it is nobody else's until the lease ends.
--
-- Only the first open event of an object can be taken. One that has used up its eight attempts, the last
-- of which killed its worker, comes back DEAD. None when nothing is due by `now`, the server's clock
-- unless given.
-- @returns WebhookEvent
-- @nullable now
UPDATE webhook_events AS w
SET
    status = CASE WHEN w.attempts >= 8 THEN 'DEAD'::webhook_status ELSE w.status END,
    attempts = LEAST(w.attempts + 1, 8),
    next_attempt_at = CASE WHEN w.attempts < 8 THEN COALESCE(:now, now()) + :lease::interval END,
    last_error = CASE
        WHEN w.attempts >= 8 THEN COALESCE(w.last_error, 'Every attempt ended with its worker.')
        ELSE w.last_error
    END,
    updated_at = now()
WHERE w.id = (
    SELECT due.id
    FROM webhook_events AS due
    WHERE due.status IN ('PENDING', 'FAILED')
      AND due.next_attempt_at <= COALESCE(:now, now())
      AND NOT EXISTS (
        SELECT FROM webhook_events AS earlier
        WHERE earlier.provider = due.provider
          AND earlier.object_key = due.object_key
          AND earlier.status IN ('PENDING', 'FAILED')
          AND (earlier.occurred_at, earlier.event_id) < (due.occurred_at, due.event_id)
      )
    ORDER BY due.next_attempt_at
    LIMIT 1
    FOR UPDATE SKIP LOCKED
  )
RETURNING
    w.id, w.provider, w.event_id, w.object_key, w.type, w.payload, w.occurred_at, w.status,
    w.deliveries, w.attempts, w.next_attempt_at, w.last_error, w.received_at, w.processed_at,
    w.created_at, w.updated_at;

-- name: delete_processed(ids)!
-- Remove events that are done with, but for the newest word on a Clerk user.
--
-- That one tells what a person's row shows, so that an older event which comes late changes nothing;
-- what Stripe said last stands in stripe_subscriptions.
DELETE FROM webhook_events AS w
WHERE w.id IN (
    -- In one order for everybody who locks several.
    SELECT done.id FROM webhook_events AS done WHERE done.id = ANY (:ids) ORDER BY done.id FOR UPDATE
  )
  AND w.status = 'PROCESSED'
  AND NOT (
    w.provider = 'CLERK'
    AND w.type IN ('user.created', 'user.updated')
    AND NOT EXISTS (
        SELECT FROM webhook_events AS newer
        WHERE newer.provider = w.provider
          AND newer.object_key = w.object_key
          AND newer.type IN ('user.created', 'user.updated')
          AND newer.status = 'PROCESSED'
          AND newer.occurred_at > w.occurred_at
    )
  );

-- name: fail(id, attempts, last_error, delay, now)<!
-- Note that this attempt went wrong, and when to try again; the eighth makes the event DEAD.
--
-- Gives None when the event is no longer this attempt's.
-- @nullable now
UPDATE webhook_events AS w
SET
    status = CASE WHEN w.attempts >= 8 THEN 'DEAD'::webhook_status ELSE 'FAILED'::webhook_status END,
    next_attempt_at = CASE WHEN w.attempts < 8 THEN COALESCE(:now, now()) + :delay::interval END,
    last_error = :last_error,
    updated_at = now()
WHERE w.id = :id
  AND w.attempts = :attempts
  AND w.status IN ('PENDING', 'FAILED')
RETURNING w.status;

-- name: forget(ids, texts, id)!
-- Empty the events about one of `ids`, and take these and `texts` out of every other event.
--
-- An event is about an id that is its object's key, or the user or customer that its object belongs
-- to; what was open of these is done. In another event each of them becomes 'erased', where it is a
-- whole value or key; its effect still happens. A text with an @ is an address, whatever the case of
-- its letters A to Z; one that Clerk says another user has is theirs, and stays.
-- With an `id` only that event is looked at.
-- @nullable id
-- @allow tenant_scope: erasing looks for a person everywhere
WITH sought AS (
    SELECT
        array_agg(lower(q.text COLLATE "C")) AS texts,
        -- The texts as JSON writes them, quotes and all; a quote behind a backslash begins no text.
        '(?<!\\)"(' || string_agg(q.pattern, '|') FILTER (WHERE NOT q.is_address) || ')"' AS ids,
        '(?<!\\)"(' || string_agg(q.pattern, '|') FILTER (WHERE q.is_address) || ')"' AS addresses
    FROM (
        SELECT
            t.text,
            position('@' IN t.text) > 0 AS is_address,
            regexp_replace(
                substring(to_jsonb(t.text)::text FROM 2 FOR length(to_jsonb(t.text)::text) - 2),
                '([][\\.*+?^${}()|])', '\\\1', 'g'
            ) AS pattern
        FROM unnest(:ids::text[] || :texts::text[]) AS t (text)
    ) AS q
),
found AS (
    SELECT
        w.id,
        about.is_own,
        CASE
            WHEN w.provider = 'CLERK' AND w.type IN ('user.created', 'user.updated')
                THEN without.ids::jsonb
            ELSE COALESCE(
                regexp_replace(without.ids COLLATE "C", sought.addresses, '"erased"', 'gi'),
                without.ids
            )::jsonb
        END AS rest
    FROM webhook_events AS w
    CROSS JOIN sought
    CROSS JOIN LATERAL (
        SELECT COALESCE(
            regexp_replace(w.payload::text, sought.ids, '"erased"', 'g'), w.payload::text
        ) AS ids
    ) AS without
    CROSS JOIN LATERAL (
        SELECT CASE w.provider WHEN 'STRIPE' THEN w.payload #> '{data,object}' ELSE w.payload -> 'data' END AS said
    ) AS object
    CROSS JOIN LATERAL (
        SELECT COALESCE(
            w.object_key = ANY (:ids)
            OR ARRAY[
                object.said ->> 'id', object.said ->> 'user_id', object.said ->> 'customer',
                object.said #>> '{customer,id}', object.said ->> 'subscription',
                object.said #>> '{subscription,id}'
            ] && :ids
            OR (
                -- A checkout names our own id; but a customer whom we know decides.
                ARRAY[
                    object.said ->> 'client_reference_id', object.said #>> '{metadata,user_id}',
                    object.said #>> '{parent,subscription_details,metadata,user_id}'
                ] && :ids
                AND NOT EXISTS (
                    SELECT FROM subscriptions AS s
                    WHERE s.stripe_customer_id = COALESCE(
                        object.said #>> '{customer,id}', object.said ->> 'customer'
                    )
                )
            ),
            false
        ) AS is_own
    ) AS about
    WHERE w.id = ANY (ARRAY(
        SELECT :id::uuid AS id
        WHERE :id::uuid IS NOT NULL
        UNION ALL
        SELECT mentioning.id
        FROM webhook_events AS mentioning
        WHERE :id::uuid IS NULL
          AND (
            (mentioning.provider = 'CLERK' AND mentioning.object_key = ANY (:ids))
            OR (mentioning.provider = 'STRIPE' AND mentioning.object_key = ANY (:ids))
            -- The expression of webhook_events_mentions_idx, so that its index answers.
            OR lower((
                jsonb_path_query_array(
                    mentioning.payload, 'strict $.** ? (@ like_regex "@|^(user|cus|sub)_|^[0-9a-f-]{36}$")'
                )
                || CASE
                    WHEN mentioning.payload::text ~ '(@|"(user|cus|sub)_)([^"\\]|\\.)*":|"[0-9a-f-]{36}":'
                        THEN jsonb_path_query_array(
                            mentioning.payload,
                            'strict $.** ? (@.type() == "object").keyvalue().key ? (@ like_regex "@|^(user|cus|sub)_|^[0-9a-f-]{36}$")'
                        )
                    ELSE '[]'
                END
            )::text COLLATE "C")::jsonb ?| (SELECT sought.texts FROM sought)
          )
    ))
    -- In one order for everybody, so that no two erasures wait for each other.
    ORDER BY w.id
    FOR UPDATE OF w
)
UPDATE webhook_events AS w
SET
    payload = CASE WHEN f.is_own THEN '{}' ELSE f.rest END,
    object_key = CASE WHEN f.is_own THEN 'erased' ELSE w.object_key END,
    last_error = CASE WHEN f.is_own THEN NULL ELSE w.last_error END,
    status = CASE WHEN f.is_own THEN 'PROCESSED' ELSE w.status END,
    next_attempt_at = CASE WHEN f.is_own THEN NULL ELSE w.next_attempt_at END,
    processed_at = CASE WHEN f.is_own THEN COALESCE(w.processed_at, now()) ELSE w.processed_at END,
    updated_at = now()
FROM found AS f
WHERE w.id = f.id
  AND (f.is_own OR f.rest <> w.payload);

-- name: get(id)^
-- Find an event by our own id.
-- @returns WebhookEvent
SELECT
    w.id, w.provider, w.event_id, w.object_key, w.type, w.payload, w.occurred_at, w.status,
    w.deliveries, w.attempts, w.next_attempt_at, w.last_error, w.received_at, w.processed_at,
    w.created_at, w.updated_at
FROM webhook_events AS w
WHERE w.id = :id;

-- name: hold(id, attempts)$
-- Hold an event that is still this attempt's, and the first open one of its object; gives its id.
--
-- Call lock_object before, in the same transaction.
SELECT w.id
FROM webhook_events AS w
WHERE w.id = :id
  AND w.attempts = :attempts
  AND w.status IN ('PENDING', 'FAILED')
  AND NOT EXISTS (
    SELECT FROM webhook_events AS earlier
    WHERE earlier.provider = w.provider
      AND earlier.object_key = w.object_key
      AND earlier.status IN ('PENDING', 'FAILED')
      AND (earlier.occurred_at, earlier.event_id) < (w.occurred_at, w.event_id)
  )
FOR UPDATE;

-- name: list_due(limit)
-- The events to be tried now, those that have waited longest first; 100 unless `limit` says otherwise.
-- @returns WebhookEvent
-- @nullable limit
SELECT
    w.id, w.provider, w.event_id, w.object_key, w.type, w.payload, w.occurred_at, w.status,
    w.deliveries, w.attempts, w.next_attempt_at, w.last_error, w.received_at, w.processed_at,
    w.created_at, w.updated_at
FROM webhook_events AS w
WHERE w.status IN ('PENDING', 'FAILED')
  AND w.next_attempt_at <= now()
ORDER BY w.next_attempt_at
LIMIT COALESCE(:limit, 100);

-- name: list_failed(after_id, limit)
-- Page through the events that went wrong, FAILED and DEAD, oldest first.
--
-- A page holds 100 unless `limit` says otherwise; the id of its last row is the `after_id` of the next.
-- @returns WebhookEvent
-- @nullable limit
SELECT
    w.id, w.provider, w.event_id, w.object_key, w.type, w.payload, w.occurred_at, w.status,
    w.deliveries, w.attempts, w.next_attempt_at, w.last_error, w.received_at, w.processed_at,
    w.created_at, w.updated_at
FROM webhook_events AS w
-- The predicate of webhook_events_failed_idx, so that its index answers.
WHERE w.status IN ('FAILED', 'DEAD')
  AND w.id > :after_id  -- @if after_id
ORDER BY w.id
LIMIT COALESCE(:limit, 100);

-- name: list_of_moment(provider, object_key, occurred_at, types)
-- The events of an object that happened at one moment and have been processed, of these types.
-- @returns WebhookEvent
SELECT
    w.id, w.provider, w.event_id, w.object_key, w.type, w.payload, w.occurred_at, w.status,
    w.deliveries, w.attempts, w.next_attempt_at, w.last_error, w.received_at, w.processed_at,
    w.created_at, w.updated_at
FROM webhook_events AS w
WHERE w.provider = :provider
  AND w.object_key = :object_key
  AND w.occurred_at = :occurred_at
  AND w.type = ANY (:types)
  AND w.status = 'PROCESSED'
ORDER BY w.event_id;

-- name: list_processed(processed_before, after_processed_at, after_id, limit)
-- Page through the events that were done with before a moment, those that have been for longest first.
--
-- A page holds 1,000 unless `limit` says otherwise; processed_at and id of its last row are
-- `after_processed_at` and `after_id` of the next.
-- @returns ProcessedEvent
-- @nullable limit
SELECT w.id, w.processed_at
FROM webhook_events AS w
WHERE w.status = 'PROCESSED'
  AND w.processed_at < :processed_before
  AND (w.processed_at, w.id) > (:after_processed_at, :after_id)  -- @if after_processed_at after_id
ORDER BY w.processed_at, w.id
LIMIT COALESCE(:limit, 1000);

-- name: lock_object(provider, object_key, patience)$
-- Try to be the only one at work on an object until the transaction ends; tells whether it is so.
--
-- The server ends a transaction that has been idle for `patience`, such as '40s': a frozen worker holds
-- nothing up for longer.
SELECT COALESCE(
    pg_try_advisory_xact_lock(hashtextextended(:provider::webhook_provider::text || ' ' || :object_key, 0))
    AND set_config('idle_in_transaction_session_timeout', :patience, true) IS NOT NULL,
    false
);

-- name: mark_failed(id, last_error, next_attempt_at)<!
-- Note that an attempt went wrong, and when to try again; without a next attempt it is DEAD.
--
-- Gives None when there is no such event, or it is PROCESSED already.
-- @returns WebhookEvent
-- @nullable next_attempt_at
UPDATE webhook_events AS w
SET
    status = CASE
        WHEN :next_attempt_at::timestamptz IS NULL THEN 'DEAD'::webhook_status
        ELSE 'FAILED'::webhook_status
    END,
    attempts = w.attempts + 1,
    next_attempt_at = :next_attempt_at,
    last_error = :last_error,
    updated_at = now()
WHERE w.id = :id
  AND w.status <> 'PROCESSED'
RETURNING
    w.id, w.provider, w.event_id, w.object_key, w.type, w.payload, w.occurred_at, w.status,
    w.deliveries, w.attempts, w.next_attempt_at, w.last_error, w.received_at, w.processed_at,
    w.created_at, w.updated_at;

-- name: mark_processed(id)<!
-- Note that an event is done with.
--
-- Gives None when there is no such event, or it was PROCESSED before.
-- @returns WebhookEvent
UPDATE webhook_events AS w
SET
    status = 'PROCESSED',
    attempts = w.attempts + 1,
    next_attempt_at = NULL,
    processed_at = now(),
    updated_at = now()
WHERE w.id = :id
  AND w.status <> 'PROCESSED'
RETURNING
    w.id, w.provider, w.event_id, w.object_key, w.type, w.payload, w.occurred_at, w.status,
    w.deliveries, w.attempts, w.next_attempt_at, w.last_error, w.received_at, w.processed_at,
    w.created_at, w.updated_at;

-- name: newest_moment(provider, object_key, types)$
-- When the newest event of an object happened that has been processed, of these types.
SELECT w.occurred_at
FROM webhook_events AS w
WHERE w.provider = :provider
  AND w.object_key = :object_key
  AND w.type = ANY (:types)
  AND w.status = 'PROCESSED'
ORDER BY w.occurred_at DESC
LIMIT 1;

-- name: record(provider, event_id, object_key, type, payload, occurred_at)<!
-- Take an event in; a delivery of one that is known only counts it.
--
-- `is_new` is true for exactly one delivery of an event, however many arrive at once.
-- @returns RecordedEvent
INSERT INTO webhook_events AS w (provider, event_id, object_key, type, payload, occurred_at)
VALUES (:provider, :event_id, :object_key, :type, :payload, :occurred_at)
-- DO NOTHING would give no row for a known event, and a second look may not see it yet.
ON CONFLICT (provider, event_id) DO UPDATE
SET
    deliveries = w.deliveries + 1,
    updated_at = now()
RETURNING w.id, w.status, w.deliveries = 1 AS is_new;

-- name: release(id, attempts, delay, now)!
-- Give an event back that was not tried, since its object is somebody else's just now.
-- @nullable now
UPDATE webhook_events AS w
SET
    attempts = w.attempts - 1,
    next_attempt_at = COALESCE(:now, now()) + :delay::interval,
    updated_at = now()
WHERE w.id = :id
  AND w.attempts = :attempts
  AND w.status IN ('PENDING', 'FAILED');

-- name: retry_dead(id, now)!
-- Let a DEAD event, or all of them without an `id`, be tried again from the first attempt.
-- @nullable id
-- @nullable now
UPDATE webhook_events AS w
SET
    status = 'PENDING',
    attempts = 0,
    next_attempt_at = COALESCE(:now, now()),
    updated_at = now()
WHERE w.id IN (
    SELECT dead.id
    FROM webhook_events AS dead
    -- The predicate of webhook_events_failed_idx, so that its index answers.
    WHERE dead.status IN ('FAILED', 'DEAD')
      AND dead.status = 'DEAD'
      AND dead.id = COALESCE(:id, dead.id)
    -- In one order for everybody who locks several.
    ORDER BY dead.id
    FOR UPDATE
  );

-- name: settle(id, attempts, now)!
-- Note that an event is done with, by the attempt that did it.
-- @nullable now
UPDATE webhook_events AS w
SET
    status = 'PROCESSED',
    next_attempt_at = NULL,
    processed_at = COALESCE(:now, now()),
    updated_at = now()
WHERE w.id = :id
  AND w.attempts = :attempts
  AND w.status IN ('PENDING', 'FAILED');

-- name: stats(now)^
-- How much is waiting, how much is dead, and for how long the oldest has waited.
-- @returns WebhookStats
-- @nullable now
SELECT
    waiting.pending, waiting.failed, dead.dead, COALESCE(:now, now()) - waiting.oldest AS oldest_pending_age
FROM (
    SELECT
        count(*) FILTER (WHERE w.status = 'PENDING') AS pending,
        count(*) FILTER (WHERE w.status = 'FAILED') AS failed,
        min(w.received_at) AS oldest
    FROM webhook_events AS w
    WHERE w.status IN ('PENDING', 'FAILED')
) AS waiting
CROSS JOIN (
    SELECT count(*) AS dead
    FROM webhook_events AS w
    WHERE w.status IN ('FAILED', 'DEAD')
      AND w.status = 'DEAD'
) AS dead;

-- name: wait_for_object(provider, object_key)$
-- Wait until nobody is at work on an object, and keep it so until the transaction ends; always true.
SELECT COALESCE(
    pg_advisory_xact_lock(hashtextextended(:provider::webhook_provider::text || ' ' || :object_key, 0))::text
    IS NOT NULL,
    true
);
