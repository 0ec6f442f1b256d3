-- What the report reads; every query runs in one snapshot that only reads, and takes no lock.

-- name: of_period
-- Cases that were opened, or not yet over, in the period: by the block of their opening, then by their closing.
WITH wanted AS (SELECT $3::text[] AS areas), found AS (
    SELECT id FROM incident WHERE opened_at >= $1 AND opened_at < $2 AND class <> 'canary'
    UNION ALL
    SELECT id FROM incident WHERE opened_at < $1 AND state <> 'closed' AND class <> 'canary'
    UNION ALL
    SELECT id FROM incident WHERE opened_at < $1 AND state = 'closed' AND closed_at >= $1 AND class <> 'canary'
)

-- name: moved
-- Cases whose record grew in the window.
WITH wanted AS (SELECT '{}'::text[] AS areas), found AS (
    SELECT DISTINCT incident_id AS id FROM entry WHERE at > $1 AND at <= $2
)

-- name: cases
SELECT i.id, i.class, i.family, i.source, i.priority_at_start, i.opened_at, i.resolved_at, i.outcome, i.resident_id,
       i.follows, i.marks, i.area::text AS area, i.policy_version,
       EXISTS (SELECT FROM area AS c WHERE c.path @> i.area AND c.is_country) AS is_country,
       jsonb_path_exists(i.plan, '$[*] ? (@.kind == "call")') AS has_call,
       EXISTS (SELECT FROM contact AS c
                 JOIN consent AS k ON k.resident_id = c.resident_id AND k.purpose = 'family_sharing:' || c.id
                WHERE c.resident_id = i.resident_id AND c.role <> 'barred' AND k.given_at <= i.opened_at
                  AND (k.withdrawn_at IS NULL OR k.withdrawn_at > i.opened_at)) AS may_tell,
       EXISTS (SELECT FROM storm AS s
                WHERE s.state <> 'suggested' AND s.from_at <= i.opened_at
                  AND coalesce(s.ended_at, s.until_at) > i.opened_at
                  AND (s.area IS NULL OR i.area <@ s.area)) AS in_storm,
       coalesce(nullif(d.model, ''), d.kind) AS model
  FROM found AS f
 CROSS JOIN wanted AS w
  JOIN incident AS i ON i.id = f.id AND i.class <> 'canary'
  LEFT JOIN device AS d ON d.id = coalesce(i.device_id, (
      SELECT e.device_id FROM event AS e WHERE e.incident_id = i.id ORDER BY e.no LIMIT 1))
 WHERE cardinality(w.areas) = 0 OR i.area <@ w.areas::ltree[]

-- name: entries
SELECT incident_id, seq, fixed FROM entry WHERE incident_id = ANY ($1::bigint[]) ORDER BY incident_id, seq

-- name: hand_overs
SELECT id, incident_id, service, dialled_at, answer, answered_at, arrived_at FROM hand_over
 WHERE incident_id = ANY ($1::bigint[]) ORDER BY id

-- name: sounded
-- When anything sounded, ten minutes before the period too: the load of its first moments.
SELECT e.at FROM entry AS e JOIN incident AS i ON i.id = e.incident_id
 WHERE e.at >= $1::timestamptz - interval '10 minutes' AND e.at < $2 AND e.action IN ('opened', 'joined')
   AND i.class <> 'canary'
 ORDER BY e.at

-- name: duty
SELECT at, user_id, action FROM audit
 WHERE action IN ('duty_on', 'duty_break', 'duty_off') AND at < $1 AND user_id IS NOT NULL ORDER BY at, no

-- name: calls
SELECT id, began_at AS at, answered_at, ended_at, area::text AS area FROM call
 WHERE direction = 'in' AND began_at >= $1 AND began_at < $2
   AND (cardinality($3::text[]) = 0 OR area <@ $3::text[]::ltree[])

-- name: p1_opened
-- Also a day beyond the period: who calls again after it came back.
SELECT id AS incident_id, resident_id, opened_at FROM incident
 WHERE opened_at >= $1 AND opened_at < $2::timestamptz + interval '24 hours' AND priority_at_start = 1
   AND class <> 'canary' AND resident_id IS NOT NULL

-- name: models
-- How long devices of each model were with somebody in the period. A device's life is not dated, its holder is.
SELECT coalesce(nullif(d.model, ''), d.kind) AS model,
       sum(extract(epoch FROM least(coalesce(h.to_at, $2), $2) - greatest(h.from_at, $1)) / 86400)::float8 AS device_days
  FROM device_holder AS h
  JOIN device AS d ON d.id = h.device_id AND d.life NOT IN ('in_stock', 'installed') AND d.device NOT LIKE 'canary:%'
  LEFT JOIN resident AS r ON r.id = h.resident_id
  LEFT JOIN premises AS p ON p.id = coalesce(h.premises_id, r.premises_id)
 WHERE h.from_at < $2 AND (h.to_at IS NULL OR h.to_at > $1)
   AND (cardinality($3::text[]) = 0 OR coalesce(p.area, d.area) <@ $3::text[]::ltree[])
 GROUP BY 1

-- name: delivered
-- Alarms that came in time, by day, type and area; and of the others each alone.
WITH alarm AS (
    SELECT e.no, e.type, e.received_at, coalesce(p.area, d.area)::text AS area,
           NOT e.marks && ARRAY['clock_wrong', 'retained'] AS trusted,
           e.received_at - e.at <= make_interval(secs => $4) AS quick
      FROM event AS e
      JOIN device AS d ON d.id = e.device_id AND d.device NOT LIKE 'canary:%'
      LEFT JOIN premises AS p ON p.id = e.premises_id
     WHERE e.received_at >= $1 AND e.received_at < $2 AND e.type = ANY ($5::text[])
       AND (cardinality($3::text[]) = 0 OR coalesce(p.area, d.area) <@ $3::text[]::ltree[])
)
SELECT 'day:' || (date_trunc('hour', received_at)) AS ref, date_trunc('hour', received_at) AS at, type, area,
       true AS trusted, count(*)::int AS alarms, count(*)::int AS in_time
  FROM alarm WHERE trusted AND quick GROUP BY 2, 3, 4
UNION ALL
SELECT 'event:' || no, received_at, type, area, trusted, 1, 0 FROM alarm WHERE NOT (trusted AND quick)

-- name: residents
-- Everybody who was registered before the end, with their dated statuses.
SELECT r.id, p.area::text AS area, r.tags, r.created_at AS since,
       coalesce((SELECT jsonb_agg(jsonb_build_array(extract(epoch FROM s.from_at), s.status) ORDER BY s.from_at)
                   FROM resident_status AS s WHERE s.resident_id = r.id AND s.from_at <= $2), '[]') AS statuses,
       EXISTS (SELECT FROM device_holder AS h JOIN device AS d ON d.id = h.device_id AND d.life = 'live'
                WHERE (h.resident_id = r.id OR h.premises_id = r.premises_id)
                  AND h.from_at < $2 AND (h.to_at IS NULL OR h.to_at >= $2)) AS has_live_device,
       EXISTS (SELECT FROM visit AS v
                WHERE v.resident_id = r.id AND v.state = 'completed' AND v.proof IS NOT NULL
                  AND v.completed_at >= $1 AND v.completed_at < $2) AS visited
  FROM resident AS r LEFT JOIN premises AS p ON p.id = r.premises_id
 WHERE r.created_at < $2 AND (cardinality($3::text[]) = 0 OR p.area <@ $3::text[]::ltree[])

-- name: visits
SELECT v.id, v.from_at, v.until_at, v.state, v.completed_at, p.area::text AS area,
       coalesce((SELECT s.status FROM resident_status AS s
                  WHERE s.resident_id = v.resident_id AND s.from_at <= v.from_at
                  ORDER BY s.from_at DESC LIMIT 1), 'active') AS status
  FROM visit AS v JOIN resident AS r ON r.id = v.resident_id LEFT JOIN premises AS p ON p.id = r.premises_id
 WHERE v.from_at >= $1 AND v.from_at < $2 AND (cardinality($3::text[]) = 0 OR p.area <@ $3::text[]::ltree[])

-- name: repairs
-- A press after the fault began counts from when the device is back as well.
SELECT i.id AS incident_id, i.class, d.kind, i.opened_at, i.resolved_at AS restored_at, i.area::text AS area,
       CASE WHEN i.resolved_at IS NOT NULL THEN greatest(i.resolved_at, (
           SELECT min(e.received_at) FROM event AS e
            WHERE e.device_id = i.device_id AND e.received_at >= i.opened_at
              AND (e.type = 'test' OR 'test' = ANY (e.marks) OR e.type = ANY ($5::text[])))) END AS pressed_at,
       EXISTS (SELECT FROM event AS e
                WHERE e.device_id = i.device_id AND e.received_at >= i.opened_at
                  AND (e.type = 'test' OR 'test' = ANY (e.marks) OR e.type = ANY ($5::text[]))) AS was_pressed,
       EXISTS (SELECT FROM absence AS a
                WHERE (a.resident_id = i.resident_id OR a.premises_id = i.premises_id)
                  AND a.from_at <= i.opened_at + interval '24 hours'
                  AND coalesce(a.ended_at, a.until_at) > i.opened_at) AS absent
  FROM incident AS i JOIN device AS d ON d.id = i.device_id
 WHERE i.opened_at >= $1 AND i.opened_at < $2 AND i.class = ANY ($4::text[]) AND i.merged_into IS NULL
   AND (cardinality($3::text[]) = 0 OR i.area <@ $3::text[]::ltree[])

-- name: tests_due
SELECT d.id AS device_id, h.from_at AS since, coalesce(nullif(d.model, ''), d.kind) AS model,
       coalesce(p.area, d.area)::text AS area,
       (SELECT max(e.received_at) FROM event AS e
         WHERE e.device_id = d.id AND e.received_at > $1::timestamptz - interval '36 days' AND e.received_at < $1
           AND (e.type = 'test' OR 'test' = ANY (e.marks))) AS tested_at
  FROM device_holder AS h
  JOIN device AS d ON d.id = h.device_id AND d.life = 'live' AND d.kind = ANY ($3::text[])
  LEFT JOIN resident AS r ON r.id = h.resident_id
  LEFT JOIN premises AS p ON p.id = coalesce(h.premises_id, r.premises_id)
 WHERE h.from_at < $1 AND (h.to_at IS NULL OR h.to_at >= $1)
   AND (cardinality($2::text[]) = 0 OR coalesce(p.area, d.area) <@ $2::text[]::ltree[])

-- name: protected_hours
SELECT hour, nullif(area, '') AS area, residents, protected FROM protection_hour
 WHERE hour >= $1 AND hour < $2
   AND (cardinality($3::text[]) = 0 OR nullif(area, '')::ltree <@ $3::text[]::ltree[])

-- name: canary_rounds
SELECT i.opened_at AS at, (e.fixed::jsonb -> 'facts' ->> 'shown_ms')::float8 / 1000 AS seconds
  FROM incident AS i
  LEFT JOIN entry AS e ON e.incident_id = i.id AND e.action = 'closed'
 WHERE i.class = 'canary' AND i.opened_at >= $1 AND i.opened_at < $2

-- name: channel_tests
SELECT channel, begun_at, ended_at, passed FROM channel_test WHERE begun_at >= $1 AND begun_at < $2 ORDER BY id

-- name: audited_months
-- Everybody who telephoned for a case in a month, with how many of those calls were scored.
WITH called AS (
    SELECT date_trunc('month', e.at AT TIME ZONE $3)::date AS month,
           substr(e.fixed::jsonb ->> 'actor', 6)::bigint AS user_id
      FROM entry AS e
     WHERE e.at >= $1 AND e.at < $2 AND e.action = 'call' AND e.fixed::jsonb ->> 'actor' ~ '^user:[0-9]+$'
     GROUP BY 1, 2
)
SELECT c.month, c.user_id,
       count(a.id) FILTER (WHERE a.scores IS NOT NULL)::int AS scored,
       count(a.id) FILTER (WHERE a.scores IS NOT NULL AND a.stratum = 'emergency')::int AS emergencies
  FROM called AS c
  JOIN app_user AS u ON u.id = c.user_id AND u.role IN ('dispatcher', 'supervisor')
  LEFT JOIN call_audit AS a ON a.user_id = c.user_id
        AND date_trunc('month', a.called_at AT TIME ZONE $3)::date = c.month
 GROUP BY 1, 2

-- name: complaints
SELECT id, received_at, acknowledged_at, answered_at, area::text AS area FROM complaint
 WHERE received_at >= $1 AND received_at < $2
   AND (cardinality($3::text[]) = 0 OR area <@ $3::text[]::ltree[])

-- name: looks
SELECT no, at, user_id, object, purpose FROM audit
 WHERE action = 'look' AND at >= $1 AND at < $2 AND user_id IS NOT NULL

-- name: chain_head
SELECT no, at, hash FROM anchor ORDER BY no DESC LIMIT 1

-- name: note_protection
-- Once an hour; who comes second changes nothing. A home counts as the metric counts it: a guard of it is heard.
INSERT INTO protection_hour (hour, area, residents, protected)
SELECT $1, coalesce(p.area::text, ''), count(*)::int, (count(*) FILTER (WHERE home.heard))::int
  FROM resident AS r
  LEFT JOIN premises AS p ON p.id = r.premises_id
  LEFT JOIN (SELECT coalesce(h.premises_id, x.premises_id) AS id, bool_or(v.status IN ('live', 'grace')) AS heard
               FROM supervision AS v
               JOIN device AS d ON d.id = v.device_id AND d.kind = ANY ($2::text[]) AND d.life = 'live'
               JOIN device_holder AS h ON h.device_id = d.id AND h.to_at IS NULL
               LEFT JOIN resident AS x ON x.id = h.resident_id
              GROUP BY 1) AS home ON home.id = r.premises_id
 WHERE r.status NOT IN ('moved', 'died', 'left_service')
   AND NOT EXISTS (SELECT FROM protection_hour WHERE hour = $1)
 GROUP BY p.area
ON CONFLICT DO NOTHING

-- name: desks_on_duty
SELECT count(*)::int FROM desk_present

-- name: counted_until
-- One engine counts at a time; the others go on without waiting.
SELECT until FROM kpi_counted FOR UPDATE SKIP LOCKED

-- name: begin_counting
INSERT INTO kpi_counted (until) VALUES ($1) ON CONFLICT DO NOTHING

-- name: count_until
UPDATE kpi_counted SET until = $1
