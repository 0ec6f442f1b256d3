-- name: try_lock
-- The lock of `cases.lock_name`, if nobody has it.
SELECT pg_try_advisory_xact_lock(hashtextextended($1, 7340222))

-- name: recent
-- Homes whose power was lost a moment ago and that have an incident of their own; few, by the line that folds the rest.
SELECT coalesce('p' || i.premises_id, 'd' || i.device_id) AS home, d.hub_id, i.area::text AS area
  FROM incident AS i LEFT JOIN device AS d ON d.id = i.device_id
 WHERE i.class IN ('power_lost', 'power_lost_dependent') AND i.opened_at > $1 LIMIT 200

-- name: covering
-- Read again under the lock: whoever came first has opened it.
-- One whose case somebody has ended covers nothing more: behind it nobody would be heard.
SELECT o.incident_id FROM power_outage AS o
  JOIN incident AS i ON i.id = o.incident_id AND i.state NOT IN ('resolved', 'closed')
 WHERE o.ended_at IS NULL AND (o.part = 'centre' OR o.hub_id = $1 OR o.area @> $2::text::ltree)
 ORDER BY o.hub_id IS NULL, o.area IS NULL, nlevel(o.area) DESC LIMIT 1

-- name: begin
-- The home that was one too many is counted by opening it.
INSERT INTO power_outage (incident_id, part, hub_id, area, from_at, counted) VALUES ($1, $2, $3, $4::text::ltree, $5, 1)

-- name: standing
SELECT o.incident_id, o.part, o.counted, o.from_at, i.state IN ('resolved', 'closed') AS case_over,
       (SELECT count(*) FROM held AS h WHERE h.kind = 'outage' AND h.ref = o.incident_id)::int AS most,
       (SELECT coalesce(sum(h.hits), 0) FROM held AS h WHERE h.kind = 'outage' AND h.ref = o.incident_id)::bigint AS hits,
       (SELECT count(DISTINCT coalesce('p' || h.premises_id, 'd' || h.device_id)) FROM held AS h
         WHERE h.kind = 'outage' AND h.ref = o.incident_id AND h.ended_at IS NULL)::int AS still_out
  FROM power_outage AS o JOIN incident AS i ON i.id = o.incident_id WHERE o.ended_at IS NULL

-- name: note_counted
-- Nothing where another engine has counted meanwhile.
UPDATE power_outage SET counted = $2 WHERE incident_id = $1 AND counted = $3 RETURNING incident_id

-- name: end
UPDATE power_outage SET ended_at = $2 WHERE incident_id = $1 AND ended_at IS NULL RETURNING part

-- name: of_incident
SELECT 'power' AS kind, 'outage' AS holder, o.incident_id AS ref, o.part, o.from_at, o.ended_at,
       (SELECT count(*) FROM held AS h WHERE h.kind = 'outage' AND h.ref = o.incident_id AND h.ended_at IS NULL)::int AS held,
       (SELECT count(*) FROM held AS h WHERE h.kind = 'outage' AND h.ref = o.incident_id)::int AS held_most
  FROM power_outage AS o WHERE o.incident_id = $1
UNION ALL
SELECT 'storm', 'storm', t.id, coalesce(t.area::text, ''), t.from_at, t.ended_at,
       (SELECT count(*) FROM held AS h WHERE h.kind = 'storm' AND h.ref = t.id AND h.ended_at IS NULL)::int,
       (SELECT count(*) FROM held AS h WHERE h.kind = 'storm' AND h.ref = t.id)::int
  FROM storm AS t WHERE t.incident_id = $1

-- name: people_behind
-- Everybody at the homes of devices that an outage or a storm holds now, with what says how urgent a call is.
SELECT x.id, x.name, x.tags, x.ability, x.phone, p.address, p.id AS premises_id, b.devices, true AS other_path
  FROM (SELECT n.resident_id, count(*)::int AS devices
          FROM (SELECT dh.resident_id FROM held AS h
                  JOIN device_holder AS dh ON dh.device_id = h.device_id AND dh.to_at IS NULL
                 WHERE h.kind = $1 AND h.ref = $2 AND h.ended_at IS NULL AND dh.resident_id IS NOT NULL
                UNION ALL
                SELECT y.id FROM held AS h
                  JOIN device_holder AS dh ON dh.device_id = h.device_id AND dh.to_at IS NULL
                  JOIN resident AS y ON y.premises_id = dh.premises_id
                 WHERE h.kind = $1 AND h.ref = $2 AND h.ended_at IS NULL AND dh.resident_id IS NULL) AS n
         GROUP BY n.resident_id) AS b
  JOIN resident AS x ON x.id = b.resident_id
  LEFT JOIN premises AS p ON p.id = x.premises_id
 WHERE x.status NOT IN ('moved', 'died', 'left_service')
   AND (cardinality($4::text[]::ltree[]) = 0 OR p.area IS NULL OR p.area <@ $4::text[]::ltree[])
 ORDER BY x.id LIMIT $3
