-- Users, sessions, tokens, failed sign-ins.

-- name: for_sign_in
-- The account a name belongs to, with its password's hash.
SELECT id, password, disabled_at FROM app_user WHERE name = $1

-- name: by_session
-- Who a session belongs to. A desk on duty never goes quiet for a security reason: while it is on duty its session
-- does not end (centre.md, 10).
SELECT u.id, u.name, u.display_name, u.role, u.areas::text[] AS areas, u.language, u.version, s.seen_at, s.expires_at
  FROM session s
  JOIN app_user u ON u.id = s.user_id
  LEFT JOIN duty d ON d.user_id = u.id
 WHERE s.digest = $1 AND u.disabled_at IS NULL AND (s.expires_at > $2 OR d.state IN ('on', 'break'))

-- name: by_token
-- Who a token belongs to.
SELECT u.id, u.name, u.display_name, u.role, u.areas::text[] AS areas, u.language, u.version, t.id AS token_id
  FROM token t
  JOIN app_user u ON u.id = t.user_id
 WHERE t.digest = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $2) AND u.disabled_at IS NULL

-- name: standing
-- Which of these credentials still stand, and with which version of their user: asked each second for every stream.
SELECT s.digest, u.version
  FROM session s
  JOIN app_user u ON u.id = s.user_id
  LEFT JOIN duty d ON d.user_id = u.id
 WHERE s.digest = ANY($1::bytea[]) AND u.disabled_at IS NULL AND (s.expires_at > $2 OR d.state IN ('on', 'break'))
UNION ALL
SELECT t.digest, u.version
  FROM token t
  JOIN app_user u ON u.id = t.user_id
 WHERE t.digest = ANY($1::bytea[]) AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $2)
   AND u.disabled_at IS NULL

-- name: begin_session
INSERT INTO session (digest, user_id, made_at, seen_at, expires_at, source) VALUES ($1, $2, $3, $3, $4, $5)

-- name: touch_session
-- At most once a minute for a session, so that reading the queue writes nothing.
UPDATE session SET seen_at = $2, expires_at = $3 WHERE digest = $1

-- name: end_session
DELETE FROM session WHERE digest = $1 RETURNING user_id

-- name: end_sessions_of
DELETE FROM session WHERE user_id = $1

-- name: drop_old_sessions
-- Swept at each sign-in: nobody's open desk is touched.
DELETE FROM session s WHERE s.expires_at < $1
   AND NOT EXISTS (SELECT 1 FROM duty d WHERE d.user_id = s.user_id AND d.state IN ('on', 'break'))

-- name: failures
SELECT count, last_at FROM sign_in_failure WHERE name = $1 AND source = $2

-- name: note_failure
-- Counts within the window; an older run of failures begins anew.
INSERT INTO sign_in_failure (name, source, count, last_at) VALUES ($1, $2, 1, $3)
ON CONFLICT (name, source) DO UPDATE
   SET count = CASE WHEN sign_in_failure.last_at < $4 THEN 1 ELSE sign_in_failure.count + 1 END, last_at = $3

-- name: drop_old_failures
-- Swept at each sign-in: names that strangers made up do not stay.
DELETE FROM sign_in_failure WHERE last_at < $1

-- name: forgive
DELETE FROM sign_in_failure WHERE name = $1 AND source = $2

-- name: forgive_everywhere
DELETE FROM sign_in_failure WHERE name = $1

-- name: users
SELECT id, name, display_name, role, areas::text[] AS areas, language, phone, phone_typed, email, channels, version,
       created_at, disabled_at
  FROM app_user WHERE id > $1 ORDER BY id LIMIT $2

-- name: user
SELECT id, name, display_name, role, areas::text[] AS areas, language, phone, phone_typed, email, channels, version,
       created_at, disabled_at
  FROM app_user WHERE id = $1

-- name: lock_user
SELECT id, name, display_name, role, areas::text[] AS areas, language, phone, phone_typed, email, channels, version,
       created_at, disabled_at
  FROM app_user WHERE id = $1 FOR UPDATE

-- name: add_user
INSERT INTO app_user (name, display_name, role, areas, language, password, created_at, phone, phone_typed, email, channels)
VALUES ($1, $2, $3, $4::text[]::ltree[], $5, $6, $7, $8, $9, $10, $11) RETURNING id

-- name: change_user
-- Under the row's lock, so that the version read is the version changed.
UPDATE app_user
   SET display_name = $2, role = $3, areas = $4::text[]::ltree[], language = $5, password = coalesce($6, password),
       disabled_at = $7, phone = $8, phone_typed = $9, email = $10, channels = $11, version = version + 1
 WHERE id = $1

-- name: id_of_name
SELECT id FROM app_user WHERE name = $1

-- name: tokens
SELECT t.id, t.name, t.user_id, u.name AS user_name, t.made_at, t.expires_at, t.revoked_at, t.version
  FROM token t JOIN app_user u ON u.id = t.user_id WHERE t.id > $1 ORDER BY t.id LIMIT $2

-- name: token
SELECT t.id, t.name, t.user_id, u.name AS user_name, t.made_at, t.expires_at, t.revoked_at, t.version
  FROM token t JOIN app_user u ON u.id = t.user_id WHERE t.id = $1

-- name: lock_token
SELECT user_id, name, expires_at, revoked_at, version FROM token WHERE id = $1 FOR NO KEY UPDATE

-- name: change_token
-- Under the row's lock.
UPDATE token SET name = $2, expires_at = $3, version = version + 1 WHERE id = $1

-- name: revoke_tokens_of
UPDATE token SET revoked_at = $2, version = version + 1 WHERE user_id = $1 AND revoked_at IS NULL

-- name: off_duty
UPDATE duty SET state = 'off', since = $2 WHERE user_id = $1 AND state <> 'off' RETURNING user_id

-- name: add_token
INSERT INTO token (name, digest, user_id, made_at, expires_at) VALUES ($1, $2, $3, $4, $5) RETURNING id

-- name: revoke_token
UPDATE token SET revoked_at = coalesce(revoked_at, $2), version = version + 1 WHERE id = $1 RETURNING user_id
