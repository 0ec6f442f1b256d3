-- name: on_duty
-- Plain read: what is changed is locked and looked at again.
SELECT d.user_id, d.since, d.acted_at, d.stream_at, d.asked_at, d.away_since, d.silent_since, u.areas::text[] AS areas
  FROM duty AS d JOIN app_user AS u ON u.id = d.user_id
 WHERE d.state = 'on' AND u.disabled_at IS NULL
 ORDER BY d.user_id

-- name: lock
SELECT d.user_id, d.since, d.acted_at, d.stream_at, d.asked_at, d.away_since, d.silent_since
  FROM duty AS d WHERE d.user_id = $1 AND d.state = 'on' FOR NO KEY UPDATE SKIP LOCKED

-- name: mark
UPDATE duty SET asked_at = $2, away_since = $3, silent_since = $4 WHERE user_id = $1

-- name: silent_gone
-- Desks that were told of as silent and are on duty no more: their incidents end.
-- By its subject, whatever a person has called the case since.
SELECT subject FROM incident WHERE subject LIKE 's:desk:%' AND state NOT IN ('resolved', 'closed')

-- name: bare
-- Areas told of as without anybody, as far as that stands.
SELECT subject FROM incident WHERE subject LIKE 's:duty:%' AND state NOT IN ('resolved', 'closed')

-- name: desk_areas
-- The areas that desks were ever made for; with them the whole centre. None before its first shift has begun.
SELECT DISTINCT area::text AS area
  FROM app_user AS u, unnest(CASE WHEN u.areas = '{}' THEN ARRAY[NULL]::ltree[] ELSE u.areas END) AS area
 WHERE u.role IN ('dispatcher', 'supervisor', 'administrator') AND u.disabled_at IS NULL
   AND EXISTS (SELECT FROM duty)

-- name: waiting
-- Unattended calls for help of an area whose first stage still waits for a desk; `$1` is '' for everywhere.
SELECT i.id, i.area::text AS area FROM incident AS i JOIN deadline AS d ON d.incident_id = i.id AND d.kind = 'escalate'
 WHERE i.unattended AND i.priority = 1 AND d.stage = 0 AND d.round = 0 AND d.due_at > $2
   AND ($1 = '' OR i.area <@ text2ltree(nullif($1, ''))) AND i.class NOT IN ('canary', 'nobody_on_duty')
 ORDER BY i.oldest_alarm_at, i.id LIMIT 500
