-- The records of what may hold an alarm: silences, absences, storms.

-- name: silence
SELECT s.id, s.device_id, d.device, s.area::text AS area, coalesce(p.area, d.area, s.area)::text AS seen_in, s.classes,
       s.types, s.from_at, s.until_at, s.author, u.display_name AS author_name, s.reason, s.created_at, s.ended_at,
       s.version, coalesce(h.hits, 0)::int AS hits, h.last_at AS last_hit_at
  FROM silence AS s
  JOIN app_user AS u ON u.id = s.author
  LEFT JOIN device AS d ON d.id = s.device_id
  LEFT JOIN device_holder AS dh ON dh.device_id = d.id AND dh.to_at IS NULL
  LEFT JOIN resident AS r ON r.id = dh.resident_id
  LEFT JOIN premises AS p ON p.id = coalesce(dh.premises_id, r.premises_id)
  LEFT JOIN LATERAL (SELECT sum(hits) AS hits, max(last_at) AS last_at FROM held
                      WHERE kind = 'silence' AND ref = s.id) AS h ON true

-- name: silences_listed
 WHERE s.id < $1 AND ($2::timestamptz IS NULL OR (s.ended_at IS NULL AND s.until_at > $2))
   AND (cardinality($3::text[]) = 0 OR coalesce(p.area, d.area, s.area) IS NULL
        OR coalesce(p.area, d.area, s.area) <@ $3::text[]::ltree[])
 ORDER BY s.id DESC LIMIT $4

-- name: silence_one
 WHERE s.id = $1

-- name: add_silence
INSERT INTO silence (device_id, area, classes, types, from_at, until_at, author, reason, created_at)
VALUES ($1, $2::text::ltree, $3, $4, $5, $6, $7, $8, $9) RETURNING id

-- name: lock_silence
SELECT version, from_at, until_at, reason, ended_at FROM silence WHERE id = $1 FOR NO KEY UPDATE

-- name: change_silence
UPDATE silence SET until_at = $2, reason = $3, version = version + 1 WHERE id = $1

-- name: end_silence
UPDATE silence SET ended_at = $2, ended_by = $3, version = version + 1 WHERE id = $1 AND ended_at IS NULL

-- name: absence
SELECT a.id, a.resident_id, r.name AS resident_name, a.premises_id, p.area::text AS area, a.from_at, a.until_at, a.author,
       u.display_name AS author_name, a.reason, a.created_at, a.ended_at, a.version, coalesce(h.hits, 0)::int AS hits
  FROM absence AS a
  JOIN app_user AS u ON u.id = a.author
  LEFT JOIN resident AS r ON r.id = a.resident_id
  LEFT JOIN premises AS p ON p.id = coalesce(a.premises_id, r.premises_id)
  LEFT JOIN LATERAL (SELECT sum(hits) AS hits FROM held WHERE kind = 'absence' AND ref = a.id) AS h ON true

-- name: absences_listed
 WHERE a.id < $1 AND ($2::timestamptz IS NULL OR (a.ended_at IS NULL AND a.until_at > $2))
   AND (cardinality($3::text[]) = 0 OR p.area IS NULL OR p.area <@ $3::text[]::ltree[])
   AND ($5::bigint IS NULL OR a.resident_id = $5)
 ORDER BY a.id DESC LIMIT $4

-- name: absence_one
 WHERE a.id = $1

-- name: add_absence
INSERT INTO absence (resident_id, premises_id, from_at, until_at, author, reason, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id

-- name: lock_absence
SELECT version, from_at, until_at, reason, ended_at FROM absence WHERE id = $1 FOR NO KEY UPDATE

-- name: change_absence
UPDATE absence SET until_at = $2, reason = $3, version = version + 1 WHERE id = $1

-- name: end_absence
UPDATE absence SET ended_at = $2, ended_by = $3, version = version + 1 WHERE id = $1 AND ended_at IS NULL

-- name: is_absent
-- A running absence of the person, or of the whole home.
SELECT EXISTS (SELECT FROM absence AS a
                WHERE a.ended_at IS NULL AND a.from_at <= $3 AND a.until_at > $3
                  AND (a.resident_id = $1
                       OR a.premises_id = coalesce($2, (SELECT premises_id FROM resident WHERE id = $1))))

-- name: running_absences
-- Homes that are said to be empty now: of everybody who lives there, or as a home.
SELECT a.id, a.from_at, a.looked_at, p.id AS premises_id, a.resident_id, p.area::text AS area
  FROM absence AS a LEFT JOIN resident AS r ON r.id = a.resident_id
  JOIN premises AS p ON p.id = coalesce(a.premises_id, r.premises_id)
 WHERE a.ended_at IS NULL AND a.from_at <= $1 AND a.until_at > $1
   AND (a.premises_id IS NOT NULL
        OR NOT EXISTS (SELECT FROM resident AS y
                        WHERE y.premises_id = p.id AND y.status NOT IN ('moved', 'died', 'left_service')
                          AND NOT EXISTS (SELECT FROM absence AS b WHERE b.resident_id = y.id AND b.ended_at IS NULL
                                             AND b.from_at <= $1 AND b.until_at > $1)))
 ORDER BY a.looked_at NULLS FIRST LIMIT 500

-- name: heard_at_home
-- Anybody there? What fixed devices of the home noticed since the last look; a band that is worn goes with its wearer.
SELECT d.id AS device_id, d.device, max(n.received_at) AS at, min(n.type) AS type
  FROM device_holder AS h JOIN device AS d ON d.id = h.device_id
  JOIN LATERAL (SELECT received_at, type FROM reading
                 WHERE device_id = d.id AND received_at > $2 AND received_at <= $3 AND type = ANY ($4) AND NOT late
                UNION ALL
                SELECT received_at, type FROM event
                 WHERE device_id = d.id AND received_at > $2 AND received_at <= $3 AND type = ANY ($4)) AS n ON true
 WHERE h.premises_id = $1 AND h.to_at IS NULL
 GROUP BY d.id, d.device ORDER BY d.id LIMIT 1

-- name: looked
UPDATE absence SET looked_at = $2 WHERE id = $1

-- name: storm
SELECT t.id, t.area::text AS area, t.profile, t.classes, t.state, t.reason, t.suggested_at, t.rate, t.normal, t.from_at,
       t.until_at, t.by_user, u.display_name AS by_name, t.ended_at, t.ended_why, t.incident_id, t.version,
       coalesce(h.hits, 0)::int AS held, coalesce(h.devices, 0)::int AS devices, coalesce(h.standing, 0)::int AS standing
  FROM storm AS t
  LEFT JOIN app_user AS u ON u.id = t.by_user
  LEFT JOIN LATERAL (SELECT sum(hits) AS hits, count(DISTINCT device_id) AS devices,
                            count(*) FILTER (WHERE ended_at IS NULL) AS standing
                       FROM held WHERE kind = 'storm' AND ref = t.id AND incident_id IS NULL) AS h ON true

-- name: storms_listed
 WHERE t.id < $1 AND ($2::text IS NULL OR t.state = $2)
   AND (cardinality($3::text[]) = 0 OR t.area IS NULL OR t.area <@ $3::text[]::ltree[])
 ORDER BY t.id DESC LIMIT $4

-- name: storms_of_ids
 WHERE t.id = ANY ($1::bigint[])

-- name: storm_one
 WHERE t.id = $1

-- name: storm_by_class
SELECT class, sum(hits)::int AS held, count(DISTINCT device_id)::int AS devices,
       count(*) FILTER (WHERE ended_at IS NULL)::int AS standing,
       count(*) FILTER (WHERE ended_why = 'cleared')::int AS cleared,
       count(*) FILTER (WHERE ended_why = 'released')::int AS released
  FROM held WHERE kind = 'storm' AND ref = $1 AND incident_id IS NULL GROUP BY class ORDER BY 2 DESC, class

-- name: storm_by_area
SELECT area::text AS area, sum(hits)::int AS held, count(DISTINCT device_id)::int AS devices
  FROM held WHERE kind = 'storm' AND ref = $1 AND incident_id IS NULL GROUP BY area ORDER BY 2 DESC, area LIMIT 1000

-- name: storm_devices
SELECT d.device, h.class, h.area::text AS area, h.hits, h.first_at, h.last_at, h.ended_at, h.ended_why
  FROM held AS h JOIN device AS d ON d.id = h.device_id
 WHERE h.kind = 'storm' AND h.ref = $1 AND h.incident_id IS NULL ORDER BY h.no LIMIT 1000

-- name: never_held
-- What opened in the storm's place and time all the same: calls for help, and people with equipment at home.
SELECT id, number, class, priority, state, area::text AS area, opened_at FROM incident
 WHERE opened_at >= $1 AND opened_at <= $2 AND ($3::text IS NULL OR area <@ $3::text::ltree)
   AND class <> 'canary' AND id IS DISTINCT FROM $4 ORDER BY priority, id LIMIT 1000

-- name: next_storm
-- Its number before its row: the row names the incident, whose subject names the storm.
SELECT nextval(pg_get_serial_sequence('storm', 'id'))

-- name: add_storm_as
INSERT INTO storm (id, area, profile, classes, state, reason, from_at, until_at, by_user, incident_id)
OVERRIDING SYSTEM VALUE VALUES ($1, $2::text::ltree, $3, $4, 'on', $5, $6, $7, $8, $9)

-- name: lock_storm
SELECT id, area::text AS area, profile, classes, state, reason, from_at, until_at, incident_id, version
  FROM storm WHERE id = $1 FOR NO KEY UPDATE

-- name: switch_on
UPDATE storm SET state = 'on', reason = $2, from_at = $3, until_at = $4, by_user = $5, incident_id = $6, classes = $7,
                 version = version + 1 WHERE id = $1

-- name: change_storm
UPDATE storm SET reason = $2, until_at = $3, classes = $4, version = version + 1 WHERE id = $1

-- name: end_storm
UPDATE storm SET state = 'ended', ended_at = $2, ended_by = $3, ended_why = $4, version = version + 1
 WHERE id = $1 AND state <> 'ended' RETURNING id

-- name: storms_on
SELECT t.id, t.area::text AS area, t.until_at, t.counted,
       (SELECT coalesce(sum(h.hits), 0) FROM held AS h WHERE h.kind = 'storm' AND h.ref = t.id)::bigint AS hits
  FROM storm AS t WHERE t.state = 'on'

-- name: row_again
UPDATE storm SET incident_id = $2, version = version + 1 WHERE id = $1

-- name: note_counted
-- Nothing where another engine has counted meanwhile.
UPDATE storm SET counted = $2 WHERE id = $1 AND counted = $3 RETURNING id

-- name: alarms_by_area
-- Technical alarms of the window, by the area of their home; a range of the partial index.
SELECT coalesce(p.area, d.area)::text AS area, count(*)::int AS alarms
  FROM event AS e JOIN device AS d ON d.id = e.device_id LEFT JOIN premises AS p ON p.id = e.premises_id
 WHERE e.type IN ('power_lost', 'fault', 'battery_low', 'tamper', 'removed') AND e.received_at > $1 AND e.received_at <= $2
   AND coalesce(p.area, d.area) IS NOT NULL
 GROUP BY 1

-- name: usual_by_area
-- The same hour of the seven days before, all together.
SELECT coalesce(p.area, d.area)::text AS area, count(*)::int AS alarms
  FROM generate_series(1, 7) AS n (day)
  JOIN event AS e ON e.received_at > $1::timestamptz - make_interval(days => n.day) - interval '30 minutes'
                 AND e.received_at <= $1::timestamptz - make_interval(days => n.day) + interval '30 minutes'
  JOIN device AS d ON d.id = e.device_id LEFT JOIN premises AS p ON p.id = e.premises_id
 WHERE e.type IN ('power_lost', 'fault', 'battery_low', 'tamper', 'removed') AND coalesce(p.area, d.area) IS NOT NULL
 GROUP BY 1

-- name: storms_covering
-- What stands, suggested or on, in the areas asked about, above or below them; or was refused a while ago.
SELECT id, area::text AS area, state FROM storm
 WHERE state <> 'ended' OR (ended_at > $1 AND by_user IS NULL)

-- name: suggest
INSERT INTO storm (area, state, suggested_at, rate, normal) VALUES ($1::text::ltree, 'suggested', $2, $3, $4) RETURNING id

-- name: over_suggestions
-- Suggested, and nobody took it: the rate has fallen for an hour.
UPDATE storm SET state = 'ended', ended_at = $1, ended_why = 'not_taken', version = version + 1
 WHERE state = 'suggested' AND suggested_at < $1::timestamptz - interval '1 hour' RETURNING id, area::text AS area
