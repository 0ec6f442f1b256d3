-- What ends by itself: flapping causes, runaway and cloned devices.

-- name: calm_flapping
-- Flapping causes without a change for long enough; few, by their partial index.
SELECT m.device_id, d.device, m.topic FROM damping AS m JOIN device AS d ON d.id = m.device_id
 WHERE m.flapping_since IS NOT NULL AND m.flapping_since <= $1 AND m.last_at <= $1 ORDER BY m.last_at LIMIT $2

-- name: end_flapping
-- Under the device's lock; nothing where it changed meanwhile.
UPDATE damping SET flapping_since = NULL, changes = '{}'
 WHERE device_id = $1 AND topic = $2 AND flapping_since IS NOT NULL AND last_at <= $3 RETURNING bad, flaps

-- name: calm_runaway
SELECT m.device_id, m.topic FROM damping AS m
 WHERE m.runaway_since IS NOT NULL AND m.last_at <= $1 ORDER BY m.last_at LIMIT $2

-- name: end_runaway
UPDATE damping SET runaway_since = NULL, held = 0, alarms = 0
 WHERE device_id = $1 AND topic = $2 AND runaway_since IS NOT NULL AND last_at <= $3 RETURNING held

-- name: calm_unruly
-- Cases about a device that says too much, or that two fight over, in which nothing was said for long enough.
SELECT i.id, i.class, i.subject FROM incident AS i
 WHERE i.class = ANY ($1) AND i.state = 'open' AND i.claimed_by IS NULL
   AND (SELECT max(e.at) FROM entry AS e
         WHERE e.incident_id = i.id AND e.action IN ('opened', 'joined', 'counted', 'noted')) <= $2
   AND NOT EXISTS (SELECT FROM damping AS m WHERE m.device_id = i.device_id AND m.runaway_since IS NOT NULL)
 ORDER BY i.id LIMIT $3
