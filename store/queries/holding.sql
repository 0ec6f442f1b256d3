-- name: standing
-- Everything that could hold a technical alarm of this device, and how its cause has come and gone; one read under the
-- device's lock. A silence or a storm that begins or ends meanwhile is judged by the time of the alarm.
SELECT (SELECT s.id FROM silence AS s
         WHERE s.ended_at IS NULL AND s.from_at <= $1 AND s.until_at > $1
           AND (s.device_id IS NULL OR s.device_id = $2) AND (s.area IS NULL OR s.area @> $3::text::ltree)
           AND (s.classes = '{}' OR $4 = ANY (s.classes)) AND (s.types = '{}' OR $5 = ANY (s.types))
         ORDER BY s.id LIMIT 1) AS silence_id,
       (SELECT t.id FROM storm AS t
         WHERE t.state = 'on' AND t.from_at <= $1 AND t.until_at > $1 AND (t.area IS NULL OR t.area @> $3::text::ltree)
           AND (t.classes = '{}' OR $4 = ANY (t.classes))
         ORDER BY t.area IS NULL, nlevel(t.area) DESC, t.id LIMIT 1) AS storm_id,
       CASE WHEN $4 = 'power_lost' THEN
            (SELECT o.incident_id FROM power_outage AS o
               JOIN incident AS i ON i.id = o.incident_id AND i.state NOT IN ('resolved', 'closed')
              WHERE o.ended_at IS NULL AND (o.part = 'centre' OR o.hub_id = d.hub_id OR o.area @> $3::text::ltree)
              ORDER BY o.hub_id IS NULL, o.area IS NULL, nlevel(o.area) DESC LIMIT 1) END AS outage_incident,
       (SELECT i.id FROM incident AS i WHERE i.subject = 'd' || d.id || ':' || $6 AND i.family = 'technical'
                                         AND i.state NOT IN ('resolved', 'closed')) AS own_incident,
       (SELECT i.id FROM incident AS i WHERE i.subject = 'd' || d.id || ':runaway_device' AND i.family = 'technical'
                                         AND i.state NOT IN ('resolved', 'closed')) AS runaway_incident,
       d.hub_id, m.bad, m.changes, m.flapping_since, m.flaps, m.window_at, m.alarms, m.runaway_since, m.held, m.last_at
  FROM device AS d LEFT JOIN damping AS m ON m.device_id = d.id AND m.topic = $6
 WHERE d.id = $2

-- name: has_equipment
-- Whether somebody's equipment at this device's home stops with the power: such people are never held.
SELECT EXISTS (SELECT FROM device_holder AS h LEFT JOIN resident AS r ON r.id = h.resident_id
                 JOIN resident AS x ON x.id = r.id OR x.premises_id = coalesce(h.premises_id, r.premises_id)
                WHERE h.device_id = $1 AND h.to_at IS NULL AND x.tags && $2::text[])

-- name: write_trace
-- Under the device's lock.
INSERT INTO damping (device_id, topic, bad, changes, flapping_since, flaps, window_at, alarms, runaway_since, held, last_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    ON CONFLICT (device_id, topic) DO UPDATE
   SET bad = excluded.bad, changes = excluded.changes, flapping_since = excluded.flapping_since, flaps = excluded.flaps,
       window_at = excluded.window_at, alarms = excluded.alarms, runaway_since = excluded.runaway_since,
       held = excluded.held, last_at = excluded.last_at

-- name: hold
-- Under the device's lock: one row a device, cause and holder, whatever the flood.
INSERT INTO held (kind, ref, device_id, resident_id, premises_id, area, class, topic, event_no, first_at, last_at)
VALUES ($1, $2, $3, $4, $5, $6::text::ltree, $7, $8, $9, $10, $10)
    ON CONFLICT (kind, ref, device_id, topic) WHERE ended_at IS NULL AND incident_id IS NULL DO UPDATE
   SET hits = held.hits + 1, event_no = coalesce(excluded.event_no, held.event_no), last_at = excluded.last_at

-- name: attach
-- Our own row of this transaction.
UPDATE event SET incident_id = $2, decision = $3 WHERE no = $1

-- name: clear
-- The cause has ended: nothing is left to open when what holds it ends. Under the device's lock.
UPDATE held SET ended_at = $3, ended_why = 'cleared'
 WHERE device_id = $1 AND topic = $2 AND ended_at IS NULL AND incident_id IS NULL

-- name: holder_of_case
-- What holds the escalation of a case that is open already, and until when.
SELECT kind, ref, until_at FROM (
    SELECT 'silence' AS kind, s.id AS ref, s.until_at FROM silence AS s
     WHERE s.ended_at IS NULL AND s.from_at <= $1 AND s.until_at > $1
       AND (s.device_id IS NULL OR s.device_id = $2) AND (s.area IS NULL OR s.area @> $3::text::ltree)
       AND (s.classes = '{}' OR $4 = ANY (s.classes)) AND (s.types = '{}' OR $5 = ANY (s.types))
    UNION ALL
    SELECT 'storm', t.id, t.until_at FROM storm AS t
     WHERE NOT $6 AND t.state = 'on' AND t.from_at <= $1 AND t.until_at > $1
       AND (t.area IS NULL OR t.area @> $3::text::ltree) AND (t.classes = '{}' OR $4 = ANY (t.classes))) AS holder
 ORDER BY until_at DESC LIMIT 1

-- name: hold_escalation
-- Under the incident's lock.
INSERT INTO held (kind, ref, device_id, incident_id, premises_id, area, class, topic, first_at, last_at)
VALUES ($1, $2, $3, $4, $5, $6::text::ltree, $7, $8, $9, $9)
    ON CONFLICT (incident_id) WHERE ended_at IS NULL AND incident_id IS NOT NULL DO UPDATE
   SET kind = excluded.kind, ref = excluded.ref, hits = held.hits + 1, last_at = excluded.last_at

-- name: ended_holders
-- Held rows whose holder has ended, whenever they came: also one that came in the moment of its end.
SELECT h.no, h.incident_id FROM held AS h
 WHERE h.ended_at IS NULL AND NOT CASE h.kind
       WHEN 'silence' THEN EXISTS (SELECT FROM silence AS s WHERE s.id = h.ref AND s.ended_at IS NULL AND s.until_at > $1)
       WHEN 'storm' THEN EXISTS (SELECT FROM storm AS t WHERE t.id = h.ref AND t.state = 'on' AND t.until_at > $1)
       WHEN 'outage' THEN EXISTS (SELECT FROM power_outage AS o WHERE o.incident_id = h.ref AND o.ended_at IS NULL)
       WHEN 'folding' THEN false
       WHEN 'absence' THEN EXISTS (SELECT FROM absence AS a WHERE a.id = h.ref AND a.ended_at IS NULL AND a.until_at > $1)
       ELSE EXISTS (SELECT FROM damping AS m WHERE m.device_id = h.device_id AND m.topic = h.topic
                                              AND m.runaway_since IS NOT NULL) END
 ORDER BY h.no LIMIT $2

-- name: held_row
-- After the device's lock, which whoever writes such a row holds too. `is_bad`: by all that is known it still stands.
SELECT h.no, h.kind, h.ref, h.device_id, d.device, d.hub_id, h.incident_id, h.resident_id, h.premises_id, h.area::text AS area,
       h.class, h.topic, h.hits, h.event_no,
       h.topic = ANY (s.open)
           OR EXISTS (SELECT FROM device_finding AS f WHERE f.device_id = h.device_id AND f.topic = h.topic)
           OR (h.topic = 'device_lost' AND EXISTS (SELECT FROM supervision AS v WHERE v.device_id = h.device_id
                                                      AND v.status IN ('late', 'never_heard')))
           OR (h.topic = ANY ($2::text[])
               AND NOT EXISTS (SELECT FROM event AS e WHERE e.device_id = h.device_id AND e.type = 'inactivity_clear'
                                  AND e.no > coalesce(h.event_no, 0))) AS is_bad
  FROM held AS h LEFT JOIN device AS d ON d.id = h.device_id LEFT JOIN device_state AS s ON s.device_id = h.device_id
 WHERE h.no = $1 AND h.ended_at IS NULL

-- name: held_now
SELECT kind, count(*)::int AS rows FROM held WHERE ended_at IS NULL GROUP BY kind

-- name: case_was_ended
-- Whether a person, and not the end of the outage, ended the case of a row.
SELECT resolved_by IS NOT NULL OR merged_into IS NOT NULL FROM incident WHERE id = $1

-- name: device_of_held
SELECT device_id FROM held WHERE no = $1

-- name: end_held
UPDATE held SET ended_at = $2, ended_why = $3 WHERE no = $1 AND ended_at IS NULL RETURNING no

-- name: point_event
UPDATE event SET incident_id = $2 WHERE no = $1
