-- Who may sign in to the broker, and how far the broker agrees.

-- name: lock_device
SELECT id, device, registered, area::text AS area FROM device WHERE id = $1 FOR NO KEY UPDATE

-- name: device_id_named
SELECT id FROM device WHERE device = $1

-- name: version_of
SELECT version FROM credential WHERE username = $1 FOR UPDATE

-- name: issue
INSERT INTO credential AS c (username, device_id, topics, version, digest, sealed, issued_at, try_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
ON CONFLICT (username) DO UPDATE
   SET topics = EXCLUDED.topics, version = EXCLUDED.version, digest = EXCLUDED.digest, sealed = EXCLUDED.sealed,
       issued_at = EXCLUDED.issued_at, revoked_at = NULL, failures = 0, failure = '', try_at = EXCLUDED.try_at

-- name: revoke
UPDATE credential
   SET version = version + 1, digest = NULL, sealed = NULL, revoked_at = $2, failures = 0, failure = '', try_at = $2
 WHERE username = $1 AND revoked_at IS NULL
RETURNING id

-- name: wake
SELECT pg_notify('shouwang_credential', '')

-- name: of_device
SELECT username, issued_at, revoked_at, failure,
       CASE WHEN applied_version = version THEN applied_at END AS applied_at
  FROM credential WHERE device_id = $1

-- name: presented
SELECT digest, topics, device_id IS NOT NULL AS is_device FROM credential WHERE username = $1

-- name: wanted
SELECT id, username, topics, version, digest, sealed, revoked_at IS NOT NULL AS revoked, failures
  FROM credential

-- name: pending
-- Revocations first: somebody is to be cut off now.
 WHERE applied_version < version AND try_at <= $1
 ORDER BY revoked_at IS NULL, try_at, id
 LIMIT $2

-- name: after
 WHERE id > $1
 ORDER BY id
 LIMIT $2

-- name: applied
-- A version issued meanwhile stays pending.
UPDATE credential AS c
   SET applied_version = a.version, applied_at = $3, failures = 0, failure = ''
  FROM unnest($1::bigint[], $2::int[]) AS a (id, version)
 WHERE c.id = a.id

-- name: not_applied
UPDATE credential SET failures = failures + 1, failure = $3, try_at = $4 WHERE id = $1 AND version = $2

-- name: again
UPDATE credential SET applied_version = 0, failures = 0, try_at = $2 WHERE id = ANY ($1::bigint[])

-- name: counts
SELECT count(*) FILTER (WHERE applied_version < version) AS pending,
       count(*) FILTER (WHERE applied_version < version AND failures > 0) AS failing,
       count(*) FILTER (WHERE revoked_at IS NULL) AS standing
  FROM credential

-- name: try_door
SELECT pg_try_advisory_lock($1)
