-- Views over views, one that can be written through, a materialized one, and functions.

CREATE VIEW active_customers AS
SELECT id, email, name, nickname, tier, created_at, tags
FROM customers
WHERE deleted_at IS NULL;

CREATE VIEW customer_orders AS
SELECT c.id AS customer_id, c.name, c.nickname, o.id AS order_id, o.status, o.placed_at, o.shipped_at
FROM customers AS c
LEFT JOIN orders AS o ON o.customer_id = c.id;

CREATE VIEW order_totals AS
SELECT o.id AS order_id, o.customer_id, count(i.line) AS lines, sum(i.quantity) AS pieces,
  coalesce(sum(i.quantity * i.unit_price), 0) AS amount, max(i.gift_note) AS gift_note
FROM orders AS o
LEFT JOIN order_items AS i ON i.order_id = o.id
GROUP BY o.id, o.customer_id;

CREATE VIEW customer_summary AS
SELECT a.id, a.name, a.nickname, t.order_id, t.lines, t.amount, t.pieces
FROM active_customers AS a
LEFT JOIN order_totals AS t ON t.customer_id = a.id;

CREATE VIEW shipped_orders AS
SELECT o.id, o.customer_id, o.coupon, s.tracking, s.carrier, 'shipped' AS what
FROM orders AS o
JOIN shipments AS s ON s.order_id = o.id
WHERE o.coupon IS NOT NULL AND s.tracking <> '';

CREATE RECURSIVE VIEW hr.org_chart (id, name, manager_id, depth) AS
SELECT id, name, manager_id, 0 FROM hr.employees WHERE manager_id IS NULL
UNION ALL
SELECT e.id, e.name, e.manager_id, o.depth + 1
FROM hr.employees AS e JOIN org_chart AS o ON o.id = e.manager_id;

CREATE VIEW ledger.balances AS
SELECT a.id AS account_id, a.code, a.unit, coalesce(sum(e.amount), 0) AS balance, max(e.booked_on) AS last_booked
FROM ledger.accounts AS a
LEFT JOIN ledger.entries AS e ON e.account_id = a.id
GROUP BY a.id;

CREATE MATERIALIZED VIEW product_stats AS
SELECT p.id AS product_id, p.name, count(r.rating) AS reviews, avg(r.rating) AS rating
FROM products AS p
LEFT JOIN reviews AS r ON r.product_id = p.id
GROUP BY p.id;

-- Strict, and still NULL for an argument that is not.
CREATE FUNCTION with_tax(price numeric) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT
RETURN nullif(price, 0) * 1.2;

CREATE FUNCTION label(name text, nickname text) RETURNS text LANGUAGE sql IMMUTABLE
RETURN name || ' alias ' || nickname;

-- Rows of a table's type need not obey the table's NOT NULL.
CREATE FUNCTION orders_of(customer int) RETURNS SETOF orders LANGUAGE sql STABLE AS $$
  SELECT o.* FROM orders AS o WHERE o.customer_id = customer
  UNION ALL
  SELECT (jsonb_populate_record(NULL::orders, '{"note": "none"}')).*;
$$;

CREATE FUNCTION top_products(n int) RETURNS TABLE (product_id uuid, sold bigint) LANGUAGE sql STABLE AS $$
  SELECT i.product_id, sum(i.quantity) FROM order_items AS i GROUP BY i.product_id ORDER BY 2 DESC LIMIT n;
$$;

CREATE FUNCTION order_span(customer int, OUT first timestamptz, OUT last timestamptz) LANGUAGE sql STABLE AS $$
  SELECT min(o.placed_at), max(o.placed_at) FROM orders AS o WHERE o.customer_id = customer;
$$;

CREATE FUNCTION customer_of(order_no bigint) RETURNS customers LANGUAGE sql STABLE AS $$
  SELECT c.* FROM customers AS c JOIN orders AS o ON o.customer_id = c.id WHERE o.id = order_no;
$$;

CREATE FUNCTION referrers() RETURNS SETOF int LANGUAGE sql STABLE AS $$
  SELECT referrer_id FROM customers;
$$;

CREATE FUNCTION pair_of(a int) RETURNS record LANGUAGE sql IMMUTABLE AS $$
  SELECT a, nullif(a, 1);
$$;

CREATE FUNCTION touch_order(order_no bigint) RETURNS void LANGUAGE sql AS $$
  UPDATE orders SET note = 'touched' WHERE id = order_no;
$$;

-- Named like a function of the server that never gives NULL; this one does.
CREATE FUNCTION lab.lower(words text) RETURNS text LANGUAGE sql IMMUTABLE STRICT
RETURN nullif(pg_catalog.lower(words), 'a');
