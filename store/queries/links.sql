-- Links without a sign-in.

-- name: whose
SELECT a.incident_id, a.responder_id, r.user_id, i.area::text AS area
  FROM assignment AS a JOIN incident AS i ON i.id = a.incident_id JOIN responder AS r ON r.id = a.responder_id
 WHERE a.id = $1

-- name: find
-- By the digest of the whole code: a code is never compared character by character.
-- Who has left opens nothing any more, whatever they were asked before.
SELECT a.id, a.responder_id, a.state, a.link_tries, a.confirmed_at
  FROM assignment AS a JOIN responder AS r ON r.id = a.responder_id AND r.status <> 'left'
 WHERE a.link_digest = $1 AND a.link_until > $2

-- name: is_known
SELECT EXISTS (SELECT FROM responder_device WHERE digest = $1 AND responder_id = $2)

-- name: lock
-- Tries are counted one after the other.
SELECT a.link_tries, r.phone FROM assignment AS a JOIN responder AS r ON r.id = a.responder_id
 WHERE a.id = $1 FOR NO KEY UPDATE OF a

-- name: note_try
UPDATE assignment SET link_tries = link_tries + 1 WHERE id = $1

-- name: bind
INSERT INTO responder_device (digest, responder_id, made_at, seen_at) VALUES ($1, $2, $3, $3)

-- name: confirm
UPDATE assignment SET confirmed_at = coalesce(confirmed_at, $2) WHERE id = $1 AND state = 'stood_down'
