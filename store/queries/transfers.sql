-- name: may_take
-- Somebody at a desk, who sees the case.
SELECT EXISTS (SELECT FROM app_user AS u
                WHERE u.id = $1 AND u.disabled_at IS NULL AND u.role IN ('dispatcher', 'supervisor', 'administrator')
                  AND (u.areas = '{}' OR $2::text IS NULL OR $2::text::ltree <@ ANY (u.areas)))

-- name: offer
-- Under the incident's lock; one offer at a time.
INSERT INTO incident_transfer (incident_id, from_user, to_user, offered_at, until_at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (incident_id) DO UPDATE
   SET from_user = excluded.from_user, to_user = excluded.to_user, offered_at = excluded.offered_at,
       until_at = excluded.until_at

-- name: pending
-- Under the incident's lock.
SELECT from_user, to_user, until_at FROM incident_transfer WHERE incident_id = $1 AND until_at > $2

-- name: forget
DELETE FROM incident_transfer WHERE incident_id = $1
