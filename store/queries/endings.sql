-- The end of service: dated, on record, and never while a device is at the home (centre.md, 17).

-- name: lock_resident
-- Whoever gives this resident a device refers to this row, and so waits; an alarm waits no longer than this statement.
SELECT r.version, r.status, r.premises_id, p.area::text AS area
  FROM resident AS r LEFT JOIN premises AS p ON p.id = r.premises_id
 WHERE r.id = $1 FOR UPDATE OF r

-- name: lock_premises
SELECT version, area::text AS area, ended_at FROM premises WHERE id = $1 FOR UPDATE

-- name: devices_at
-- What hangs on the wall of the home as well: somebody relies on it.
SELECT d.device FROM device_holder AS h
  JOIN device AS d ON d.id = h.device_id AND d.life NOT IN ('in_stock', 'returned', 'lost')
 WHERE h.to_at IS NULL AND (h.resident_id = $1 OR h.premises_id = $2) ORDER BY d.device LIMIT 50

-- name: residents_at
SELECT id FROM resident WHERE premises_id = $1 AND status NOT IN ('moved', 'died', 'left_service') ORDER BY id LIMIT 50

-- name: resident_leaves
UPDATE resident SET status = 'left_service', version = version + 1 WHERE id = $1

-- name: note_leaving
INSERT INTO resident_status (resident_id, from_at, status, source, confirmed_by)
VALUES ($1, $2, 'left_service', 'deleted', $3) ON CONFLICT (resident_id, from_at) DO NOTHING

-- name: call_visits_off
UPDATE visit SET state = 'called_off', version = version + 1 WHERE resident_id = $1 AND state = 'planned' AND from_at > $2

-- name: end_fences
UPDATE fence SET ended_at = $2, version = version + 1 WHERE resident_id = $1 AND ended_at IS NULL

-- name: end_care
UPDATE care_rule SET ended_at = $2, version = version + 1 WHERE resident_id = $1 AND ended_at IS NULL

-- name: premises_end
UPDATE premises SET ended_at = $2, version = version + 1 WHERE id = $1
