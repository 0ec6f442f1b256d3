-- name: insert
-- The strict key makes two holders of one press queue; the second gets no row back and looks at the first's.
-- Marks gain `id_reused` where the device used this id, which it gave itself, for another type or time.
INSERT INTO event (device_id, event_id, digest, repeat, type, at, received_at, last_copy_at, marks, resident_id,
                   premises_id, decision, data, judged, policy)
SELECT $1, $2, $3, $4, $5, $6, $7, $7,
       CASE WHEN $13 AND EXISTS (SELECT FROM event AS o WHERE o.device_id = $1 AND o.event_id = $2 AND o.digest <> $3)
            THEN array_append($8::text[], 'id_reused') ELSE $8::text[] END,
       $9, $10, $11, $12::text::jsonb, $14, $15
    ON CONFLICT (device_id, event_id, digest, repeat) DO NOTHING
RETURNING no

-- name: lock_copy
-- The latest event of this identity, locked until we have judged and counted this copy.
SELECT no, repeat, last_copy_at, incident_id FROM event
 WHERE device_id = $1 AND event_id = $2 AND digest = $3
 ORDER BY repeat DESC LIMIT 1
   FOR NO KEY UPDATE

-- name: count_copy
UPDATE event SET copies = copies + 1, last_copy_at = greatest(last_copy_at, $2) WHERE no = $1

-- name: attach_letter
UPDATE dead_letter SET incident_id = $2 WHERE id = $1

-- name: is_unresolved
SELECT state NOT IN ('resolved', 'closed') FROM incident WHERE id = $1

-- name: last_word
-- The device's last word about a condition before this event: the condition itself, or its end. `was_test`: a tester
-- made it, and its case is one of a test.
SELECT e.type, e.last_copy_at,
       'test' = ANY (e.marks) AND EXISTS (SELECT FROM incident AS i WHERE i.id = e.incident_id AND 'test' = ANY (i.marks))
           AS was_test
  FROM event AS e
 WHERE e.device_id = $1 AND e.no < $2 AND e.type IN ($3, $4)
 ORDER BY e.no DESC LIMIT 1

-- name: cases_of_device
-- In order of id, the order in which their locks are taken.
-- Of one that was merged, the one that stayed.
SELECT DISTINCT i.id AS incident_id, i.family
  FROM (SELECT DISTINCT incident_id FROM event WHERE device_id = $1 AND incident_id IS NOT NULL) AS e
  JOIN incident AS said ON said.id = e.incident_id
  JOIN incident AS i ON i.id = CASE WHEN said.merged_into IS NULL THEN said.id ELSE stays_as(said.id) END
 WHERE i.state NOT IN ('resolved', 'closed')
 ORDER BY i.id
