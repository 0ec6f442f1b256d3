-- The register of whoever goes to people, their absences, and what they are asked.

-- name: responder
SELECT r.id, r.name, r.kind, r.status, r.user_id, r.phone, r.phone_typed, r.email, r.channels, r.trained, r.skills,
       r.areas::text[] AS areas, r.residents, r.agreed_to_nights, r.agreed_to_searches, r.is_employed, r.means,
       r.languages, r.dialects, r.time_zone, r.base_lat, r.base_lon, r.flagged_at, r.version, r.created_at,
       p.lat, p.lon, p.accuracy_m, p.at AS position_at
  FROM responder AS r LEFT JOIN responder_position AS p ON p.responder_id = r.id

-- name: listed
-- $2: whom the reader may see; who works everywhere is everybody's.
 WHERE r.id > $1 AND (cardinality($2::text[]) = 0 OR cardinality(r.areas) = 0
                    OR EXISTS (SELECT FROM unnest(r.areas) AS own (path) WHERE own.path <@ $2::text[]::ltree[]))
   AND ($3::text IS NULL OR cardinality(r.areas) = 0 OR r.areas @> $3::text::ltree)
   AND ($4::text IS NULL OR r.kind = $4) AND ($5::text IS NULL OR r.status = $5 OR ($5 = 'working' AND r.status <> 'left'))
   AND ($6::text IS NULL OR r.name LIKE '%' || $6 || '%' OR r.phone LIKE '%' || $6)
   AND ($7::boolean IS NULL OR (r.flagged_at IS NOT NULL) = $7)
 ORDER BY r.id LIMIT $8

-- name: one
 WHERE r.id = $1

-- name: of_user
 WHERE r.user_id = $1

-- name: lock
SELECT version FROM responder WHERE id = $1 FOR NO KEY UPDATE

-- name: add
INSERT INTO responder (name, kind, status, user_id, phone, phone_typed, email, channels, trained, skills, areas, residents,
                       agreed_to_nights, agreed_to_searches, is_employed, means, languages, dialects, time_zone, base_lat,
                       base_lon, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::text[]::ltree[], $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
RETURNING id

-- name: change
-- Under the row's lock.
UPDATE responder
   SET name = $2, kind = $3, status = $4, user_id = $5, phone = $6, phone_typed = $7, email = $8, channels = $9,
       trained = $10, skills = $11, areas = $12::text[]::ltree[], residents = $13, agreed_to_nights = $14,
       agreed_to_searches = $15, is_employed = $16, means = $17, languages = $18, dialects = $19, time_zone = $20,
       base_lat = $21, base_lon = $22, flagged_at = CASE WHEN $23 THEN NULL ELSE flagged_at END, version = version + 1
 WHERE id = $1

-- name: has_open
SELECT EXISTS (SELECT FROM assignment WHERE responder_id = $1 AND next_due_at IS NOT NULL)

-- name: leave
-- Never deleted: cases name them. Number and position go; the name stays with what they did.
UPDATE responder SET status = 'left', user_id = NULL, phone = NULL, phone_typed = NULL, email = NULL, channels = '{}',
                     version = version + 1
 WHERE id = $1

-- name: forget_position
DELETE FROM responder_position WHERE responder_id = $1

-- name: forget_devices
DELETE FROM responder_device WHERE responder_id = $1

-- name: absences
SELECT id, responder_id, from_at, to_at, reason, cancelled_at FROM responder_absence
 WHERE responder_id = $1 AND id > $2 ORDER BY id LIMIT $3

-- name: add_absence
INSERT INTO responder_absence (responder_id, from_at, to_at, reason) VALUES ($1, $2, $3, $4) RETURNING id

-- name: end_absence
UPDATE responder_absence SET cancelled_at = $3 WHERE id = $2 AND responder_id = $1 AND cancelled_at IS NULL RETURNING id

-- name: assignments_of
-- What somebody is asked and where they go: area, class and distance; no name and no address before an acceptance.
SELECT a.id, a.incident_id, i.number, i.class, i.priority, i.area::text AS area, ar.name AS area_name, a.state,
       a.offered_at, a.accepted_at, a.moving_at, a.arrived_at, a.ended_at, a.arrive_by, a.eta_s, a.distance_m,
       a.next_due_at, a.is_outside_only, a.standby_at
  FROM assignment AS a JOIN incident AS i ON i.id = a.incident_id LEFT JOIN area AS ar ON ar.path = i.area
 WHERE a.responder_id = $1 AND a.id < $2 AND ($3::boolean IS NULL OR (a.next_due_at IS NOT NULL) = $3)
 ORDER BY a.id DESC LIMIT $4
