-- name: put
INSERT INTO outbox (incident_id, assignment_id, recipient, purpose, priority, key, facts, not_after, due_at, made_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
    ON CONFLICT (key) DO NOTHING

-- name: cancel
-- What a sender holds is not taken from it: it looks again before it sends.
UPDATE outbox SET state = 'cancelled', result = $4, ended_at = $5
 WHERE ($1::bigint IS NULL OR incident_id = $1) AND ($2::bigint IS NULL OR assignment_id = $2)
   AND purpose = ANY ($3::text[]) AND state = 'waiting'
RETURNING id
