-- name: lock_state
-- The device's state, locked to the end of the transaction: two gateways with one report queue here, and the second
-- reads what the first has stored.
SELECT open FROM device_state WHERE device_id = $1 FOR NO KEY UPDATE

-- name: last_said
-- The device's last event of this type and how its incident stands; of a merged one, how the one stands that stayed.
-- After `lock_state`, in a statement of its own: its snapshot must be younger than the lock.
WITH RECURSIVE said AS (
    SELECT no, event_id, at, received_at, last_copy_at, incident_id, marks FROM event
     WHERE device_id = $1 AND type = $2 AND ($3::text IS NULL OR event_id = $3)
     ORDER BY no DESC LIMIT 1
), case_of AS (
    SELECT i.id, i.state, i.resolved_at, i.merged_into, i.marks FROM incident AS i JOIN said ON said.incident_id = i.id
    UNION
    SELECT i.id, i.state, i.resolved_at, i.merged_into, i.marks FROM incident AS i JOIN case_of ON case_of.merged_into = i.id
)
SELECT said.no, said.at, said.received_at, said.last_copy_at, c.id AS incident_id, c.state, c.resolved_at,
       'test' = ANY (said.marks) AND coalesce('test' = ANY (c.marks), false) AS was_test
  FROM said LEFT JOIN case_of AS c ON c.merged_into IS NULL

-- name: alarm_since
SELECT EXISTS (SELECT FROM event WHERE device_id = $1 AND type = ANY ($2) AND no > $3)

-- name: count
UPDATE event SET copies = copies + 1, last_copy_at = greatest(last_copy_at, $2) WHERE no = $1

-- name: seen_before
-- Whether these very contents were stored, whenever: what a broker kept is then no news.
SELECT no, incident_id FROM event WHERE device_id = $1 AND event_id = $2 ORDER BY no DESC LIMIT 1

-- name: standing
-- What stands by a device's own words; no lock: whoever acts on it looks again under one.
SELECT s.open FROM device AS d JOIN device_state AS s ON s.device_id = d.id WHERE d.device = $1

-- name: last_states
-- Of each pair of opposite states the one that a device said last; late ones are history. Two index probes each.
SELECT n.device_id, n.pair, said.type
  FROM unnest($1::int[], $2::int[], $3::text[], $4::text[]) AS n (device_id, pair, one, other)
 CROSS JOIN LATERAL (
       (SELECT no, type FROM event WHERE device_id = n.device_id AND type = n.one AND NOT marks @> '{late}'
         ORDER BY no DESC LIMIT 1)
       UNION ALL
       (SELECT no, type FROM event WHERE device_id = n.device_id AND type = n.other AND NOT marks @> '{late}'
         ORDER BY no DESC LIMIT 1)
       ORDER BY no DESC LIMIT 1) AS said
