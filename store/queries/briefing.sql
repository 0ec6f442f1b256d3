-- What whoever goes is shown. Nothing here locks.

-- name: of_assignment
SELECT a.id, a.incident_id, a.responder_id, a.state, a.distance_m, a.eta_s, a.is_outside_only, a.warned_of, a.offered_at, a.arrived_at,
       a.ended_at, a.arrive_by, i.number, i.class, i.priority, i.place, i.resident_id, p.id AS premises_id, p.address,
       p.lat, p.lon, p.hazards, nullif(ar.name, '') AS area_name
  FROM assignment AS a
  JOIN incident AS i ON i.id = a.incident_id
  LEFT JOIN resident AS r ON r.id = i.resident_id
  LEFT JOIN premises AS p ON p.id = coalesce(i.premises_id, r.premises_id)
  LEFT JOIN area AS ar ON ar.path = i.area
 WHERE a.id = $1

-- name: people
SELECT name, phone, communication, tags AS risks FROM resident
 WHERE id = $1 OR (premises_id = $2 AND status NOT IN ('moved', 'left_service', 'died')) ORDER BY id LIMIT 20

-- name: doors
-- As a list to be read out, the one proved last first (centre.md, 26).
SELECT id::text AS id, kind, holder, instructions, secret IS NOT NULL AS has_secret, proved_at FROM premises_access
 WHERE premises_id = $1 AND (valid_to IS NULL OR valid_to > $2) ORDER BY proved_at DESC NULLS LAST, id
