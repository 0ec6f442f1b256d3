-- Telephone calls as the telephone system reports them.

-- name: match
-- Whose number rings, as the registers say; no lock. Numbers are compared as they are stored, in one form.
SELECT r.id AS resident_id, NULL::bigint AS contact_id, NULL::integer AS device_id, r.premises_id, p.area::text AS area
  FROM resident AS r LEFT JOIN premises AS p ON p.id = r.premises_id WHERE r.phone = $1
UNION ALL
SELECT h.resident_id, NULL, d.id, coalesce(h.premises_id, r.premises_id), coalesce(p.area, d.area)::text
  FROM device AS d
  LEFT JOIN device_holder AS h ON h.device_id = d.id AND h.to_at IS NULL
  LEFT JOIN resident AS r ON r.id = h.resident_id
  LEFT JOIN premises AS p ON p.id = coalesce(h.premises_id, r.premises_id)
 WHERE d.sim_number = $1
UNION ALL
SELECT r.id, c.id, NULL, r.premises_id, p.area::text
  FROM contact AS c JOIN resident AS r ON r.id = c.resident_id LEFT JOIN premises AS p ON p.id = r.premises_id
 WHERE c.phone = $1
 LIMIT 20

-- name: insert
-- Nothing where the same call was reported before.
INSERT INTO call (direction, number, line, began_at, answered_at, ended_at, recording, resident_id, contact_id,
                  device_id, premises_id, area, received_at, due_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::text::ltree, $13, $14)
ON CONFLICT (direction, line, number, began_at) WHERE number <> '' DO NOTHING
RETURNING id

-- name: reported
SELECT id FROM call WHERE direction = $1 AND line = $2 AND number = $3 AND began_at = $4 AND number <> ''

-- name: read
-- Without a lock: what a screen shows, and which subject to lock first.
SELECT c.*, c.area::text AS area_path, r.name AS resident_name, k.name AS contact_name, k.role AS contact_role,
       d.device
  FROM call AS c
  LEFT JOIN resident AS r ON r.id = c.resident_id
  LEFT JOIN contact AS k ON k.id = c.contact_id
  LEFT JOIN device AS d ON d.id = c.device_id
 WHERE c.id = ANY ($1::bigint[])

-- name: lock
-- After the subject: two who decide about one call take turns.
SELECT answered_at, ended_at, missed_at, version FROM call WHERE id = $1 FOR UPDATE

-- name: change
-- Under the call's lock; what was reported once stays where nothing new is said.
UPDATE call SET answered_at = coalesce($2, answered_at), ended_at = coalesce($3, ended_at),
       recording = coalesce($4, recording), incident_id = coalesce($5, incident_id), version = version + 1
 WHERE id = $1

-- name: missed
-- Under the call's lock.
UPDATE call SET missed_at = $2, incident_id = $3, version = version + 1 WHERE id = $1

-- name: due
-- Incoming calls that have rung long enough, the longest first; any number of engines may ask.
SELECT id FROM call
 WHERE direction = 'in' AND answered_at IS NULL AND missed_at IS NULL AND due_at <= $1 ORDER BY due_at LIMIT $2

-- name: listed
SELECT id FROM call AS c
 WHERE id < coalesce($1, 9223372036854775807)
   AND (NOT $2::boolean OR (direction = 'in' AND answered_at IS NULL AND ended_at IS NULL AND missed_at IS NULL))
   AND (cardinality($3::text[]) = 0 OR area IS NULL OR area <@ ANY ($3::text[]::ltree[]))
 ORDER BY id DESC LIMIT $4
