-- Looks and administrative acts; append-only by trigger.

-- name: note
INSERT INTO audit (at, user_id, action, object, purpose, source) VALUES ($1, $2, $3, $4, $5, $6)

-- name: open_case_of
-- The case that gives a reason for looking at a resident: one that names them, or stands at their home.
SELECT i.number
  FROM incident i
  JOIN resident r ON r.id = $1
 WHERE i.state <> 'closed' AND (i.resident_id = r.id OR (i.premises_id IS NOT NULL AND i.premises_id = r.premises_id))
 ORDER BY i.priority, i.id
 LIMIT 1
