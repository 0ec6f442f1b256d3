-- name: shifts
-- Shifts that end after a moment, in the order they begin.
SELECT s.id, s.role, s.user_id, s.responder_id, s.from_at, s.to_at, s.areas::text[] AS areas, s.rank, s.cancelled_at,
       s.version, coalesce(u.display_name, '') AS user_name, u.disabled_at IS NOT NULL AS disabled,
       coalesce(u.phone, p.phone) IS NOT NULL AS has_phone
  FROM shift AS s
  LEFT JOIN app_user AS u ON u.id = s.user_id
  LEFT JOIN responder AS p ON p.id = s.responder_id

-- name: shifts_listed
 WHERE s.id > $1 AND ($2::timestamptz IS NULL OR s.to_at > $2) AND ($3::timestamptz IS NULL OR s.from_at < $3)
   AND ($4::text IS NULL OR s.role = $4) AND s.cancelled_at IS NULL
   AND (cardinality($5::text[]::ltree[]) = 0 OR s.areas = '{}' OR s.areas && $5::text[]::ltree[]
        OR EXISTS (SELECT FROM unnest(s.areas) AS a WHERE a <@ $5::text[]::ltree[] OR a @> ANY ($5::text[]::ltree[])))
 ORDER BY s.id LIMIT $6

-- name: shifts_coming
 WHERE s.to_at > $1 AND s.from_at < $2 AND s.cancelled_at IS NULL ORDER BY s.from_at, s.id

-- name: shift_one
 WHERE s.id = $1

-- name: lock_shift
SELECT version, role, user_id, responder_id, from_at, to_at, areas::text[] AS areas, rank, cancelled_at
  FROM shift WHERE id = $1 FOR UPDATE

-- name: add_shift
INSERT INTO shift (role, user_id, responder_id, from_at, to_at, areas, rank)
VALUES ($1, $2, $3, $4, $5, $6::text[]::ltree[], $7) RETURNING id

-- name: change_shift
-- Under the row's lock.
UPDATE shift SET from_at = $2, to_at = $3, areas = $4::text[]::ltree[], rank = $5, cancelled_at = $6, version = version + 1
 WHERE id = $1

-- name: responder_exists
SELECT EXISTS (SELECT FROM responder WHERE id = $1)
