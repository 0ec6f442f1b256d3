-- name: note
-- Under the source's lock, so that the count after it is right.
INSERT INTO unregistered_caller (source, device_id, called_at) VALUES ($1, $2, $3)
    ON CONFLICT (source, device_id) DO UPDATE SET called_at = excluded.called_at

-- name: callers
SELECT count(*)::int AS callers,
       EXISTS (SELECT FROM source WHERE name = $1 AND commissioning_until > $3) AS is_commissioning
  FROM unregistered_caller WHERE source = $1 AND called_at > $2

-- name: has_own_case
-- Under the device's lock.
SELECT EXISTS (SELECT FROM incident WHERE subject = $1 AND family = $2 AND state NOT IN ('resolved', 'closed'))

-- name: is_in_flood
-- Whether this device has an alarm in the source's open case: its further ones are counted, not sounded.
SELECT EXISTS (SELECT FROM incident AS i JOIN event AS e ON e.incident_id = i.id
                WHERE i.subject = $1 AND i.state NOT IN ('resolved', 'closed') AND e.device_id = $2)

-- name: open_flood
SELECT id FROM incident WHERE subject = $1 AND family = $2 AND state NOT IN ('resolved', 'closed')

-- name: caller
-- A device with an alarm, or bytes nobody could read, in this case.
SELECT d.id FROM device AS d
 WHERE d.device = $2 AND (EXISTS (SELECT FROM event AS e WHERE e.incident_id = $1 AND e.device_id = d.id)
                          OR EXISTS (SELECT FROM dead_letter AS l WHERE l.incident_id = $1 AND l.device = d.device))

-- name: said_in
SELECT DISTINCT type FROM event WHERE incident_id = $1 AND device_id = $2

-- name: move_events
-- Under the locks of the device and of the case they leave.
UPDATE event SET incident_id = $3 WHERE device_id = $1 AND incident_id = $2

-- name: link
INSERT INTO incident_link (incident_id, other_id, reason, at) VALUES ($1, $2, 'taken_out', $3)
    ON CONFLICT (incident_id, other_id) DO NOTHING
