-- Reading back what is stored, for whoever kept a list of what was sent. Plain reads: no locks.

-- name: count_stored
-- How often each of a device's event ids is there, among alarms and states and in every day of readings.
SELECT e.event_id, count(*) AS copies
  FROM (SELECT o.event_id
          FROM event AS o JOIN device AS d ON d.id = o.device_id
         WHERE d.device = $1 AND o.event_id = ANY ($2::text[])
         UNION ALL
        SELECT r.event_id
          FROM reading AS r JOIN device AS d ON d.id = r.device_id
         WHERE d.device = $1 AND r.event_id = ANY ($2::text[])) AS e
 GROUP BY e.event_id

-- name: incidents_of
-- The incident that each of a device's alarms opened or joined.
SELECT o.event_id, o.incident_id
  FROM event AS o JOIN device AS d ON d.id = o.device_id
 WHERE d.device = $1 AND o.event_id = ANY ($2::text[]) AND o.incident_id IS NOT NULL

-- name: told_since
-- What a device told of these types since then: new events, and older ones on which a repetition was counted.
SELECT o.type, o.at, o.received_at, o.copies, o.incident_id
  FROM event AS o JOIN device AS d ON d.id = o.device_id
 WHERE d.device = $1 AND o.type = ANY ($2::text[]) AND o.last_copy_at >= $3
 UNION ALL
SELECT r.type, r.at, r.received_at, 1, NULL
  FROM reading AS r JOIN device AS d ON d.id = r.device_id
 WHERE d.device = $1 AND r.type = ANY ($2::text[]) AND r.received_at >= $3
