-- Exports: who asked for what, who agreed, and what is in them.

-- name: people_residents
SELECT count(*)::int FROM resident AS r LEFT JOIN premises AS p ON p.id = r.premises_id
 WHERE (cardinality($1::text[]) = 0 OR p.area <@ $1::text[]::ltree[])

-- name: people_devices
SELECT count(DISTINCT x.id)::int
  FROM device AS d
  JOIN device_holder AS h ON h.device_id = d.id AND h.to_at IS NULL
  JOIN resident AS x ON x.id = h.resident_id OR x.premises_id = h.premises_id
  LEFT JOIN premises AS p ON p.id = coalesce(h.premises_id, x.premises_id)
 WHERE (cardinality($1::text[]) = 0 OR coalesce(p.area, d.area) <@ $1::text[]::ltree[])

-- name: people_incidents
SELECT count(DISTINCT i.resident_id)::int FROM incident AS i
 WHERE i.class <> 'canary' AND (cardinality($1::text[]) = 0 OR i.area <@ $1::text[]::ltree[])

-- name: residents
SELECT r.id, r.ref, r.name, r.birth_date, r.status, array_to_string(r.tags, ';') AS tags, r.ability, r.phone, p.address,
       p.area::text AS area
  FROM resident AS r LEFT JOIN premises AS p ON p.id = r.premises_id
 WHERE (cardinality($1::text[]) = 0 OR p.area <@ $1::text[]::ltree[])
 ORDER BY r.id LIMIT $2

-- name: devices
SELECT d.device, d.kind, d.source, d.model, d.life, d.wearer, h.resident_id AS resident, p.address,
       coalesce(p.area, d.area)::text AS area
  FROM device AS d
  LEFT JOIN device_holder AS h ON h.device_id = d.id AND h.to_at IS NULL
  LEFT JOIN resident AS r ON r.id = h.resident_id
  LEFT JOIN premises AS p ON p.id = coalesce(h.premises_id, r.premises_id)
 WHERE d.registered AND d.device NOT LIKE 'canary:%'
   AND (cardinality($1::text[]) = 0 OR coalesce(p.area, d.area) <@ $1::text[]::ltree[])
 ORDER BY d.id LIMIT $2

-- name: incidents
SELECT i.number, i.class, 'P' || i.priority AS priority, i.state, i.outcome, i.opened_at, i.answered_at, i.resolved_at,
       i.resident_id AS resident, i.area::text AS area
  FROM incident AS i
 WHERE i.class <> 'canary' AND (cardinality($1::text[]) = 0 OR i.area <@ $1::text[]::ltree[])
 ORDER BY i.id LIMIT $2

-- name: export
SELECT e.id, e.kind, e.area::text AS area, e.areas::text[] AS areas, e.reason, e.people, e.state, e.asked_by,
       a.display_name AS asked_by_name, e.asked_at, e.decided_by, e.decided_at, e.until_at, e.taken_at, e.takings,
       e.ended_at, e.version
  FROM export AS e JOIN app_user AS a ON a.id = e.asked_by

-- name: listed
 WHERE e.id > $1 ORDER BY e.id LIMIT $2

-- name: one
 WHERE e.id = $1

-- name: lock
SELECT version FROM export WHERE id = $1 FOR UPDATE

-- name: add
INSERT INTO export (kind, area, areas, reason, people, state, asked_by, asked_at, until_at)
VALUES ($1, $2::text::ltree, $3::text[]::ltree[], $4, $5, $6, $7, $8, $9) RETURNING id

-- name: decide
-- Under the row's lock.
UPDATE export SET state = $2, decided_by = $3, decided_at = $4, version = version + 1 WHERE id = $1

-- name: end
UPDATE export SET state = 'ended', ended_at = $2, version = version + 1 WHERE id = $1

-- name: taken
UPDATE export SET taken_at = coalesce(taken_at, $2), takings = takings + 1, version = version + 1 WHERE id = $1
