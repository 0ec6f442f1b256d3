-- name: of_incident
-- Third locks, after the subject's and the incident's; in the order of ids.
SELECT id, responder_id, state, offered_by, round, is_outside_only, is_watched, offered_at, standby_at, accepted_at,
       moving_at, arrived_at, ended_at, heard_at, called_at, renewed_at, arrive_by, eta_s, next_step, next_due_at, is_doubted,
       warned_of
  FROM assignment WHERE incident_id = $1 ORDER BY id FOR NO KEY UPDATE

-- name: of_incident_read
-- To be looked at: no lock.
SELECT id, responder_id, state, offered_by, round, is_outside_only, is_watched, offered_at, standby_at, accepted_at,
       moving_at, arrived_at, ended_at, heard_at, called_at, renewed_at, arrive_by, eta_s, next_step, next_due_at, is_doubted,
       warned_of
  FROM assignment WHERE incident_id = $1 ORDER BY id

-- name: chain
SELECT round, sendings, empty_looks, satisfied_at IS NOT NULL AS satisfied, warned_of FROM field_chain WHERE incident_id = $1

-- name: save_chain
-- Under the incident's lock.
INSERT INTO field_chain (incident_id, round, sendings, empty_looks, begun_at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (incident_id) DO UPDATE
   SET round = excluded.round, sendings = excluded.sendings, empty_looks = excluded.empty_looks

-- name: satisfy
INSERT INTO field_chain (incident_id, begun_at, satisfied_at, satisfied_by) VALUES ($1, $2, $2, $3)
    ON CONFLICT (incident_id) DO UPDATE SET satisfied_at = coalesce(field_chain.satisfied_at, $2),
                                            satisfied_by = coalesce(field_chain.satisfied_by, $3)

-- name: begin_anew
-- A case that is taken up again: who came then is not there now.
UPDATE field_chain SET satisfied_at = NULL, satisfied_by = NULL, round = round + 1 WHERE incident_id = $1

-- name: unsatisfy
-- An arrival that was none, or left again; a hand-over that was accepted stays accepted.
UPDATE field_chain SET satisfied_at = NULL, satisfied_by = NULL WHERE incident_id = $1 AND satisfied_by = 'arrival'
RETURNING incident_id

-- name: unsatisfy_hand_over
-- Accepted once, and refused since: unless another service has it.
UPDATE field_chain SET satisfied_at = NULL, satisfied_by = NULL
 WHERE incident_id = $1 AND satisfied_by = 'hand_over_accepted'
   AND NOT EXISTS (SELECT FROM hand_over WHERE incident_id = $1 AND answer = 'accepted' AND cancelled_at IS NULL)
RETURNING incident_id

-- name: insert
INSERT INTO assignment (incident_id, responder_id, state, offered_by, round, is_outside_only, is_watched, offered_at,
                        eta_s, distance_m, next_step, next_due_at, link_digest, link_until, reasons, warned_of)
VALUES ($1, $2, 'offered', $3, $4, $5, $6, $7, $8, $9, 'answer', $10, $11, $12, $13, $14)
RETURNING id

-- name: save
-- Under the incident's lock.
UPDATE assignment
   SET state = $2, is_watched = $3, standby_at = $4, accepted_at = $5, moving_at = $6, arrived_at = $7, ended_at = $8,
       heard_at = $9, called_at = $10, arrive_by = $11, eta_s = $12, next_step = $13, next_due_at = $14, is_doubted = $15,
       ended_for = coalesce($16, CASE WHEN $8::timestamptz IS NULL THEN NULL ELSE ended_for END), failures = 0,
       renewed_at = $17, warned_of = $18
 WHERE id = $1

-- name: note_report
UPDATE assignment SET report = report || $2::jsonb WHERE id = $1

-- name: note_from
-- Where somebody was when they said yes, as far as it is known: their position, else their base.
UPDATE assignment AS a SET from_lat = coalesce(p.lat, r.base_lat), from_lon = coalesce(p.lon, r.base_lon)
  FROM responder AS r LEFT JOIN responder_position AS p ON p.responder_id = r.id AND p.at > $2
 WHERE a.id = $1 AND r.id = a.responder_id

-- name: code_of
-- The link's short code, as the last notice of this assignment carries it; kept nowhere else.
SELECT facts->>'code' FROM outbox WHERE assignment_id = $1 AND facts ? 'code' ORDER BY id DESC LIMIT 1

-- name: move_to
-- Whoever goes to a case that was taken into another goes to the other; who goes there already does.
UPDATE assignment AS a SET incident_id = $2
 WHERE a.incident_id = $1 AND a.next_due_at IS NOT NULL
   AND NOT EXISTS (SELECT FROM assignment AS b
                    WHERE b.incident_id = $2 AND b.responder_id = a.responder_id AND b.next_due_at IS NOT NULL)
RETURNING id

-- name: responders
-- Everybody who might go, as they stand now; read when it is sent, never when it was planned.
-- $1 case, $2 its resident, $3 its home, $4 now, $5 its area.
WITH people AS (
    SELECT id FROM resident WHERE id = $2 OR premises_id = $3
), barred AS (
    SELECT c.phone FROM contact AS c JOIN people AS p ON p.id = c.resident_id
     WHERE c.role = 'barred' AND c.phone IS NOT NULL
)
SELECT r.id, r.name, r.kind, r.status, r.trained, r.skills, r.agreed_to_nights, r.agreed_to_searches, r.means,
       r.languages || r.dialects AS languages, r.time_zone, r.base_lat, r.base_lon, p.lat, p.lon, p.accuracy_m,
       p.at AS position_at,
       r.phone IS NOT NULL OR r.email IS NOT NULL OR r.user_id IS NOT NULL OR cardinality(r.channels) > 0 AS reachable,
       r.phone IN (SELECT phone FROM barred) AS barred,
       coalesce((cardinality(r.areas) > 0 AND $5::text IS NOT NULL AND NOT r.areas @> $5::text::ltree)
             OR (cardinality(r.residents) > 0 AND NOT r.residents && (SELECT array_agg(id) FROM people))
             OR (r.kind = 'family' AND cardinality(r.residents) = 0), true) AS elsewhere,
       EXISTS (SELECT FROM responder_absence AS x
                WHERE x.responder_id = r.id AND x.cancelled_at IS NULL AND x.from_at <= $4
                  AND (x.to_at IS NULL OR x.to_at > $4)) AS absent,
       coalesce(s.on_now, true) AS on_shift, l.offers, coalesce(l.going, false) AS going
  FROM responder AS r
  LEFT JOIN responder_position AS p ON p.responder_id = r.id
  LEFT JOIN LATERAL (
      -- Never planned: no row, and a county without a rota still sends.
      SELECT bool_or(h.from_at <= $4 AND h.to_at > $4
                     AND (cardinality(h.areas) = 0 OR $5::text IS NULL OR h.areas @> $5::text::ltree)) AS on_now
        FROM shift AS h
       WHERE (h.responder_id = r.id OR h.user_id = r.user_id) AND h.cancelled_at IS NULL
  ) AS s ON true
  LEFT JOIN LATERAL (
      SELECT count(*) FILTER (WHERE a.state = 'offered')::int AS offers, bool_or(a.state <> 'offered') AS going
        FROM assignment AS a
       WHERE a.responder_id = r.id AND a.incident_id <> $1 AND a.next_due_at IS NOT NULL
  ) AS l ON true
 WHERE r.status <> 'left' AND ($6::bigint[] IS NULL OR r.id = ANY ($6))
 ORDER BY r.id

-- name: scene
-- Where a case is, by its home and area; $1 home, $2 area, $3 resident.
SELECT p.lat, p.lon, a.name AS area_name,
       EXISTS (SELECT FROM area AS c WHERE c.path @> $2::text::ltree AND c.is_country) AS is_country,
       r.communication
  FROM (SELECT 1) AS one
  LEFT JOIN premises AS p ON p.id = $1
  LEFT JOIN area AS a ON a.path = $2::text::ltree
  LEFT JOIN resident AS r ON r.id = $3

-- name: troubles
-- What was taken into a case, and what is unresolved in the same home ($2; null: the case is elsewhere).
SELECT DISTINCT class FROM incident
 WHERE id IN (SELECT with_merged($1)) OR (premises_id = $2 AND state NOT IN ('resolved', 'closed'))

-- name: dangers_of
SELECT dangers_of($1, $2)

-- name: note_warned
-- Under the incident's lock.
UPDATE field_chain SET warned_of = $2 WHERE incident_id = $1

-- name: endangered
-- Cases to which somebody goes, or of which those near by were warned, with a fire or gas that these do not know of; no
-- lock: each is locked, and looked at again, by itself. Asked every second, and so from the fires that burn: without any,
-- of however many who go, nothing is reckoned. 300 m from home people are sent elsewhere (`AWAY_FROM_HOME_M`).
WITH fire AS (
    SELECT id, premises_id FROM incident
     WHERE state <> 'closed' AND state <> 'resolved'
       AND (family = 'fire_and_gas' OR class IN ('fire', 'smoke', 'heat', 'gas', 'carbon_monoxide'))
), concerned AS (
    SELECT id FROM fire
     UNION SELECT i.id FROM fire AS f JOIN incident AS i ON i.premises_id = f.premises_id AND i.state NOT IN ('resolved', 'closed')
     UNION SELECT l.other_id FROM fire AS f JOIN incident_link AS l ON l.incident_id = f.id
     UNION SELECT l.incident_id FROM fire AS f JOIN incident_link AS l ON l.other_id = f.id
     UNION SELECT a.incident_id FROM assignment AS a
            WHERE a.next_due_at IS NOT NULL AND EXISTS (SELECT FROM incident AS m WHERE m.merged_into = a.incident_id)
)
SELECT i.id, i.subject
  FROM concerned AS c JOIN incident AS i ON i.id = c.id AND i.state NOT IN ('resolved', 'closed')
 CROSS JOIN LATERAL (
       SELECT dangers_of(i.id, CASE WHEN coalesce((i.place ->> 'hint')::boolean, false)
                                      OR coalesce((i.place ->> 'distance_from_home_m')::float, 0) <= 300
                                    THEN i.premises_id END) AS found) AS d
 WHERE EXISTS (SELECT FROM assignment AS a
                WHERE a.incident_id = i.id AND a.next_due_at IS NOT NULL AND NOT a.warned_of @> d.found)
    OR (i.family = 'fire_and_gas'
        AND EXISTS (SELECT FROM field_chain AS n WHERE n.incident_id = i.id AND n.sendings > 0 AND NOT n.warned_of @> d.found))
 ORDER BY i.priority, i.id LIMIT $1

-- name: supervisors
SELECT id FROM app_user
 WHERE role = 'supervisor' AND disabled_at IS NULL
   AND (cardinality(areas) = 0 OR $1::text IS NULL OR areas @> $1::text::ltree)
 ORDER BY id LIMIT 50

-- name: refusals
-- Of the last days, this one too; who was stood down refused nothing.
SELECT count(*) FROM assignment
 WHERE responder_id = $1 AND state IN ('declined', 'timed_out', 'left') AND offered_at > $2

-- name: flag
-- Once until somebody has talked with them.
UPDATE responder SET flagged_at = $2, version = version + 1 WHERE id = $1 AND flagged_at IS NULL RETURNING id

-- name: due
-- Cases with an assignment that is due, without a lock; each is locked, and looked at again, by itself.
SELECT i.id, i.subject, min(a.next_due_at) AS due_at
  FROM assignment AS a JOIN incident AS i ON i.id = a.incident_id
 WHERE a.next_due_at <= $1
 GROUP BY i.id ORDER BY i.priority, min(a.next_due_at), i.id LIMIT $2

-- name: link
INSERT INTO incident_link (incident_id, other_id, reason, at) VALUES ($1, $2, 'responder_in_danger', $3)
    ON CONFLICT (incident_id, other_id) DO NOTHING

-- name: put_off
-- Locked ones are in other hands and are served there.
UPDATE assignment SET next_due_at = $2::timestamptz + make_interval(secs => (ARRAY[5, 15, 60])[least(failures + 1, 3)]),
                      failures = least(failures + 1, 100)
 WHERE id IN (SELECT id FROM assignment WHERE incident_id = $1 AND next_due_at <= $2 FOR NO KEY UPDATE SKIP LOCKED)

-- name: case_of
SELECT a.incident_id, a.responder_id, r.user_id, i.area::text AS area
  FROM assignment AS a JOIN incident AS i ON i.id = a.incident_id JOIN responder AS r ON r.id = a.responder_id
 WHERE a.id = $1

-- name: incident_of
SELECT incident_id FROM assignment WHERE id = $1

-- name: responder_of
SELECT responder_id FROM assignment WHERE id = $1

-- name: zone_of
SELECT time_zone FROM responder WHERE id = $1

-- name: position_of
SELECT p.lat, p.lon, p.accuracy_m, p.at FROM responder_position AS p
 WHERE p.responder_id = $1 AND p.at > $2

-- name: waiting_to_move
-- Assignments that were accepted and have not moved, with where that was.
SELECT id, incident_id, from_lat, from_lon FROM assignment
 WHERE responder_id = $1 AND state = 'accepted' AND from_lat IS NOT NULL

-- name: save_position
INSERT INTO responder_position (responder_id, lat, lon, accuracy_m, at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (responder_id) DO UPDATE
   SET lat = excluded.lat, lon = excluded.lon, accuracy_m = excluded.accuracy_m, at = excluded.at
 WHERE responder_position.at <= excluded.at

-- name: forget_codes
-- A link's code leaves the notices with the assignment it belongs to.
UPDATE outbox SET facts = facts - 'code' WHERE assignment_id = $1 AND facts ? 'code'

-- name: listed
-- As a case shows them; names masked by the reader.
SELECT a.id, a.responder_id, r.name, r.kind, a.state, a.offered_by, a.round, a.is_outside_only, a.is_watched,
       a.offered_at, a.standby_at, a.accepted_at, a.moving_at, a.arrived_at, a.ended_at, a.heard_at, a.called_at,
       a.arrive_by, a.eta_s, a.distance_m, a.next_step, a.next_due_at, a.reasons, a.ended_for, a.is_doubted, a.report,
       a.confirmed_at, r.phone
  FROM assignment AS a JOIN responder AS r ON r.id = a.responder_id
 WHERE a.incident_id = $1 ORDER BY a.id
