-- name: conditions
-- Each device's lasting condition in this case: when it was last said, and when its end. Few rows; no locks.
SELECT c.type,
       (SELECT max(o.last_copy_at) FROM event AS o WHERE o.device_id = c.device_id AND o.type = c.type) AS last_report_at,
       (SELECT max(o.received_at) FROM event AS o WHERE o.device_id = c.device_id AND o.type = c.ending) AS ended_at
  FROM (SELECT DISTINCT e.device_id, e.type, n.ending
          FROM event AS e JOIN unnest($2::text[], $3::text[]) AS n (type, ending) ON n.type = e.type
         WHERE e.incident_id IN (SELECT with_merged($1))) AS c

-- name: followed
-- What became of the trouble after this case: when one that follows it, at whatever remove, was last resolved, and
-- whether one is still unresolved. Of one that was merged, the one that stayed counts. Read by the index on `follows`.
WITH RECURSIVE later AS (
    SELECT i.id FROM incident AS i WHERE i.follows IN (SELECT with_merged($1))
    UNION
    SELECT i.id FROM later AS l
     CROSS JOIN LATERAL (SELECT l.id UNION SELECT stays_as(l.id)) AS c (id)
      JOIN incident AS i ON i.follows = c.id
)
SELECT max(i.resolved_at) AS resolved_at, coalesce(bool_or(i.state NOT IN ('resolved', 'closed')), false) AS is_open,
       max(i.id) AS last_id
  FROM later AS l JOIN incident AS i ON i.id = stays_as(l.id) WHERE i.id <> $1
