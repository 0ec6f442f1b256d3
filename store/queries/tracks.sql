-- What happened to whom: positions, body readings, and everything else, the newest first.

-- name: why_where
-- What allows a look at where somebody is: their consent for always, and their open case with its beginning.
SELECT EXISTS (SELECT FROM consent AS c
                WHERE c.resident_id = $1 AND c.purpose = 'location_always' AND c.given_at <= $2
                  AND (c.withdrawn_at IS NULL OR c.withdrawn_at > $2)) AS always,
       i.number, i.opened_at
  FROM (SELECT 1) AS one
  LEFT JOIN LATERAL (SELECT n.number, n.opened_at FROM incident AS n
                      WHERE n.resident_id = $1 AND n.state <> 'closed' AND n.family NOT IN ('technical', 'request')
                      ORDER BY n.opened_at LIMIT 1) AS i ON true

-- name: positions
-- Readings and alarms of whatever they held at the time. Key: receipt, device, id.
SELECT n.received_at, n.at, n.late, n.device_id, n.event_id, d.device, n.data -> 'location' AS location
  FROM (SELECT r.received_at, r.at, r.late, r.device_id, r.event_id, r.data
          FROM device_holder AS h
          JOIN reading AS r ON r.device_id = h.device_id AND r.received_at >= h.from_at
               AND (h.to_at IS NULL OR r.received_at < h.to_at)
         WHERE h.resident_id = $1 AND r.received_at >= $2 AND r.received_at < $3
           AND r.data -> 'location' ->> 'lat' IS NOT NULL
        UNION ALL
        SELECT e.received_at, e.at, e.marks && '{late,clock_wrong}', e.device_id, e.event_id, e.data
          FROM event AS e
         WHERE e.resident_id = $1 AND e.received_at >= $2 AND e.received_at < $3
           AND e.data -> 'location' ->> 'lat' IS NOT NULL AND e.event_id NOT LIKE 'found:%') AS n
  JOIN device AS d ON d.id = n.device_id
 WHERE $4::timestamptz IS NULL OR (n.received_at, n.device_id, n.event_id) < ($4, $5::int, $6::text)
 ORDER BY n.received_at DESC, n.device_id DESC, n.event_id DESC LIMIT $7

-- name: vitals
SELECT n.received_at, n.at, n.late, n.device_id, n.event_id, d.device, n.data -> 'vitals' AS vitals
  FROM (SELECT r.received_at, r.at, r.late, r.device_id, r.event_id, r.data
          FROM device_holder AS h
          JOIN reading AS r ON r.device_id = h.device_id AND r.received_at >= h.from_at
               AND (h.to_at IS NULL OR r.received_at < h.to_at)
         WHERE h.resident_id = $1 AND r.received_at >= $2 AND r.received_at < $3 AND r.data ? 'vitals'
        UNION ALL
        SELECT e.received_at, e.at, e.marks && '{late,clock_wrong}', e.device_id, e.event_id, e.data
          FROM event AS e
         WHERE e.resident_id = $1 AND e.received_at >= $2 AND e.received_at < $3 AND e.data ? 'vitals') AS n
  JOIN device AS d ON d.id = n.device_id
 WHERE $4::timestamptz IS NULL OR (n.received_at, n.device_id, n.event_id) < ($4, $5::int, $6::text)
 ORDER BY n.received_at DESC, n.device_id DESC, n.event_id DESC LIMIT $7

-- name: timeline
-- Cases, what devices said for them, visits, check-ins, statuses and absences in one line of time.
SELECT n.at, n.kind, n.id, n.detail
  FROM (SELECT i.opened_at AS at, 'incident_opened' AS kind, i.id,
               jsonb_build_object('incident', i.id::text, 'number', i.number, 'class', i.class,
                                  'priority', 'P' || i.priority, 'state', i.state) AS detail
          FROM incident AS i WHERE i.resident_id = $1
        UNION ALL
        SELECT i.resolved_at, 'incident_resolved', i.id,
               jsonb_build_object('incident', i.id::text, 'number', i.number, 'class', i.class, 'outcome', i.outcome)
          FROM incident AS i WHERE i.resident_id = $1 AND i.resolved_at IS NOT NULL
        UNION ALL
        SELECT e.received_at, 'event', e.no,
               jsonb_build_object('device', d.device, 'type', e.type, 'marks', e.marks, 'incident', e.incident_id::text,
                                  'found', e.event_id LIKE 'found:%')
          FROM event AS e JOIN device AS d ON d.id = e.device_id WHERE e.resident_id = $1
        UNION ALL
        SELECT v.from_at, 'visit', v.id,
               jsonb_build_object('visit', v.id::text, 'state', v.state, 'critical', v.critical, 'carer', v.carer)
          FROM visit AS v WHERE v.resident_id = $1
        UNION ALL
        SELECT c.at, 'check_in', c.id, jsonb_build_object('contact', c.by_contact::text)
          FROM check_in AS c WHERE c.resident_id = $1
        UNION ALL
        SELECT s.from_at, 'status', extract(epoch FROM s.from_at)::bigint,
               jsonb_build_object('status', s.status, 'expected_end', s.expected_end)
          FROM resident_status AS s WHERE s.resident_id = $1
        UNION ALL
        SELECT a.from_at, 'absence', a.id, jsonb_build_object('until', a.until_at, 'ended_at', a.ended_at)
          FROM absence AS a WHERE a.resident_id = $1) AS n
 WHERE n.at >= $2 AND n.at < $3 AND ($4::timestamptz IS NULL OR (n.at, n.kind, n.id) < ($4, $5::text, $6::bigint))
 ORDER BY n.at DESC, n.kind DESC, n.id DESC LIMIT $7
