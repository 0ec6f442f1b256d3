-- Ways into a home. A secret is sealed by itself; only `sealed` reads one.

-- name: of_home
SELECT id, kind, holder, secret IS NOT NULL AS has_secret, valid_to, consent, instructions, proved_at
  FROM premises_access WHERE premises_id = $1 ORDER BY id

-- name: forget
-- Those that are not named any more. Under the home's lock.
DELETE FROM premises_access WHERE premises_id = $1 AND NOT id = ANY ($2::bigint[])

-- name: change
-- Without a secret named, what is kept stays.
UPDATE premises_access SET kind = $3, holder = $4, secret = CASE WHEN $9 THEN $5 ELSE secret END, valid_to = $6,
                           consent = $7, instructions = $8, proved_at = $10
 WHERE id = $2 AND premises_id = $1 RETURNING id

-- name: add
INSERT INTO premises_access (premises_id, kind, holder, secret, valid_to, consent, instructions, proved_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: sealed
-- Of the home of a case, and no other; what has run out opens nothing.
SELECT x.id, x.premises_id, x.kind, x.secret FROM premises_access AS x
  LEFT JOIN resident AS r ON r.id = $2
 WHERE x.id = $1 AND x.premises_id = coalesce($3, r.premises_id) AND x.secret IS NOT NULL
   AND (x.valid_to IS NULL OR x.valid_to > $4)

-- name: is_employed
SELECT is_employed FROM responder WHERE id = $1
