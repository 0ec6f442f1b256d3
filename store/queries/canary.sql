-- The canary: its device, its round, and what every part knows of the last full one.

-- name: ensure
-- A canary that somebody took out of use would be silent for ever: what makes it one is put right again.
INSERT INTO device (device, kind, wearer, life, registered, created_at) VALUES ($1, 'other', 'shared', 'live', true, $2)
    ON CONFLICT (device) DO UPDATE SET kind = 'other', life = 'live', registered = true, version = device.version + 1
 WHERE (device.kind, device.life, device.registered) IS DISTINCT FROM ('other', 'live', true)

-- name: dismiss
UPDATE device SET life = 'suspended', version = version + 1 WHERE device = ANY ($1::text[]) AND life = 'live' AND registered

-- name: left_open
-- In order of id, the order in which their locks are taken; read without locks, each is locked and read again.
SELECT i.id FROM incident AS i JOIN device AS d ON d.id = i.device_id
 WHERE d.device = $1 AND i.class = 'canary' AND i.state <> 'closed' ORDER BY i.id

-- name: progress
-- One round as it stands, read without locks. The time only bounds the search: the number is the incident's own.
SELECT e.incident_id, s.seen_at AS shown_at,
       EXISTS (SELECT FROM entry WHERE incident_id = e.incident_id AND action = 'escalated') AS escalated,
       (s.detail->>'seq')::bigint >=
           (SELECT min(c.seq) FROM change AS c
             WHERE c.at >= $3::timestamptz - interval '1 minute' AND c.kind = 'incident' AND c.object_id = e.incident_id)
           AS shown
  FROM device AS d
  JOIN event AS e ON e.device_id = d.id AND e.event_id = $2
  LEFT JOIN part AS s ON s.name = 'stream'
 WHERE d.device = $1
 ORDER BY e.no
 LIMIT 1

-- name: note_round
INSERT INTO part (name, seen_at, detail) VALUES ('canary:' || $1::text, $2, $3)
    ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at, detail = excluded.detail

-- name: note_oldest
-- The canary is as old as its slowest lane: a lane in use that has a canary and had no full round yet lets none count.
WITH lanes AS (
    SELECT l.name AS lane, p.seen_at, p.detail
      FROM lane AS l
      JOIN device AS d ON d.device = 'canary:' || l.name AND d.registered AND d.life = 'live'
      LEFT JOIN part AS p ON p.name = d.device
     WHERE l.retired_at IS NULL
)
INSERT INTO part (name, seen_at, detail)
SELECT 'canary', seen_at, detail FROM lanes
 WHERE NOT EXISTS (SELECT FROM lanes WHERE seen_at IS NULL)
 ORDER BY seen_at LIMIT 1
    ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at, detail = excluded.detail
RETURNING seen_at

-- name: last_round
SELECT seen_at FROM part WHERE name = 'canary'

-- name: note_shown
-- Of several consoles the first to show a change is the one whose time counts.
INSERT INTO part (name, seen_at, detail) VALUES ('stream', $1, jsonb_build_object('seq', $2::bigint))
    ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at, detail = excluded.detail
 WHERE (part.detail->>'seq')::bigint < $2
