-- Who is at a desk.

-- name: set_duty
INSERT INTO duty (user_id, state, since, acted_at) VALUES ($1, $2, $3, $3)
ON CONFLICT (user_id) DO UPDATE
   SET state = $2, since = CASE WHEN duty.state = $2 THEN duty.since ELSE $3 END, acted_at = $3,
       asked_at = NULL, away_since = NULL, silent_since = NULL,
       stream_at = CASE WHEN duty.state = $2 THEN duty.stream_at END

-- name: duty_of
SELECT state, since FROM duty WHERE user_id = $1

-- name: stream_answered
-- A desk's stream has answered a ping; no row, no desk.
UPDATE duty SET stream_at = $2, silent_since = NULL WHERE user_id = $1 RETURNING asked_at

-- name: at_desks
-- Who could be given a case now: on duty or on a break, and how many they hold.
SELECT u.id, u.display_name, u.role, d.state, d.since,
       (SELECT count(*) FROM incident i
         WHERE i.claimed_by = u.id AND i.state NOT IN ('resolved', 'closed'))::integer AS holds
  FROM duty d JOIN app_user u ON u.id = d.user_id
 WHERE d.state <> 'off' AND u.disabled_at IS NULL AND u.role IN ('dispatcher', 'supervisor', 'administrator')
 ORDER BY d.state DESC, u.id LIMIT 200
