-- name: conditions
-- Each device's lasting condition in this case: when it was last said, and when its end. Few rows; no locks.
SELECT c.type,
       (SELECT max(o.last_copy_at) FROM event AS o WHERE o.device_id = c.device_id AND o.type = c.type) AS last_report_at,
       (SELECT max(o.received_at) FROM event AS o WHERE o.device_id = c.device_id AND o.type = c.ending) AS ended_at
  FROM (SELECT DISTINCT e.device_id, e.type, n.ending
          FROM event AS e JOIN unnest($2::text[], $3::text[]) AS n (type, ending) ON n.type = e.type
         WHERE e.incident_id IN (SELECT with_merged($1))) AS c
