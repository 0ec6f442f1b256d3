-- name: make
-- Under the incident's lock.
INSERT INTO hand_over (incident_id, service, number, area, dialled_by, dialled_at, reference, answer, answered_at,
                       estimate_at, key_owner, sealed)
VALUES ($1, $2, $3, $4::text::ltree, $5, $6, $7, $8, $9, $10, $11, $12)
RETURNING id

-- name: incident_of
SELECT incident_id FROM hand_over WHERE id = $1

-- name: lock
-- After the incident's lock.
SELECT h.*, k.wrapped FROM hand_over AS h LEFT JOIN text_key AS k ON k.owner = h.key_owner
 WHERE h.id = $1 FOR NO KEY UPDATE OF h

-- name: change
UPDATE hand_over
   SET reference = $2, answer = $3, answered_at = $4, estimate_at = $5, departed_at = $6, arrived_at = $7,
       closed_at = $8, cancelled_at = $9, cancelled_by = $10, safety = $11, key_owner = $12, sealed = $13,
       version = version + 1
 WHERE id = $1

-- name: refused
SELECT DISTINCT service FROM hand_over WHERE incident_id IN (SELECT with_merged($1)) AND answer = 'rejected'

-- name: services
-- Each that was rung: whether it has the case or is asked. What was cancelled is as if it had not been rung.
SELECT service, bool_or(answer IS DISTINCT FROM 'rejected') AS asked
  FROM hand_over WHERE incident_id IN (SELECT with_merged($1)) AND cancelled_at IS NULL
 GROUP BY service

-- name: another_waits
-- Whether another hand-over than this one has to be asked about again.
SELECT EXISTS (SELECT FROM hand_over
                WHERE incident_id IN (SELECT with_merged($1)) AND id <> $2
                  AND cancelled_at IS NULL AND closed_at IS NULL
                  AND (answer IS NULL OR answer NOT IN ('accepted', 'rejected')))

-- name: hand_over
SELECT h.id, h.incident_id, h.service, h.number, h.area::text AS area, h.dialled_by, u.display_name AS dialled_by_name,
       h.dialled_at, h.reference, h.answer, h.answered_at, h.estimate_at, h.departed_at, h.arrived_at, h.closed_at,
       h.cancelled_at, h.safety, h.key_owner, h.sealed, k.wrapped, h.version, i.area::text AS incident_area
  FROM hand_over AS h
  JOIN app_user AS u ON u.id = h.dialled_by
  JOIN incident AS i ON i.id = h.incident_id
  LEFT JOIN text_key AS k ON k.owner = h.key_owner

-- name: of_case
 WHERE h.incident_id IN (SELECT with_merged($1)) ORDER BY h.id

-- name: one
 WHERE h.id = $1

-- name: listed
 WHERE h.id > $1
   AND (cardinality($2::text[]) = 0 OR i.area IS NULL OR i.area <@ $2::text[]::ltree[])
   AND ($3::bigint IS NULL OR h.incident_id = $3)
   AND ($4::text IS NULL OR h.answer = $4)
   AND ($5::boolean IS NULL OR (h.closed_at IS NULL AND h.cancelled_at IS NULL) = $5)
 ORDER BY h.id LIMIT $6
