-- name: hear
-- One row for what is said again; rows are written in key order, so that two requests never wait for each other.
INSERT INTO callback (channel, reference, outcome, key, detail, received_at)
SELECT $1, said.reference, said.outcome, said.key, said.detail, $6
  FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) AS said (reference, outcome, key, detail)
 ORDER BY said.reference, said.outcome, said.key
    ON CONFLICT DO NOTHING
RETURNING id

-- name: reply_to
-- The last question that went to this number by this channel, one that still waits for an answer before all others.
WITH whom AS (
    SELECT 'user:' || id AS recipient FROM app_user WHERE phone = $2 AND disabled_at IS NULL
    UNION ALL
    SELECT 'responder:' || id FROM responder WHERE phone = $2
)
SELECT coalesce(o.reference, o.id::text)
  FROM whom JOIN outbox AS o USING (recipient)
  LEFT JOIN assignment AS a ON a.id = o.assignment_id
 WHERE o.begun_at > $4 AND o.channel = $1 AND o.purpose = ANY ($3::text[]) AND o.state IN ('sent', 'uncertain')
 ORDER BY (o.assignment_id IS NULL OR a.next_due_at IS NOT NULL) DESC, o.begun_at DESC, o.id DESC LIMIT 1

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
