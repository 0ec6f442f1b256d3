-- name: ask
-- One letter; what was replayed already is asked again only by a person, and its tries begin anew.
UPDATE dead_letter SET replay_asked_at = $2, replay_asked_by = $3, replay_tries = 0, replay_result = NULL
 WHERE id = $1
RETURNING id

-- name: ask_for_device
-- What waited for a device to be registered, the oldest first. One person registers it at a time: its row is locked.
UPDATE dead_letter SET replay_asked_at = $2, replay_asked_by = $3, replay_tries = 0, replay_result = NULL
 WHERE id IN (SELECT id FROM dead_letter
               WHERE device = $1 AND reason = 'unknown_device' AND replayed_at IS NULL AND replay_asked_at IS NULL
               ORDER BY first_at, id LIMIT $4)

-- name: ask_more
-- What is left of the same, once nothing of it is asked for; what was tried before is left to people.
UPDATE dead_letter SET replay_asked_at = $2,
       replay_asked_by = (SELECT replay_asked_by FROM dead_letter WHERE id = $3), replay_tries = 0
 WHERE id IN (SELECT id FROM dead_letter
               WHERE device = $1 AND reason = 'unknown_device' AND replayed_at IS NULL AND replay_asked_at IS NULL
                 AND replay_result IS NULL
               ORDER BY first_at, id LIMIT $4)
   AND NOT EXISTS (SELECT FROM dead_letter
                    WHERE device = $1 AND reason = 'unknown_device' AND replay_asked_at IS NOT NULL)

-- name: only_one
-- One replayer at a time, so that a device's letters are used in the order they came.
SELECT pg_try_advisory_lock(7340228)

-- name: let_another
SELECT pg_advisory_unlock(7340228)

-- name: next
-- Ages first; a letter in the hands of somebody who buries its copy is left for the next look.
SELECT id, device, topic, source, reason, payload, retained, first_at, replay_tries
  FROM dead_letter
 WHERE replay_asked_at IS NOT NULL
 ORDER BY first_at, id
 LIMIT 1
   FOR NO KEY UPDATE SKIP LOCKED

-- name: take
SELECT id FROM dead_letter WHERE id = $1 AND replay_asked_at IS NOT NULL FOR NO KEY UPDATE SKIP LOCKED

-- name: take_back_try
UPDATE dead_letter SET replay_tries = greatest(0, replay_tries - 1) WHERE id = $1

-- name: note_try
UPDATE dead_letter SET replay_tries = replay_tries + 1 WHERE id = $1

-- name: end
UPDATE dead_letter
   SET replay_asked_at = NULL, replay_result = $2, replayed_at = CASE WHEN $3 THEN $4 ELSE replayed_at END
 WHERE id = $1
