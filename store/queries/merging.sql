-- name: subjects
-- Without a lock, only to know which subjects to lock first.
SELECT id, subject FROM incident WHERE id = ANY ($1::bigint[])

-- name: merge
-- Under the locks of both.
UPDATE incident SET merged_into = $2 WHERE id = $1

-- name: split
UPDATE incident SET merged_into = NULL WHERE id = $1

-- name: merged_pair
-- Which one is let out of which: the named one, the last that was taken in, or the one that asks itself.
SELECT i.id, CASE WHEN i.merged_into IS NULL THEN i.id ELSE i.merged_into END AS stays,
       CASE WHEN i.merged_into IS NOT NULL THEN i.id
            ELSE (SELECT g.id FROM incident AS g WHERE g.merged_into = i.id AND ($2::bigint IS NULL OR g.id = $2)
                   ORDER BY g.closed_at DESC, g.id DESC LIMIT 1) END AS gone
  FROM incident AS i WHERE i.id = $1

-- name: link
INSERT INTO incident_link (incident_id, other_id, reason, at)
VALUES (least($1::bigint, $2::bigint), greatest($1::bigint, $2::bigint), $3, $4)
    ON CONFLICT (incident_id, other_id) DO NOTHING
