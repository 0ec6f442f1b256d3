-- Visits, care rules, bounds of body readings, and who answered for whom.

-- name: visit
SELECT v.id, v.resident_id, r.name, v.critical, v.from_at, v.until_at, v.carer, v.purpose, v.state, v.started_at,
       v.completed_at, v.proof, v.proof_detail, v.incident_id, v.version, v.created_at, p.area::text AS area
  FROM visit AS v
  JOIN resident AS r ON r.id = v.resident_id
  LEFT JOIN premises AS p ON p.id = r.premises_id

-- name: visits_listed
 WHERE v.id > $1 AND (cardinality($2::text[]::ltree[]) = 0 OR p.area IS NULL OR p.area <@ $2::text[]::ltree[])
   AND ($3::bigint IS NULL OR v.resident_id = $3) AND ($4::text IS NULL OR v.state = $4)
   AND ($5::timestamptz IS NULL OR v.until_at >= $5) AND ($6::timestamptz IS NULL OR v.from_at < $6)
   AND ($7::text IS NULL OR v.carer = $7)
 ORDER BY v.id LIMIT $8

-- name: visit_one
 WHERE v.id = $1

-- name: add_visit
INSERT INTO visit (resident_id, critical, from_at, until_at, carer, purpose, made_by, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id

-- name: lock_visit
SELECT version, state, from_at, until_at, critical, carer, purpose, started_at FROM visit WHERE id = $1
   FOR NO KEY UPDATE

-- name: change_visit
UPDATE visit SET critical = $2, from_at = $3, until_at = $4, carer = $5, purpose = $6, state = $7, started_at = $8,
       completed_at = $9, proof = coalesce($10, proof), proof_detail = coalesce($11, proof_detail), version = version + 1
 WHERE id = $1

-- name: home
SELECT p.lat, p.lon FROM resident AS r JOIN premises AS p ON p.id = r.premises_id WHERE r.id = $1

-- name: look_at
-- Whatever a detector knew of it is forgotten; it is looked at when it says.
INSERT INTO detector_state (detector, owner_id, part_id, next_look_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (detector, owner_id, part_id) DO UPDATE
   SET state = '{}', next_look_at = excluded.next_look_at, failures = 0, version = detector_state.version + 1

-- name: look_soon
-- Something about this resident changed: their rules are looked at now.
UPDATE detector_state SET next_look_at = least(next_look_at, $2)
 WHERE detector = 'care' AND owner_id = $1 AND next_look_at IS NOT NULL

-- name: rule
SELECT c.id, c.resident_id, c.kind, c.hours, c.after_s, c.version, c.created_at, c.ended_at, s.state,
       p.area::text AS area
  FROM care_rule AS c
  JOIN resident AS r ON r.id = c.resident_id
  LEFT JOIN premises AS p ON p.id = r.premises_id
  LEFT JOIN detector_state AS s ON s.detector = 'care' AND s.owner_id = c.resident_id AND s.part_id = c.id

-- name: rules_of
 WHERE c.resident_id = $1 AND c.ended_at IS NULL ORDER BY c.id

-- name: rule_one
 WHERE c.id = $1

-- name: add_rule
INSERT INTO care_rule (resident_id, kind, hours, after_s, created_at) VALUES ($1, $2, $3, $4, $5) RETURNING id

-- name: lock_rule
SELECT version, ended_at, resident_id, hours, after_s FROM care_rule WHERE id = $1 FOR NO KEY UPDATE

-- name: change_rule
UPDATE care_rule SET hours = $2, after_s = $3, version = version + 1 WHERE id = $1

-- name: end_rule
UPDATE care_rule SET ended_at = $2, version = version + 1 WHERE id = $1

-- name: forget_rule
DELETE FROM detector_state WHERE detector = 'care' AND part_id = $1

-- name: bounds
SELECT bounds, version, set_at FROM vital_bounds WHERE resident_id = $1

-- name: lock_bounds
SELECT version FROM vital_bounds WHERE resident_id = $1 FOR NO KEY UPDATE

-- name: set_bounds
INSERT INTO vital_bounds (resident_id, bounds, set_at) VALUES ($1, $2, $3)
    ON CONFLICT (resident_id) DO UPDATE
   SET bounds = excluded.bounds, set_at = excluded.set_at, version = vital_bounds.version + 1

-- name: end_bounds
DELETE FROM vital_bounds WHERE resident_id = $1

-- name: forget_vitals
DELETE FROM detector_state WHERE detector = 'vitals' AND part_id = $1

-- name: check_in
INSERT INTO check_in (resident_id, at, by_contact, noted_by, note) VALUES ($1, $2, $3, $4, $5) RETURNING id

-- name: contact_role
SELECT role FROM contact WHERE id = $1 AND resident_id = $2

-- name: cares_for
-- Whether a user visits this resident, or goes to them in a case that has not ended for them; no lock.
SELECT EXISTS (SELECT FROM visit AS v
                WHERE v.resident_id = $1 AND v.state <> 'called_off'
                  AND (v.carer = 'user:' || $2::bigint
                       OR v.carer IN (SELECT 'responder:' || r.id FROM responder AS r WHERE r.user_id = $2)))
    OR EXISTS (SELECT FROM assignment AS a
                 JOIN incident AS i ON i.id = a.incident_id JOIN responder AS r ON r.id = a.responder_id
                WHERE i.resident_id = $1 AND r.user_id = $2 AND a.state IN ('accepted', 'en_route', 'on_scene'))

-- name: carer_of
SELECT v.carer = 'user:' || $2::bigint
       OR v.carer IN (SELECT 'responder:' || r.id FROM responder AS r WHERE r.user_id = $2)
  FROM visit AS v WHERE v.id = $1
