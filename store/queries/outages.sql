-- name: lanes
-- As they stand now; read without locks.
SELECT name, filters, greatest(valid_until, '2000-01-01') AS valid_until FROM lane WHERE retired_at IS NULL

-- name: last_look
SELECT seen_at FROM part WHERE name = 'supervision'

-- name: note_look
INSERT INTO part (name, seen_at) VALUES ('supervision', $1)
    ON CONFLICT (name) DO UPDATE SET seen_at = greatest(part.seen_at, excluded.seen_at)

-- name: lane_outages
-- Those of the last two days: what a day's allowance is reckoned from.
SELECT lane, from_at, to_at, filters, unseen FROM lane_outage
 WHERE to_at IS NULL OR to_at > $1::timestamptz - interval '2 days' ORDER BY from_at

-- name: begin_lane_outage
-- Two engines that find one outage write it once.
INSERT INTO lane_outage (lane, from_at, to_at, filters, unseen) VALUES ($1, $2, $3, $4, $3::timestamptz IS NOT NULL)
    ON CONFLICT DO NOTHING

-- name: end_lane_outages
UPDATE lane_outage SET to_at = greatest(from_at, $2) WHERE lane = ANY ($1) AND to_at IS NULL

-- name: forget_lane_outages
DELETE FROM lane_outage WHERE to_at < $1::timestamptz - interval '90 days'

-- name: standing
SELECT o.incident_id, o.kind, o.key, o.hub_silent, o.held_most, o.from_at,
       (SELECT i.state IN ('resolved', 'closed') FROM incident AS i WHERE i.id = o.incident_id) AS resolved,
       (SELECT count(*) FROM supervision AS v WHERE v.outage_id = o.incident_id)::int AS held
  FROM outage AS o WHERE o.ended_at IS NULL

-- name: recently_silent
-- Found silent together with what is silent now, and standing alone so far. People with equipment at home count, and
-- are never held.
SELECT v.device_id, d.hub_id, d.source, coalesce(p.area, d.area)::text AS area,
       coalesce(r.tags && $2::text[], false)
           OR EXISTS (SELECT FROM resident AS x WHERE x.premises_id = p.id AND x.tags && $2::text[]) AS never_held
  FROM supervision AS v
  JOIN device AS d ON d.id = v.device_id
  LEFT JOIN device_holder AS h ON h.device_id = d.id AND h.to_at IS NULL
  LEFT JOIN resident AS r ON r.id = h.resident_id
  LEFT JOIN premises AS p ON p.id = coalesce(h.premises_id, r.premises_id)
 WHERE v.status IN ('late', 'never_heard') AND v.late_at >= $1 ORDER BY v.late_at DESC LIMIT 20000

-- name: watched_by_hub
SELECT d.hub_id::text AS key, count(*)::int AS watched
  FROM device AS d JOIN supervision AS v ON v.device_id = d.id
 WHERE d.hub_id = ANY ($1) AND v.status NOT IN ('new', 'unwatched') GROUP BY d.hub_id

-- name: watched_by_area
-- Of each path by itself; whoever asks adds up what lies below. A look over the register: asked at most once in a while.
SELECT coalesce(p.area, d.area)::text AS key, count(*)::int AS watched
  FROM supervision AS v
  JOIN device AS d ON d.id = v.device_id
  LEFT JOIN device_holder AS h ON h.device_id = d.id AND h.to_at IS NULL
  LEFT JOIN resident AS r ON r.id = h.resident_id
  LEFT JOIN premises AS p ON p.id = coalesce(h.premises_id, r.premises_id)
 WHERE v.status NOT IN ('new', 'unwatched') AND coalesce(p.area, d.area) IS NOT NULL GROUP BY 1

-- name: watched_by_source
SELECT d.source AS key, count(*)::int AS watched
  FROM supervision AS v JOIN device AS d ON d.id = v.device_id
 WHERE v.status NOT IN ('new', 'unwatched') GROUP BY 1

-- name: stands
SELECT incident_id FROM outage WHERE kind = $1 AND key = $2 AND ended_at IS NULL

-- name: begin
INSERT INTO outage (incident_id, kind, key, hub_silent, from_at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (incident_id) DO UPDATE SET hub_silent = outage.hub_silent OR excluded.hub_silent

-- name: note_held
UPDATE outage SET held_most = greatest(held_most, n.held)
  FROM (SELECT count(*)::int AS held FROM supervision WHERE outage_id = $1) AS n WHERE incident_id = $1

-- name: late_children
SELECT c.id AS device_id
  FROM device AS c
  JOIN supervision AS v ON v.device_id = c.id
  LEFT JOIN device_holder AS h ON h.device_id = c.id AND h.to_at IS NULL
  LEFT JOIN resident AS r ON r.id = h.resident_id
 WHERE c.hub_id = $1 AND v.status IN ('late', 'never_heard') AND v.outage_id IS NULL
   AND NOT coalesce(r.tags && $2::text[], false)
   AND NOT EXISTS (SELECT FROM resident AS x
                    WHERE x.premises_id = coalesce(h.premises_id, r.premises_id) AND x.tags && $2::text[])

-- name: end
UPDATE outage SET ended_at = $2 WHERE incident_id = $1 AND ended_at IS NULL RETURNING kind, key, held_most

-- name: test_again
-- Its end tests every device again: each has one of its own intervals to speak, then it is late by itself.
UPDATE supervision SET status = 'grace', due_at = $2::timestamptz + every, outage_id = NULL, late_at = NULL
 WHERE outage_id = $1 AND status = 'held'

-- name: rising
-- Unresolved incidents of classes that rise with time; few, by the index on open cases.
SELECT i.id, i.subject, n.priority AS to_priority
  FROM unnest($2::text[], $3::int[], $4::int[]) AS n (class, after_s, priority)
  JOIN incident AS i ON i.class = n.class
 WHERE i.state NOT IN ('resolved', 'closed') AND i.state <> 'closed' AND i.priority > n.priority
   AND i.priority BETWEEN 2 AND 5
   AND i.opened_at <= $1::timestamptz - make_interval(secs => n.after_s)
 ORDER BY n.priority, i.id LIMIT $5

-- name: leaves_unprotected
-- Whether some home behind the outage has no live life-safety device left; stops at the first. Homes without power will
-- have none when their batteries are empty.
SELECT EXISTS (SELECT FROM power_outage AS o WHERE o.incident_id = $1 AND o.ended_at IS NULL) OR EXISTS (
    SELECT FROM (SELECT DISTINCT coalesce(h.premises_id, r.premises_id) AS id
                   FROM supervision AS v
                   JOIN device AS d ON d.id = v.device_id AND d.kind = ANY ($2)
                   JOIN device_holder AS h ON h.device_id = d.id AND h.to_at IS NULL
                   LEFT JOIN resident AS r ON r.id = h.resident_id
                  WHERE v.outage_id = $1) AS home
     WHERE home.id IS NOT NULL AND NOT EXISTS (
           SELECT FROM (SELECT oh.device_id FROM device_holder AS oh WHERE oh.premises_id = home.id AND oh.to_at IS NULL
                        UNION ALL
                        SELECT oh.device_id FROM resident AS x
                          JOIN device_holder AS oh ON oh.resident_id = x.id AND oh.to_at IS NULL
                         WHERE x.premises_id = home.id) AS o
             JOIN supervision AS ov ON ov.device_id = o.device_id AND ov.status IN ('live', 'grace')
             JOIN device AS od ON od.id = o.device_id AND od.kind = ANY ($2)))

-- name: of_incident
SELECT o.kind, o.key, o.held_most, o.from_at, o.ended_at,
       (SELECT count(*) FROM supervision AS v WHERE v.outage_id = o.incident_id)::int AS held
  FROM outage AS o WHERE o.incident_id = $1

-- name: people_behind
-- Everybody at the homes of held devices, or wearing one; with what says how urgent a call is.
SELECT x.id, x.name, x.tags, x.ability, x.phone, p.address, p.id AS premises_id, b.devices,
       EXISTS (SELECT FROM (SELECT oh.device_id FROM device_holder AS oh
                             WHERE oh.resident_id = x.id AND oh.to_at IS NULL
                            UNION ALL
                            SELECT oh.device_id FROM device_holder AS oh
                             WHERE oh.premises_id = x.premises_id AND oh.to_at IS NULL) AS o
                 JOIN supervision AS ov ON ov.device_id = o.device_id AND ov.status IN ('live', 'grace')
                 JOIN device AS od ON od.id = o.device_id AND od.kind = ANY ($2)) AS other_path
  FROM (SELECT n.resident_id, count(*)::int AS devices
          FROM (SELECT h.resident_id FROM supervision AS v
                  JOIN device_holder AS h ON h.device_id = v.device_id AND h.to_at IS NULL
                 WHERE v.outage_id = $1 AND h.resident_id IS NOT NULL
                UNION ALL
                SELECT y.id FROM supervision AS v
                  JOIN device_holder AS h ON h.device_id = v.device_id AND h.to_at IS NULL
                  JOIN resident AS y ON y.premises_id = h.premises_id
                 WHERE v.outage_id = $1 AND h.resident_id IS NULL) AS n
         GROUP BY n.resident_id) AS b
  JOIN resident AS x ON x.id = b.resident_id
  LEFT JOIN premises AS p ON p.id = x.premises_id
 WHERE x.status NOT IN ('moved', 'died', 'left_service')
   AND (cardinality($4::text[]::ltree[]) = 0 OR p.area IS NULL OR p.area <@ $4::text[]::ltree[])
 ORDER BY x.id LIMIT $3

-- name: note_call
INSERT INTO outage_call (incident_id, resident_id, at, result, by_user) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT DO NOTHING

-- name: calls
-- The last call or visit of each person in one outage.
SELECT DISTINCT ON (resident_id) resident_id, at, result FROM outage_call
 WHERE incident_id = $1 ORDER BY resident_id, at DESC
