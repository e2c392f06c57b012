-- Fill a migrated database: 2,000 users, 5,000 installations, 50,000 sessions and 500,000 messages
-- at scale 1. %(users)s and the others are numbers, %(big)s the messages of one long session.
--
-- Ids count up as version 7 ones do. Messages are written in the order of their time, so that those
-- of one installation lie scattered, as in life. Times are whole milliseconds: Prisma keeps no more.
SET session_replication_role = replica;  -- the rows are right by construction
SET maintenance_work_mem = '256MB';

CREATE FUNCTION pg_temp.key(kind int, n bigint) RETURNS uuid IMMUTABLE LANGUAGE sql
RETURN ('0190' || lpad(to_hex(kind), 4, '0') || '-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid;

INSERT INTO users (id, clerk_id, email, name, avatar_url, created_at, updated_at)
SELECT
    pg_temp.key(1, n), 'user_' || n, 'person' || n || '@example.com',
    CASE WHEN n %% 10 > 0 THEN 'Person Number ' || n END,
    CASE WHEN n %% 2 > 0 THEN 'https://img.example.com/' || n || '.png' END,
    '2026-01-01Z'::timestamptz + n * interval '1 second', '2026-02-01Z'
FROM generate_series(0, %(users)s - 1) AS n;

INSERT INTO subscriptions (
    id, user_id, stripe_customer_id, stripe_subscription_id, plan, status, message_limit,
    installation_limit, current_period_start, current_period_end, created_at, updated_at
)
SELECT
    pg_temp.key(2, n), pg_temp.key(1, n), 'cus_' || n, 'sub_' || n, 'PRO', 'ACTIVE', 20000, 10,
    '2026-02-01Z', '2026-03-01Z', '2026-01-01Z', '2026-02-01Z'
FROM generate_series(0, %(users)s - 1) AS n;

INSERT INTO installations (
    id, user_id, client_id, name, welcome_message, allowed_origins, message_count, created_at,
    updated_at
)
SELECT
    pg_temp.key(3, n), pg_temp.key(1, n %% %(users)s), 'client_' || n, 'Widget ' || n,
    'How can we help?', ARRAY['https://shop' || n || '.example'], 100, '2026-01-02Z', '2026-02-01Z'
FROM generate_series(0, %(installations)s - 1) AS n;

INSERT INTO sessions (
    installation_id, id, session_key, user_agent, ip, referrer, message_count, last_seen_at,
    created_at, updated_at
)
SELECT
    pg_temp.key(3, n %% %(installations)s), pg_temp.key(4, n), 'visitor_' || n,
    'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    '10.0.0.0'::inet + n, 'https://shop.example/', 10,
    '2026-02-01Z'::timestamptz + n * interval '1 millisecond', '2026-01-03Z', '2026-02-01Z'
FROM generate_series(0, %(sessions)s - 1) AS n;

-- Session number 0 of an installation of its own, for W4.
INSERT INTO installations (id, user_id, client_id, name, message_count, created_at, updated_at)
VALUES (pg_temp.key(5, 0), pg_temp.key(1, 0), 'client_big', 'Big', %(big)s, '2026-01-02Z', '2026-02-01Z');
INSERT INTO sessions (installation_id, id, session_key, message_count, last_seen_at, created_at, updated_at)
VALUES (pg_temp.key(5, 0), pg_temp.key(5, 0), 'big', %(big)s, '2026-02-01Z', '2026-01-02Z', '2026-02-01Z');

INSERT INTO messages (
    installation_id, id, session_id, seq, role, content, model, prompt_tokens, completion_tokens,
    latency_ms, created_at, updated_at
)
SELECT
    pg_temp.key(w.place, w.installation), pg_temp.key(6, w.n), pg_temp.key(w.kind, w.session),
    w.seq, CASE WHEN w.answer THEN 'ASSISTANT' ELSE 'USER' END::message_role,
    CASE
        WHEN w.answer THEN 'Under Account, Security. The link is good for an hour. (' || w.n || ')'
        ELSE 'How do I reset my password? (' || w.n || ')'
    END,
    CASE WHEN w.answer THEN 'amber-small' END, CASE WHEN w.answer THEN 240 END,
    CASE WHEN w.answer THEN 21 END, CASE WHEN w.answer THEN 900 END,
    '2026-02-02Z'::timestamptz + w.n * interval '1 millisecond', '2026-02-03Z'
FROM (
    SELECT
        n, 3 AS place, 4 AS kind, (n %% %(sessions)s) %% %(installations)s AS installation,
        n %% %(sessions)s AS session, n / %(sessions)s + 1 AS seq, (n / %(sessions)s) %% 2 = 1 AS answer
    FROM generate_series(0, %(messages)s - 1) AS n
    UNION ALL
    SELECT %(messages)s + n, 5, 5, 0, 0, n + 1, n %% 2 = 1
    FROM generate_series(0, %(big)s - 1) AS n
) AS w
ORDER BY w.n;
