-- name: outdated
-- After an update of the table of intervals: planned anew, a part at a time. A look at every row: asked once a start.
UPDATE supervision SET status = 'new'
 WHERE device_id IN (SELECT device_id FROM supervision WHERE by_table < $1 AND status <> 'new' LIMIT $2
                        FOR NO KEY UPDATE SKIP LOCKED)
RETURNING device_id

-- name: unplanned
-- Locked until the plan is written; rows in other hands are planned there.
SELECT v.device_id, v.watched_from, v.late_at, v.outage_id, d.device, d.kind, d.source, d.model, d.interval_s, d.life,
       d.registered
  FROM supervision AS v JOIN device AS d ON d.id = v.device_id
 WHERE v.status = 'new'
 ORDER BY v.device_id LIMIT $1
   FOR NO KEY UPDATE OF v SKIP LOCKED

-- name: plan
-- A device that is silent stays so until it is heard; every other is due at once and looked at in this same pass.
UPDATE supervision AS v
   SET status = n.status, due_at = CASE WHEN n.status = 'awaited' THEN '-infinity' ELSE 'infinity' END::timestamptz,
       every = n.every, allowed = n.allowed, first_allowed = n.first_allowed, watched_from = n.watched_from,
       late_at = CASE WHEN n.status = 'unwatched' THEN NULL ELSE v.late_at END,
       outage_id = CASE WHEN n.status = 'unwatched' THEN NULL ELSE v.outage_id END, by_table = $7
  FROM unnest($1::int[], $2::text[], $3::interval[], $4::interval[], $5::interval[], $6::timestamptz[])
       AS n (device_id, status, every, allowed, first_allowed, watched_from)
 WHERE v.device_id = n.device_id

-- name: look
-- The one statement that tells who was heard and who is late, of what is due. Heard devices have their deadline put
-- forward; the others come back and are locked for nobody: each verdict is decided again where it is written.
WITH due AS (
    SELECT v.device_id, s.last_seen >= v.watched_from AS heard,
           CASE WHEN s.last_seen >= v.watched_from THEN s.last_seen + v.allowed
                ELSE v.watched_from + v.first_allowed END AS deadline, v.due_at
      FROM supervision AS v JOIN device_state AS s ON s.device_id = v.device_id
     WHERE v.due_at <= $1 AND v.status IN ('awaited', 'live', 'grace')
     ORDER BY v.due_at LIMIT $2
       FOR NO KEY UPDATE OF v SKIP LOCKED
), forward AS (
    UPDATE supervision AS v
       SET status = CASE WHEN due.heard THEN 'live' ELSE 'awaited' END, due_at = due.deadline
      FROM due WHERE v.device_id = due.device_id AND due.deadline > $1
    RETURNING v.device_id
)
SELECT device_id, deadline, greatest(deadline, due_at) AS due_at, 0 AS forward FROM due WHERE deadline <= $1
UNION ALL
SELECT NULL, NULL, NULL, count(*)::int FROM forward

-- name: silent
-- What is known of devices whose deadline has passed.
SELECT v.device_id, d.device, d.kind, d.life, d.source, d.hub_id, v.every, v.status, v.late_at,
       (SELECT hv.outage_id FROM supervision AS hv WHERE hv.device_id = d.hub_id AND hv.status = 'held') AS hubs_outage,
       s.last_seen >= v.watched_from AS heard, h.resident_id, p.id AS premises_id,
       coalesce(p.area, d.area)::text AS area,
       CASE WHEN d.wearer = 'personal' AND r.id IS NOT NULL THEN r.tags
            ELSE (SELECT array_agg(DISTINCT tag) FROM resident AS x, unnest(x.tags) AS tag WHERE x.premises_id = p.id)
        END AS tags,
       r.id IS NOT NULL OR EXISTS (SELECT FROM resident AS x WHERE x.premises_id = p.id) AS has_resident,
       EXISTS (SELECT FROM (SELECT oh.device_id FROM device_holder AS oh WHERE oh.resident_id = r.id AND oh.to_at IS NULL
                            UNION ALL
                            SELECT oh.device_id FROM device_holder AS oh WHERE oh.premises_id = p.id AND oh.to_at IS NULL
                            UNION ALL
                            SELECT oh.device_id FROM resident AS x
                              JOIN device_holder AS oh ON oh.resident_id = x.id AND oh.to_at IS NULL
                             WHERE x.premises_id = p.id) AS o
                 JOIN supervision AS ov ON ov.device_id = o.device_id
                 JOIN device AS od ON od.id = o.device_id
                WHERE o.device_id <> d.id AND od.kind = ANY ($2) AND ov.status IN ('live', 'grace')) AS other_life_safety,
       CASE WHEN d.kind = 'hub' THEN (SELECT count(*) FROM device AS c JOIN supervision AS cv ON cv.device_id = c.id
                                       WHERE c.hub_id = d.id AND cv.status <> 'unwatched') ELSE 0 END::int AS children
  FROM supervision AS v
  JOIN device AS d ON d.id = v.device_id
  JOIN device_state AS s ON s.device_id = d.id
  LEFT JOIN device_holder AS h ON h.device_id = d.id AND h.to_at IS NULL
  LEFT JOIN resident AS r ON r.id = h.resident_id
  LEFT JOIN premises AS p ON p.id = coalesce(h.premises_id, r.premises_id)
 WHERE v.device_id = ANY ($1)

-- name: grace
UPDATE supervision AS v SET status = 'grace', due_at = n.until
  FROM unnest($1::int[], $2::timestamptz[]) AS n (device_id, until)
 WHERE v.device_id = n.device_id AND v.status IN ('awaited', 'live', 'grace')

-- name: fall_silent
-- The verdict, in the transaction that opens its incident: nothing if the device spoke meanwhile, or another engine was
-- first. The device's row is locked already.
UPDATE supervision AS v
   SET status = CASE WHEN s.last_seen >= v.watched_from THEN 'late' ELSE 'never_heard' END, due_at = 'infinity',
       late_at = CASE WHEN s.last_seen >= v.watched_from THEN s.last_seen + v.allowed
                      ELSE v.watched_from + v.first_allowed END
  FROM device_state AS s
 WHERE v.device_id = $1 AND s.device_id = v.device_id AND v.status IN ('awaited', 'live', 'grace')
   AND CASE WHEN s.last_seen >= v.watched_from THEN s.last_seen + v.allowed
            ELSE v.watched_from + v.first_allowed END <= $2
RETURNING v.late_at, s.last_seen, v.allowed

-- name: hold
-- Behind an outage that has its incident: no incident of their own. Those late already give theirs up.
UPDATE supervision AS v
   SET status = 'held', due_at = 'infinity', outage_id = $2,
       late_at = coalesce(v.late_at, CASE WHEN s.last_seen >= v.watched_from THEN s.last_seen + v.allowed
                                          ELSE v.watched_from + v.first_allowed END)
  FROM device_state AS s
 WHERE v.device_id = ANY ($1) AND s.device_id = v.device_id
   AND v.status IN ('awaited', 'live', 'grace', 'late', 'never_heard')
   AND CASE WHEN s.last_seen >= v.watched_from THEN s.last_seen + v.allowed
            ELSE v.watched_from + v.first_allowed END <= $3
RETURNING v.device_id

-- name: heard_again
-- Silent devices that have spoken: few rows, by the partial index on the silent.
SELECT v.device_id, v.status, v.late_at
  FROM supervision AS v JOIN device_state AS s ON s.device_id = v.device_id
 WHERE v.status IN ('late', 'never_heard', 'held') AND s.last_seen >= v.watched_from AND s.last_seen + v.allowed > $1
 ORDER BY v.late_at LIMIT $2

-- name: come_back
-- The other verdict, in the transaction that ends its incident.
UPDATE supervision AS v
   SET status = 'live', due_at = s.last_seen + v.allowed, late_at = NULL, outage_id = NULL
  FROM device_state AS s
 WHERE v.device_id = $1 AND s.device_id = v.device_id AND v.status IN ('late', 'never_heard')
   AND s.last_seen >= v.watched_from AND s.last_seen + v.allowed > $2
RETURNING s.last_seen

-- name: come_back_held
UPDATE supervision AS v
   SET status = 'live', due_at = s.last_seen + v.allowed, late_at = NULL, outage_id = NULL
  FROM device_state AS s
 WHERE v.device_id = ANY ($1) AND s.device_id = v.device_id AND v.status = 'held'
   AND s.last_seen >= v.watched_from AND s.last_seen + v.allowed > $2

-- name: come_alive
-- Awaited or given time, and heard: no incident to end. A part of them at each look, by their own partial index.
WITH part AS (
    SELECT device_id FROM supervision WHERE status IN ('awaited', 'grace') AND device_id > $2 ORDER BY device_id LIMIT $3
), heard AS (
    SELECT v.device_id, s.last_seen + v.allowed AS deadline
      FROM part JOIN supervision AS v ON v.device_id = part.device_id JOIN device_state AS s ON s.device_id = v.device_id
     WHERE v.status IN ('awaited', 'grace') AND s.last_seen >= v.watched_from AND s.last_seen + v.allowed > $1
     ORDER BY v.device_id
       FOR NO KEY UPDATE OF v SKIP LOCKED
), alive AS (
    UPDATE supervision AS v SET status = 'live', due_at = heard.deadline FROM heard WHERE v.device_id = heard.device_id
)
SELECT CASE WHEN count(*) = $3::int THEN max(device_id) END AS after FROM part

-- name: try_device
SELECT id FROM device WHERE id = $1 FOR NO KEY UPDATE SKIP LOCKED

-- name: status_counts
-- Few rows, by the two partial indexes.
SELECT status, count(*)::int AS devices FROM supervision WHERE status IN ('held', 'late', 'never_heard') GROUP BY status
UNION ALL
SELECT 'grace', count(*)::int FROM supervision WHERE status = 'grace'

-- name: held_with_own
-- Held devices whose own incident is still open: they fell silent one by one before the outage was seen.
SELECT v.device_id FROM supervision AS v
  JOIN incident AS i ON i.subject = 'd' || v.device_id || ':device_lost' AND i.family = 'technical'
                    AND i.state NOT IN ('resolved', 'closed')
 WHERE v.status = 'held' AND v.outage_id <> i.id ORDER BY v.device_id LIMIT $1

-- name: own_open
SELECT v.device_id FROM supervision AS v
  JOIN incident AS i ON i.subject = 'd' || v.device_id || ':device_lost' AND i.family = 'technical'
                    AND i.state NOT IN ('resolved', 'closed')
 WHERE v.device_id = ANY ($1) ORDER BY v.device_id
