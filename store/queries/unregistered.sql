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
