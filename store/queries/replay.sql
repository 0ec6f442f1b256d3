-- name: ask
-- One letter; what was replayed already is asked again only by a person, and its tries begin anew.
UPDATE dead_letter SET replay_asked_at = $2, replay_asked_by = $3, replay_tries = 0, replay_result = NULL
 WHERE id = $1
RETURNING id

-- name: ask_for_device
-- What waited for a device to be registered. One person registers a device at a time: its row is locked.
UPDATE dead_letter SET replay_asked_at = $2, replay_asked_by = $3, replay_tries = 0, replay_result = NULL
 WHERE device = $1 AND reason = 'unknown_device' AND replayed_at IS NULL

-- name: only_one
-- One replayer at a time, so that a device's letters are used in the order they came. Ends with the transaction.
SELECT pg_try_advisory_xact_lock(7340223)

-- name: next
-- Under `only_one`. Ages first; a letter in the hands of somebody who buries its copy is left for the next look.
SELECT id, device, topic, source, reason, payload, retained, first_at, replay_tries
  FROM dead_letter
 WHERE replay_asked_at IS NOT NULL
 ORDER BY first_at, id
 LIMIT 1
   FOR NO KEY UPDATE SKIP LOCKED

-- name: note_try
UPDATE dead_letter SET replay_tries = replay_tries + 1 WHERE id = $1

-- name: end
UPDATE dead_letter
   SET replay_asked_at = NULL, replay_result = $2, replayed_at = CASE WHEN $3 THEN $4 ELSE replayed_at END
 WHERE id = $1
