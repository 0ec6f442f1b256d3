-- name: plan_now
-- Under the row's lock: two engines plan one after the other. The sequence says whether anything moved since.
SELECT version, planned_at, seen, (SELECT last_value FROM detector_changed) AS changed
  FROM detector_plan FOR UPDATE SKIP LOCKED

-- name: plan
-- Whoever wears what some fence or some bounds ask about; what moved is counted.
WITH wanted AS (
    SELECT f.device_id FROM fence AS f WHERE f.ended_at IS NULL AND f.device_id IS NOT NULL
    UNION
    SELECT h.device_id FROM fence AS f JOIN device_holder AS h ON h.resident_id = f.resident_id AND h.to_at IS NULL
     WHERE f.ended_at IS NULL
    UNION
    SELECT h.device_id FROM vital_bounds AS b
      JOIN device_holder AS h ON h.resident_id = b.resident_id AND h.to_at IS NULL
    UNION
    SELECT h.device_id FROM resident AS r
      JOIN device_holder AS h ON h.resident_id = r.id AND h.to_at IS NULL
      JOIN device AS d ON d.id = h.device_id AND d.kind = 'location_band'
      LEFT JOIN premises AS p ON p.id = r.premises_id
     WHERE 'dementia' = ANY (r.tags)
       AND EXISTS (SELECT FROM fence AS f WHERE f.ended_at IS NULL AND f.resident_id IS NULL AND f.device_id IS NULL
                      AND (f.area IS NULL OR p.area <@ f.area))
), gone AS (
    DELETE FROM detector_watch AS w WHERE NOT EXISTS (SELECT FROM wanted AS n WHERE n.device_id = w.device_id)
    RETURNING 1
), come AS (
    INSERT INTO detector_watch (device_id) SELECT n.device_id FROM wanted AS n
     WHERE NOT EXISTS (SELECT FROM detector_watch AS w WHERE w.device_id = n.device_id) RETURNING 1
)
SELECT (SELECT count(*) FROM gone)::int + (SELECT count(*) FROM come)::int

-- name: planned
UPDATE detector_plan SET version = version + ($1 > 0)::int, planned_at = $2, seen = $3

-- name: forget_unwatched
-- What came of devices that nobody asks about any more.
DELETE FROM detector_input AS i WHERE NOT EXISTS (SELECT FROM detector_watch AS w WHERE w.device_id = i.device_id)

-- name: watched_version
-- What a reader of telemetry needs to know, once a second: whether its ids still stand, and how full the queue is.
SELECT p.version, coalesce((SELECT max(no) FROM detector_input) - (SELECT min(no) FROM detector_input), 0) AS waiting
  FROM detector_plan AS p

-- name: watched
SELECT device_id FROM detector_watch

-- name: queue
INSERT INTO detector_input (received_at, at, late, device_id, data)
SELECT 'epoch'::timestamptz + n.received_us * interval '1 us', 'epoch'::timestamptz + n.at_us * interval '1 us',
       n.late, n.device_id, n.data::jsonb
  FROM unnest($1::text::bigint[], $2::text::bigint[], $3::text::int[], $4::text::boolean[],
              string_to_array($5, E'\n')) AS n (received_us, at_us, device_id, late, data)

-- name: oldest_input
SELECT min(received_at) FROM (SELECT received_at FROM detector_input ORDER BY no LIMIT 100) AS n

-- name: take_devices
-- Those whose input waits longest. Their rows are locked: what one engine reads, another passes over.
SELECT w.device_id
  FROM (SELECT n.device_id, min(n.no) AS first
          FROM (SELECT i.no, i.device_id FROM detector_input AS i ORDER BY i.no LIMIT 5000) AS n
         GROUP BY n.device_id) AS waiting
  JOIN detector_watch AS w ON w.device_id = waiting.device_id
 ORDER BY waiting.first LIMIT $1
   FOR UPDATE OF w SKIP LOCKED

-- name: take_device
SELECT device_id FROM detector_watch WHERE device_id = $1 FOR UPDATE SKIP LOCKED

-- name: inputs
-- In the order of commit, some of each device; with what says whether its clock and its wearer are there.
SELECT i.no, i.device_id, i.received_at, i.at, i.late, i.data, s.clock_ok_at, 'removed' = ANY (s.open) AS removed,
       coalesce(i.data #>> '{detail,fixTime}', i.data #>> '{detail,fix_time}', i.data #>> '{detail,position,fixTime}')
           AS fix_time
  FROM unnest($1::int[]) AS w (device_id)
  JOIN device_state AS s ON s.device_id = w.device_id
 CROSS JOIN LATERAL (SELECT * FROM detector_input AS n WHERE n.device_id = w.device_id ORDER BY n.no LIMIT 100) AS i
 ORDER BY i.device_id, i.no

-- name: forget_inputs
DELETE FROM detector_input WHERE no = ANY ($1)

-- name: fences_of
-- The fences of these devices: their own, their wearer's, and the waters of everybody with dementia; with what is known.
SELECT n.device_id, f.id, f.name, f.kind, f.shape, f.hours, f.confirm_fixes, f.dwell_s, s.state, s.next_look_at
  FROM (SELECT w.device_id, f.id AS fence_id
          FROM unnest($1::int[]) AS w (device_id) JOIN fence AS f ON f.device_id = w.device_id
         UNION ALL
        SELECT w.device_id, f.id
          FROM unnest($1::int[]) AS w (device_id)
          JOIN device_holder AS h ON h.device_id = w.device_id AND h.to_at IS NULL
          JOIN fence AS f ON f.resident_id = h.resident_id
         UNION ALL
        SELECT w.device_id, f.id
          FROM unnest($1::int[]) AS w (device_id)
          JOIN device_holder AS h ON h.device_id = w.device_id AND h.to_at IS NULL
          JOIN resident AS r ON r.id = h.resident_id AND 'dementia' = ANY (r.tags)
          LEFT JOIN premises AS p ON p.id = r.premises_id
          JOIN fence AS f ON f.resident_id IS NULL AND f.device_id IS NULL AND (f.area IS NULL OR p.area <@ f.area)
       ) AS n
  JOIN fence AS f ON f.id = n.fence_id AND f.ended_at IS NULL
  LEFT JOIN detector_state AS s ON s.detector = 'fence' AND s.owner_id = n.device_id AND s.part_id = f.id
 ORDER BY n.device_id, f.id

-- name: bounds_of
SELECT h.device_id, b.resident_id, b.bounds, s.state
  FROM unnest($1::int[]) AS w (device_id)
  JOIN device_holder AS h ON h.device_id = w.device_id AND h.to_at IS NULL
  JOIN vital_bounds AS b ON b.resident_id = h.resident_id
  LEFT JOIN detector_state AS s ON s.detector = 'vitals' AND s.owner_id = h.device_id AND s.part_id = b.resident_id

-- name: write_states
-- Under the lock of the watched device, or of the row itself.
INSERT INTO detector_state (detector, owner_id, part_id, state, next_look_at)
SELECT n.detector, n.owner_id, n.part_id, n.state, n.next_look_at
  FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::jsonb[], $5::timestamptz[])
       AS n (detector, owner_id, part_id, state, next_look_at)
    ON CONFLICT (detector, owner_id, part_id) DO UPDATE
   SET state = excluded.state, next_look_at = excluded.next_look_at, failures = 0, version = detector_state.version + 1

-- name: device_name
SELECT device FROM device WHERE id = $1

-- name: due
-- What time brings, the longest due first. Locked rows are another engine's.
SELECT detector, owner_id, part_id, state, next_look_at FROM detector_state
 WHERE next_look_at <= $1 AND detector = ANY ($3)
 ORDER BY next_look_at LIMIT $2 FOR UPDATE SKIP LOCKED

-- name: due_one
SELECT detector, owner_id, part_id, state, next_look_at FROM detector_state
 WHERE detector = $1 AND owner_id = $2 AND part_id = $3 FOR UPDATE SKIP LOCKED

-- name: oldest_due
SELECT min(next_look_at) FROM detector_state WHERE next_look_at <= $1

-- name: put_off
-- A look that failed: soon again, then less and less often, never given up.
UPDATE detector_state
   SET next_look_at = $4::timestamptz + interval '15 s' * least(power(2, failures), 40), failures = least(failures + 1, 20)
 WHERE detector = $1 AND owner_id = $2 AND part_id = $3

-- name: forget_state
DELETE FROM detector_state WHERE detector = $1 AND owner_id = $2 AND part_id = $3

-- name: care_rules
-- Rules that are due, with whom they are about. `alone`: said so in the register, or nobody else lives there.
SELECT c.id, c.resident_id, c.kind, c.hours, c.after_s, c.created_at, r.status, coalesce(r.ability, 0) AS ability, r.tags,
       'living_alone' = ANY (r.tags) OR (r.premises_id IS NOT NULL AND NOT EXISTS (
           SELECT FROM resident AS o WHERE o.premises_id = r.premises_id AND o.id <> r.id
              AND o.status NOT IN ('moved', 'died', 'left_service'))) AS alone,
       (SELECT max(least(coalesce(a.ended_at, a.until_at), $2)) FROM absence AS a
         WHERE (a.resident_id = r.id OR a.premises_id = r.premises_id) AND a.from_at <= $2
           AND a.until_at > $2::timestamptz - interval '3 days') AS away_at
  FROM care_rule AS c JOIN resident AS r ON r.id = c.resident_id
 WHERE c.id = ANY ($1) AND c.ended_at IS NULL

-- name: sensors
-- What tells of movement around these people, and when each was last heard itself.
SELECT r.id AS resident_id, d.id AS device_id, d.kind,
       s.last_seen IS NOT NULL AND s.last_seen > $2::timestamptz - coalesce(v.allowed, interval '1 day') AS alive,
       s.last_seen, coalesce(v.status IN ('held', 'grace'), false) AS excused
  FROM resident AS r
  JOIN device_holder AS h ON h.to_at IS NULL AND (h.resident_id = r.id OR h.premises_id = r.premises_id)
  JOIN device AS d ON d.id = h.device_id AND d.registered AND d.life IN ('live', 'installed')
  JOIN device_state AS s ON s.device_id = d.id
  LEFT JOIN supervision AS v ON v.device_id = d.id
 WHERE r.id = ANY ($1)
 ORDER BY r.id, d.id

-- name: signs
-- The last sign of somebody by each of these rules' devices since a time of each rule's own. What came late counts by
-- its own time, never later than its receipt. Readings are read by device, in no older day than the earliest of those.
SELECT w.rule_id, w.device_id, greatest(e.at, a.at) AS at
  FROM unnest($1::bigint[], $2::int[], $3::timestamptz[]) AS w (rule_id, device_id, since)
  LEFT JOIN LATERAL (SELECT max(CASE WHEN n.marks && '{late,clock_wrong}' THEN least(n.at, n.received_at)
                                     ELSE n.received_at END) AS at
                       FROM event AS n
                      WHERE n.device_id = w.device_id AND n.received_at > w.since AND n.received_at <= $5
                        AND n.type = ANY ($6) AND n.event_id NOT LIKE 'found:%') AS e ON true
  LEFT JOIN LATERAL (SELECT max(CASE WHEN n.late THEN least(n.at, n.received_at) ELSE n.received_at END) AS at
                       FROM reading AS n
                      WHERE n.device_id = w.device_id AND n.received_at > w.since AND n.received_at > $4
                        AND n.received_at <= $5 AND n.type = 'activity') AS a ON true
 WHERE e.at IS NOT NULL OR a.at IS NOT NULL

-- name: bed_word
-- What the bed last said, and when: two words that end each other.
SELECT e.type, e.received_at FROM event AS e
 WHERE e.device_id = ANY ($1) AND e.type IN ('occupied', 'vacant') AND e.received_at > $2 AND e.received_at <= $3
   AND NOT e.marks && '{late,clock_wrong}'
 ORDER BY e.received_at DESC, e.no DESC LIMIT 1

-- name: answered
-- Whether the resident, or somebody for them, has answered since then: a check-in, or a press of their own device.
SELECT min(n.at) FROM (
    SELECT c.at FROM check_in AS c WHERE c.resident_id = $1 AND c.at >= $2
    UNION ALL
    SELECT e.received_at FROM device_holder AS h
      JOIN event AS e ON e.device_id = h.device_id AND e.received_at >= $2 AND e.type = ANY ($3)
     WHERE h.resident_id = $1 AND h.to_at IS NULL) AS n

-- name: visits_due
SELECT v.id, v.resident_id, v.critical, v.from_at, v.until_at, v.state, v.started_at, r.status,
       EXISTS (SELECT FROM absence AS a
                WHERE (a.resident_id = r.id OR a.premises_id = r.premises_id)
                  AND a.from_at <= $2 AND a.until_at > $2 AND a.ended_at IS NULL) AS absent
  FROM visit AS v JOIN resident AS r ON r.id = v.resident_id
 WHERE v.id = ANY ($1)

-- name: visit_missed
-- Before the person's lock: who begins the visit just now holds its row, and the feed's counter comes after both.
UPDATE visit SET state = 'missed', version = version + 1 WHERE id = $1 AND state = 'planned' RETURNING id

-- name: visit_case
UPDATE visit SET incident_id = $2 WHERE id = $1

-- name: resident
SELECT r.id, r.premises_id, p.area::text AS area, p.lat AS home_lat, p.lon AS home_lon, r.status
  FROM resident AS r LEFT JOIN premises AS p ON p.id = r.premises_id WHERE r.id = $1

-- name: insert_event
-- What we found ourselves, beside what devices say: the same table, so that case and timeline show it.
INSERT INTO event (device_id, event_id, digest, type, at, received_at, last_copy_at, marks, resident_id, premises_id,
                   decision, data)
VALUES ($1, $2, $3, $4, $5, $5, $5, '{}', $6, $7, $8, $9)
    ON CONFLICT (device_id, event_id, digest, repeat) DO NOTHING
RETURNING no

-- name: attach
UPDATE event SET incident_id = $2 WHERE no = $1

-- name: hearers
-- Devices that can show or say something to this resident.
SELECT d.id, d.device, d.source
  FROM resident AS r
  JOIN device_holder AS h ON h.to_at IS NULL AND (h.resident_id = r.id OR h.premises_id = r.premises_id)
  JOIN device AS d ON d.id = h.device_id AND d.registered AND d.life = 'live' AND d.source = ANY ($2)
 WHERE r.id = $1 ORDER BY d.id LIMIT 10

-- name: due_unlocked
-- Fences that time makes due: their device's row is locked before theirs, one by one.
SELECT detector, owner_id, part_id, state, next_look_at FROM detector_state
 WHERE next_look_at <= $1 AND detector = ANY ($3)
 ORDER BY next_look_at LIMIT $2

-- name: put_aside
-- The oldest input, which could not be judged: it must not stop what comes after it.
DELETE FROM detector_input WHERE no = (SELECT min(no) FROM detector_input WHERE device_id = $1)
