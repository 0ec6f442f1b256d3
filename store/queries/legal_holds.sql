-- name: listed
SELECT * FROM legal_hold WHERE id > $1 ORDER BY id LIMIT $2

-- name: lock
SELECT version FROM legal_hold WHERE id = $1 FOR UPDATE

-- name: add
INSERT INTO legal_hold (author, reason, resident_id, incident_id, from_at, until_at, period_from, period_until)
SELECT $1, $2, $3, i.id, $5, $6, $7, $8
  FROM (SELECT 1) AS one LEFT JOIN incident AS i ON i.id = $4
 WHERE $4::bigint IS NULL OR i.id IS NOT NULL
RETURNING *

-- name: change
-- Under the row's lock.
UPDATE legal_hold SET until_at = $2, version = version + 1 WHERE id = $1 RETURNING *
