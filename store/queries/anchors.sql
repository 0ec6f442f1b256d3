-- name: one_at_a_time
-- Anchors are a chain: the second engine waits for the first one's commit, and goes on from there.
SELECT pg_advisory_xact_lock(7340223)

-- name: take_heads
-- Records that grew since their last anchor; those in somebody's hands wait for the next one.
UPDATE incident SET anchored_seq = last_seq
 WHERE id IN (SELECT id FROM incident WHERE last_seq > anchored_seq ORDER BY id LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED)
RETURNING id, last_seq, last_hash

-- name: last
SELECT no, hash FROM anchor ORDER BY no DESC LIMIT 1

-- name: insert
INSERT INTO anchor (no, at, covers, hash) VALUES ($1, $2, $3, $4)

-- name: all
SELECT no, covers, hash FROM anchor ORDER BY no

-- name: some
SELECT no, covers, hash FROM anchor WHERE no > $1 ORDER BY no LIMIT $2
