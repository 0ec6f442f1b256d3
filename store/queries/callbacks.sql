-- name: hear
-- One row for what is said again; rows are written in key order, so that two requests never wait for each other.
INSERT INTO callback (channel, reference, outcome, key, detail, received_at)
SELECT $1, said.reference, said.outcome, said.key, said.detail, $6
  FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) AS said (reference, outcome, key, detail)
 ORDER BY said.reference, said.outcome, said.key
    ON CONFLICT DO NOTHING
RETURNING id

-- name: waiting
-- The oldest first, and no lock: taking one in twice changes nothing the second time, so two engines may both read it.
SELECT id, channel, reference, outcome, key, detail, received_at
  FROM callback
 WHERE taken_at IS NULL
 ORDER BY id
 LIMIT $1

-- name: taken
UPDATE callback SET taken_at = $2 WHERE id = ANY ($1::bigint[]) AND taken_at IS NULL

-- name: forget
DELETE FROM callback
 WHERE id IN (SELECT id FROM callback WHERE taken_at < $1 ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED)
