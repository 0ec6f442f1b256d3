-- Fences: who is told when whom leaves or enters where.

-- name: fence
SELECT f.id, f.name, f.kind, f.resident_id, f.device_id, f.area::text AS own_area, f.shape, f.hours, f.confirm_fixes,
       f.dwell_s, f.version, f.created_at, f.ended_at,
       coalesce(f.area, p.area, dp.area, d.area)::text AS area
  FROM fence AS f
  LEFT JOIN device AS d ON d.id = f.device_id
  LEFT JOIN device_holder AS h ON h.device_id = d.id AND h.to_at IS NULL
  LEFT JOIN resident AS dr ON dr.id = h.resident_id
  LEFT JOIN premises AS dp ON dp.id = coalesce(h.premises_id, dr.premises_id)
  LEFT JOIN resident AS r ON r.id = f.resident_id
  LEFT JOIN premises AS p ON p.id = r.premises_id

-- name: listed
 WHERE f.id > $1 AND f.ended_at IS NULL
   AND (cardinality($2::text[]::ltree[]) = 0 OR coalesce(f.area, p.area, dp.area, d.area) IS NULL
        OR coalesce(f.area, p.area, dp.area, d.area) <@ $2::text[]::ltree[])
   AND ($3::bigint IS NULL OR f.resident_id = $3) AND ($4::int IS NULL OR f.device_id = $4)
   AND ($5::text IS NULL OR f.kind = $5)
 ORDER BY f.id LIMIT $6

-- name: one
 WHERE f.id = $1

-- name: add
INSERT INTO fence (name, kind, resident_id, device_id, area, shape, hours, confirm_fixes, dwell_s, created_at)
VALUES ($1, $2, $3, $4, $5::text::ltree, $6, $7, $8, $9, $10) RETURNING id

-- name: lock
SELECT version, ended_at FROM fence WHERE id = $1 FOR NO KEY UPDATE

-- name: change
UPDATE fence SET name = $2, kind = $3, shape = $4, hours = $5, confirm_fixes = $6, dwell_s = $7, version = version + 1
 WHERE id = $1

-- name: end
UPDATE fence SET ended_at = $2, version = version + 1 WHERE id = $1

-- name: forget_states
-- A fence drawn anew knows nothing of the old one.
DELETE FROM detector_state WHERE detector = 'fence' AND part_id = $1
