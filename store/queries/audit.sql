-- Looks and administrative acts; append-only by trigger.

-- name: note
-- Who changed a record is known here, and what changed in it to the record's own trigger.
WITH named AS (
    UPDATE record_change SET user_id = $2
     WHERE object = $4 AND user_id IS NULL AND in_xact = pg_current_xact_id_if_assigned()
)
INSERT INTO audit (at, user_id, action, object, purpose, source) VALUES ($1, $2, $3, $4, $5, $6)

-- name: case_of_responder
-- The case that gives a reason for looking at a responder: one that they are asked for, or go to.
SELECT i.number FROM assignment AS a JOIN incident AS i ON i.id = a.incident_id
 WHERE a.responder_id = $1 AND a.next_due_at IS NOT NULL AND i.state <> 'closed' ORDER BY i.priority, i.id LIMIT 1

-- name: changed_since
SELECT c.version, c.at, c.user_id, u.display_name, c.fields
  FROM record_change AS c LEFT JOIN app_user AS u ON u.id = c.user_id
 WHERE c.object = $1 AND c.version > $2 ORDER BY c.version LIMIT 200

-- name: open_case_of
-- The case that gives a reason for looking at a resident: one that names them, or stands at their home.
SELECT i.number
  FROM incident i
  JOIN resident r ON r.id = $1
 WHERE i.state <> 'closed' AND (i.resident_id = r.id OR (i.premises_id IS NOT NULL AND i.premises_id = r.premises_id))
 ORDER BY i.priority, i.id
 LIMIT 1
