-- name: not_enforced()
-- Constraints that are written down only.
SELECT l.id, l.word, o.status FROM lab.loose AS l LEFT JOIN orders AS o ON o.id = l.order_id;

-- name: without_overlaps(room, at)
-- A key WITHOUT OVERLAPS is no equality.
SELECT room, during, guest FROM lab.bookings WHERE room = :room AND during @> :at::date;

-- name: without_overlaps_same(room, during)
-- Equal periods overlap.
SELECT room, during, guest FROM lab.bookings WHERE room = :room AND during = :during;

-- name: without_overlaps_half(room)
-- A room is booked many times.
SELECT room, during FROM lab.bookings WHERE room = :room;
