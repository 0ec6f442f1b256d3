-- Who calls often: counted and shown, never damped.

-- name: counts
-- The person's own presses: each, whatever became of it; tests of a tester are none.
SELECT count(*) FILTER (WHERE received_at > $2::timestamptz - interval '24 hours')::int AS day,
       count(*)::int AS month
  FROM event
 WHERE resident_id = $1 AND type = 'sos' AND received_at > $2::timestamptz - interval '30 days' AND received_at <= $2
   AND NOT 'test' = ANY (marks)

-- name: usual
-- How calls of the last thirty days ended and at which hour they came, the most frequent first.
SELECT i.outcome, count(*)::int AS calls,
       mode() WITHIN GROUP (ORDER BY extract(hour FROM i.opened_at AT TIME ZONE $3)::int) AS hour
  FROM incident AS i
 WHERE i.resident_id = $1 AND i.family = 'person' AND i.class IN ('sos', 'sos_no_voice') AND i.outcome IS NOT NULL
   AND i.opened_at > $2::timestamptz - interval '30 days' AND i.opened_at < $2 AND i.id <> $4
 GROUP BY i.outcome ORDER BY 2 DESC, 1

-- name: frequent
-- Everybody over the line; a range of the calls of one week.
SELECT e.resident_id, count(*)::int AS calls, p.area::text AS area, max(e.incident_id) AS incident_id
  FROM event AS e JOIN resident AS r ON r.id = e.resident_id LEFT JOIN premises AS p ON p.id = r.premises_id
 WHERE e.type = 'sos' AND e.received_at > $1 AND e.resident_id IS NOT NULL AND NOT 'test' = ANY (e.marks)
 GROUP BY e.resident_id, p.area HAVING count(*) >= $2 ORDER BY e.resident_id LIMIT 500

-- name: add_task
INSERT INTO task (kind, key, resident_id, incident_id, area, for_role, due_at, made_at)
VALUES ('frequent_caller', $1, $2, $3, $4::text::ltree, 'community_worker', $5, $6)
    ON CONFLICT (key) DO NOTHING RETURNING id

-- name: changed
-- Usual callers (in each of the three weeks before) whose last three days are far above, or silent.
SELECT u.resident_id, p.id AS premises_id, p.area::text AS area, u.usual, u.recent
  FROM (SELECT resident_id,
               count(*) FILTER (WHERE received_at <= $1::timestamptz - interval '3 days')::float / 6 AS usual,
               count(*) FILTER (WHERE received_at > $1::timestamptz - interval '3 days')::int AS recent,
               count(DISTINCT date_bin('7 days', received_at, $1::timestamptz - interval '24 days'))
                   FILTER (WHERE received_at <= $1::timestamptz - interval '3 days') AS weeks
          FROM event
         WHERE type = 'sos' AND received_at > $1::timestamptz - interval '21 days' AND resident_id IS NOT NULL
           AND NOT 'test' = ANY (marks)
         GROUP BY resident_id) AS u
  JOIN resident AS r ON r.id = u.resident_id LEFT JOIN premises AS p ON p.id = r.premises_id
 WHERE u.weeks >= 3 AND r.status NOT IN ('moved', 'died', 'left_service') AND ((u.usual >= 1 AND u.recent = 0) OR u.recent >= greatest(3 * u.usual, u.usual + 5))
 ORDER BY u.resident_id LIMIT 500

-- name: told_lately
SELECT EXISTS (SELECT FROM incident WHERE subject = $1 AND class = 'calls_changed' AND opened_at > $2)

-- name: damping
SELECT topic, flapping_since, flaps, runaway_since, held, alarms AS alarms_in_window, last_at FROM damping
 WHERE device_id = $1 AND (flapping_since IS NOT NULL OR runaway_since IS NOT NULL)
   AND ($2 = 'runaway_device' OR topic = $2
        OR EXISTS (SELECT FROM incident AS i WHERE i.subject = 'd' || $1 || ':' || topic AND i.class = $2))
 ORDER BY last_at DESC LIMIT 1

-- name: false_alarms
SELECT i.device_id, count(*)::int AS alarms, max(i.id) AS incident_id, max(i.area::text) AS area FROM incident AS i
 WHERE i.outcome = 'false_alarm' AND i.resolved_at > $1 AND i.device_id IS NOT NULL
 GROUP BY i.device_id HAVING count(*) >= $2 ORDER BY i.device_id LIMIT 500

-- name: add_work_order
INSERT INTO task (kind, key, device_id, incident_id, area, for_role, due_at, made_at)
VALUES ('false_alarms', $1, $2, $3, $4::text::ltree, 'community_worker', $5, $6)
    ON CONFLICT (key) DO NOTHING RETURNING id
