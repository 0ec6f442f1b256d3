-- name: make
-- What happens once is one task, whoever finds it first.
INSERT INTO task (kind, key, incident_id, resident_id, premises_id, device_id, responder_id, area, for_role, assigned_to,
                  due_at, note_sealed, made_by, made_at)
VALUES ($1, coalesce($2, gen_random_uuid()::text), $3, $4, $5, $6, $7, $8::text::ltree, $9, $10, $11, $12, $13, $14)
    ON CONFLICT (key) DO NOTHING
RETURNING id

-- name: known
SELECT $1::bigint IS NULL OR EXISTS (SELECT FROM incident WHERE id = $1) AS incident,
       $2::bigint IS NULL OR EXISTS (SELECT FROM resident WHERE id = $2) AS resident,
       $3::bigint IS NULL OR EXISTS (SELECT FROM premises WHERE id = $3) AS premises,
       $4::integer IS NULL OR EXISTS (SELECT FROM device WHERE id = $4) AS device,
       $5::bigint IS NULL OR EXISTS (SELECT FROM app_user WHERE id = $5 AND disabled_at IS NULL) AS assigned_to

-- name: task
SELECT t.id, t.kind, t.state, t.incident_id, i.number AS incident_number, t.resident_id, r.name AS resident_name,
       t.premises_id, t.device_id, t.responder_id, t.area::text AS area, t.for_role, t.assigned_to, t.due_at,
       t.note_sealed, t.made_by, t.made_at, t.ended_by, t.ended_at, t.version
  FROM task AS t
  LEFT JOIN incident AS i ON i.id = t.incident_id
  LEFT JOIN resident AS r ON r.id = t.resident_id

-- name: one
 WHERE t.id = $1

-- name: listed
 WHERE t.id > $1
   AND (cardinality($2::text[]) = 0 OR t.area IS NULL OR t.area <@ $2::text[]::ltree[])
   AND ($3::text IS NULL OR t.state = $3)
   AND ($4::text IS NULL OR t.kind = $4)
   AND ($5::bigint IS NULL OR t.incident_id = $5)
   AND ($6::bigint IS NULL OR t.resident_id = $6)
   AND ($7::text IS NULL OR t.for_role = $7)
 ORDER BY t.id LIMIT $8

-- name: lock
SELECT id, state, assigned_to, due_at, ended_by, ended_at, version FROM task WHERE id = $1 FOR NO KEY UPDATE

-- name: change
-- Under the row's lock.
UPDATE task SET state = $2, ended_by = $3, ended_at = $4, assigned_to = $5, due_at = $6, version = version + 1
 WHERE id = $1
