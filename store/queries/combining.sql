-- Which unresolved cases may be graver together; plain reads, decided again under the locks.

-- name: falls
-- Falls that nobody has looked at in this way yet, with what was heard of the person since. Each is younger than $1,
-- which is said of the readings as well: else every second a plan for each of hundreds of days is made.
SELECT i.id, i.oldest_alarm_at AS fell_at,
       EXISTS (SELECT FROM event AS e WHERE e.incident_id = i.id AND e.type = 'inactivity') AS inactivity_joined,
       (SELECT max(n.received_at)
          FROM (SELECT h.device_id FROM device_holder AS h
                 WHERE h.to_at IS NULL AND (h.resident_id = i.resident_id OR h.device_id = i.device_id)) AS own
          JOIN reading AS n ON n.device_id = own.device_id AND n.type IN ('activity', 'button')
                           AND n.received_at > i.oldest_alarm_at AND n.received_at > $1) AS moved_at
  FROM incident AS i
 WHERE i.class = 'fall' AND i.priority <= 3 AND i.state <> 'closed' AND i.state IN ('open', 'claimed', 'dispatched')
   AND NOT 'no_movement' = ANY (i.marks) AND NOT 'test' = ANY (i.marks) AND i.oldest_alarm_at > $1
 ORDER BY i.id LIMIT 200

-- name: technical_beside
-- Calls for help with a technical trouble of the same device or home that is not linked yet: a few index probes a call.
SELECT i.id, t.id AS other_id, t.class, t.device_id IS NOT NULL AND EXISTS (
           SELECT FROM event AS e WHERE e.incident_id = i.id AND e.device_id = t.device_id) AS same_device
  FROM incident AS i
 CROSS JOIN LATERAL (
       SELECT o.id, o.class, o.device_id FROM incident AS o
        WHERE o.subject IN ('d' || i.device_id || ':battery_low', 'd' || i.device_id || ':power_lost')
          AND o.family = 'technical' AND o.state NOT IN ('resolved', 'closed')
       UNION
       SELECT o.id, o.class, o.device_id FROM incident AS o
        WHERE o.premises_id = i.premises_id AND o.state NOT IN ('resolved', 'closed')
          AND o.class IN ('battery_low', 'battery_critical', 'power_lost', 'power_lost_dependent')
       UNION
       SELECT o.id, o.class, o.device_id FROM resident AS r JOIN incident AS o ON o.premises_id = r.premises_id
        WHERE r.id = i.resident_id AND o.state NOT IN ('resolved', 'closed')
          AND o.class IN ('battery_low', 'battery_critical', 'power_lost', 'power_lost_dependent')) AS t
 WHERE i.class = ANY ($1) AND i.priority <= 3 AND i.state NOT IN ('resolved', 'closed') AND i.state <> 'closed'
   AND t.id <> i.id
   AND NOT EXISTS (SELECT FROM incident_link AS l
                    WHERE l.incident_id = least(i.id, t.id) AND l.other_id = greatest(i.id, t.id))
 ORDER BY i.priority, i.id LIMIT 200

-- name: burning
-- Unresolved cases of fire and gas of the last minutes, with where their homes are.
SELECT i.id, i.family, i.premises_id, i.sounded_at, i.oldest_alarm_at,
       (SELECT max(e.received_at) FROM event AS e WHERE e.incident_id = i.id) AS alarmed_at,
       p.address, p.parts, p.area::text AS area, p.lat, p.lon
  FROM incident AS i JOIN premises AS p ON p.id = i.premises_id
 WHERE i.family = 'fire_and_gas' AND i.priority <= 3 AND i.state <> 'closed' AND i.state NOT IN ('resolved', 'closed')
   AND NOT 'test' = ANY (i.marks)
   AND EXISTS (SELECT FROM event AS e WHERE e.incident_id = i.id AND e.received_at > $1)
 ORDER BY i.id LIMIT 500

-- name: links_among
SELECT incident_id, other_id FROM incident_link WHERE incident_id = ANY ($1) OR other_id = ANY ($1)

-- name: link
INSERT INTO incident_link (incident_id, other_id, reason, at) VALUES (least($1::bigint, $2), greatest($1::bigint, $2), $3, $4)
    ON CONFLICT (incident_id, other_id) DO NOTHING RETURNING incident_id

-- name: subjects
SELECT id, subject FROM incident WHERE id = ANY ($1) ORDER BY subject
