-- name: learn
-- Of whom messages came by which hub, where both are registered and it is news. Rows in order of id; whoever holds one
-- now keeps it: it is learnt with a later message. Two hubs never carry each other.
WITH told AS (
    SELECT d.id, h.id AS hub_id
      FROM unnest($1::text[], $2::text[]) AS n (device, hub)
      JOIN device AS d ON d.device = n.device AND d.registered
      JOIN device AS h ON h.device = n.hub AND h.registered AND h.id <> d.id AND h.hub_id IS DISTINCT FROM d.id
     WHERE d.hub_id IS DISTINCT FROM h.id
), free AS (
    SELECT d.id FROM device AS d JOIN told ON told.id = d.id ORDER BY d.id FOR NO KEY UPDATE OF d SKIP LOCKED
)
UPDATE device AS d SET hub_id = told.hub_id FROM told JOIN free ON free.id = told.id WHERE d.id = told.id

-- name: learnt
-- Which of these pairs stand in the register now.
SELECT d.device
  FROM unnest($1::text[], $2::text[]) AS n (device, hub)
  JOIN device AS d ON d.device = n.device JOIN device AS h ON h.device = n.hub
 WHERE d.hub_id = h.id

-- name: heard
-- A message came through each of these just now. A state that somebody writes is left: he heard it, or the next will.
WITH free AS (
    SELECT s.device_id, n.seen_at
      FROM unnest($1::text[], $2::timestamptz[]) AS n (device, seen_at)
      JOIN device AS d ON d.device = n.device AND d.registered
      JOIN device_state AS s ON s.device_id = d.id
     ORDER BY s.device_id FOR NO KEY UPDATE OF s SKIP LOCKED
)
UPDATE device_state AS s
   SET last_seen = greatest(s.last_seen, free.seen_at), version = s.version + 1
  FROM free WHERE s.device_id = free.device_id
