-- name: batteries
-- One part's levels with what was found before and the days they fell through; read without locks.
SELECT s.device_id, d.device, s.battery_pct AS pct, coalesce(f.level, 'well') AS level, p.id AS premises_id,
       coalesce(p.area, d.area)::text AS area, d.kind = ANY ($3) AS life_safety, b.days, b.pcts
  FROM device_state AS s
  JOIN device AS d ON d.id = s.device_id
  JOIN supervision AS v ON v.device_id = d.id AND v.status NOT IN ('new', 'unwatched')
  LEFT JOIN device_finding AS f ON f.device_id = s.device_id AND f.topic = 'battery_low'
  LEFT JOIN LATERAL (SELECT array_agg(day - '2000-01-01'::date ORDER BY day) AS days, array_agg(pct ORDER BY day) AS pcts
                       FROM battery_day AS bd WHERE bd.device_id = s.device_id) AS b ON true
  LEFT JOIN device_holder AS h ON h.device_id = d.id AND h.to_at IS NULL
  LEFT JOIN resident AS r ON r.id = h.resident_id
  LEFT JOIN premises AS p ON p.id = coalesce(h.premises_id, r.premises_id)
 WHERE s.battery_pct IS NOT NULL AND s.device_id > $1 AND s.device_id <= $2
 ORDER BY s.device_id

-- name: note_batteries
-- The lowest of each day; `(after, upto]` is this round's part.
INSERT INTO battery_day (device_id, day, pct)
SELECT device_id, $3::date, battery_pct FROM device_state
 WHERE device_id > $1 AND device_id <= $2 AND battery_pct IS NOT NULL
    ON CONFLICT (device_id, day) DO UPDATE SET pct = excluded.pct WHERE battery_day.pct > excluded.pct

-- name: forget_batteries
DELETE FROM battery_day WHERE device_id > $1 AND device_id <= $2 AND day < $3::date

-- name: part
-- The next part of a round over all devices: the last id of it, or NULL at the end.
SELECT max(device_id) FROM (SELECT device_id FROM supervision WHERE device_id > $1 ORDER BY device_id LIMIT $2) AS n

-- name: round_at
-- Locked: another engine takes the next part, not the same.
INSERT INTO supervision_round (name, at) VALUES ($1, $2)
    ON CONFLICT (name) DO UPDATE SET at = excluded.at
RETURNING after_id

-- name: round_to
UPDATE supervision_round SET after_id = $2, at = $3 WHERE name = $1

-- name: watched
-- The part's watched devices with what the judgements need; the last tests by the index on a device's events.
SELECT d.id AS device_id, d.device, d.kind, v.watched_from, p.id AS premises_id, coalesce(p.area, d.area)::text AS area,
       d.life, ARRAY(SELECT f.topic FROM device_finding AS f WHERE f.device_id = d.id) AS found,
       (SELECT max(e.received_at) FROM event AS e
         WHERE e.device_id = d.id AND e.received_at > $3::timestamptz - interval '40 days'
           AND (e.type = 'test' OR 'test' = ANY (e.marks))) AS last_test_at,
       ARRAY(SELECT unnest(ARRAY[e.received_at, e.last_copy_at]) FROM event AS e
              WHERE e.device_id = d.id AND e.type = 'test' AND e.last_copy_at > $3::timestamptz - interval '3 days'
                AND e.received_at > $3::timestamptz - interval '30 days'
              ORDER BY e.received_at DESC LIMIT 400) AS test_words
  FROM supervision AS v
  JOIN device AS d ON d.id = v.device_id
  LEFT JOIN device_holder AS h ON h.device_id = d.id AND h.to_at IS NULL
  LEFT JOIN resident AS r ON r.id = h.resident_id
  LEFT JOIN premises AS p ON p.id = coalesce(h.premises_id, r.premises_id)
 WHERE v.device_id > $1 AND v.device_id <= $2 AND v.status NOT IN ('new', 'unwatched')
 ORDER BY d.id

-- name: samples
-- A device's newest readings of two days, fixes with their own fix time where the source kept one.
SELECT n.received_at, n.what, n.value, NOT n.late AS live,
       coalesce(n.fix_time, n.at::text) AS at_text
  FROM (SELECT r.received_at, r.at, r.late,
               CASE WHEN r.data ? 'location' THEN 'fix' ELSE coalesce(r.data #>> '{detail,name}', r.type) END AS what,
               CASE WHEN r.data ? 'location' THEN (r.data -> 'location')::text ELSE (r.data -> 'value')::text END AS value,
               coalesce(r.data #>> '{detail,fixTime}', r.data #>> '{detail,fix_time}', r.data #>> '{detail,position,fixTime}')
                   AS fix_time
          FROM reading AS r
         WHERE r.device_id = $1 AND r.received_at > $2::timestamptz - interval '50 hours' AND r.received_at <= $2
           AND (r.data ? 'location' OR r.data ? 'value')
         ORDER BY r.received_at DESC LIMIT $3) AS n
 ORDER BY n.received_at DESC

-- name: find
INSERT INTO device_finding (device_id, topic, level, found_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (device_id, topic) DO UPDATE SET level = excluded.level WHERE device_finding.level <> excluded.level
RETURNING level

-- name: lose
DELETE FROM device_finding WHERE device_id = $1 AND topic = $2 RETURNING level

-- name: no_longer_low
-- The device itself has no word for "the battery is well again".
UPDATE device_state SET open = array_remove(open, 'battery_low'), version = version + 1
 WHERE device_id = $1 AND 'battery_low' = ANY (open)

-- name: unprotected
-- Residents of homes that have life-safety devices of which none is heard; a look over the register, once a round.
SELECT count(*)::int
  FROM (SELECT coalesce(h.premises_id, r.premises_id) AS id
          FROM supervision AS v
          JOIN device AS d ON d.id = v.device_id AND d.kind = ANY ($1)
          JOIN device_holder AS h ON h.device_id = d.id AND h.to_at IS NULL
          LEFT JOIN resident AS r ON r.id = h.resident_id
         WHERE v.status NOT IN ('new', 'unwatched')
         GROUP BY 1 HAVING NOT bool_or(v.status IN ('live', 'grace'))) AS home
  JOIN resident AS x ON x.premises_id = home.id
 WHERE x.status NOT IN ('moved', 'died', 'left_service')
