-- name: person_and_home
-- What the register says about whom a case opened by hand is about; no lock, the subject is locked next.
SELECT r.id AS resident_id, p.id AS premises_id, p.area::text AS area
  FROM (SELECT 1) AS one
  LEFT JOIN resident AS r ON r.id = $1
  LEFT JOIN premises AS p ON p.id = coalesce($2, r.premises_id)

-- name: note_pass
-- Under the incident's lock.
INSERT INTO incident_pass (incident_id, user_id, at) VALUES ($1, $2, $3)
    ON CONFLICT (incident_id, user_id) DO UPDATE SET at = excluded.at
