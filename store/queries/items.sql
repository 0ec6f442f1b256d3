-- Incidents as they are listed. Nothing here locks.

-- name: item
-- The row of a list; a condition from below is put behind it.
SELECT i.id, i.number, i.state, i.priority, i.class, i.family, i.area::text AS area, i.opened_at, i.oldest_alarm_at,
       i.sounded_at, i.sound_to, i.version, i.claimed_by, u.display_name, i.lease_until, i.unattended,
       dl.due_at, dl.kind AS due_kind, dl.stage AS due_stage, i.source, i.marks, i.alert_count, r.name AS person_name,
       coalesce(i.place->>'text', p.address) AS place_text, d.id AS device_id, d.device, d.kind AS device_kind,
       i.follows, i.merged_into, i.outcome, i.resident_id, i.premises_id,
       ARRAY(SELECT ip.user_id FROM incident_pass ip WHERE ip.incident_id = i.id) AS passed_by,
       tr.from_user AS transfer_from, tr.to_user AS transfer_to, tu.display_name AS transfer_to_name,
       tr.until_at AS transfer_until
  FROM incident i
  LEFT JOIN app_user u ON u.id = i.claimed_by
  LEFT JOIN resident r ON r.id = i.resident_id
  LEFT JOIN premises p ON p.id = i.premises_id
  LEFT JOIN device d ON d.id = i.device_id
  LEFT JOIN incident_transfer tr ON tr.incident_id = i.id AND tr.from_user = i.claimed_by
  LEFT JOIN app_user tu ON tu.id = tr.to_user
  LEFT JOIN LATERAL (SELECT due_at, kind, stage FROM deadline WHERE incident_id = i.id ORDER BY due_at, kind LIMIT 1) dl ON true

-- name: of_ids
WHERE i.id = ANY($1::bigint[])

-- name: not_closed
-- Which ones, before anything is drawn. Said apart, so that the partial index on open cases serves the desk however many
-- are closed.
SELECT i.id FROM incident i WHERE i.state <> 'closed'

-- name: of_any_state
SELECT i.id FROM incident i WHERE true

-- name: in_queue
-- The queue's order (rules.domain.queue): priority, unattended before attended, registered before unregistered, oldest
-- alarm.
  AND ($1::text[] IS NULL OR i.state = ANY($1))
  AND ($2::smallint[] IS NULL OR i.priority = ANY($2))
  AND ($3::text::ltree IS NULL OR i.area <@ $3::text::ltree)
  AND ($4::bigint IS NULL OR i.resident_id = $4)
  AND ($5::text IS NULL OR i.number LIKE $5 || '%' OR i.number LIKE '%-' || $5
       OR i.device_id IN (SELECT d.id FROM device d WHERE d.device LIKE $5)
       OR i.resident_id IN (SELECT r.id FROM resident r
                             WHERE r.search LIKE '%' || lower($5) || '%' OR r.name LIKE '%' || $5 || '%'))
  AND ($6::boolean IS NULL OR i.unattended = $6)
  AND (cardinality($7::text[]) = 0 OR i.area IS NULL OR i.area <@ $7::text[]::ltree[])
  AND ($8::smallint IS NULL
       OR (i.priority, NOT i.unattended, 'unregistered' = ANY(i.marks), i.oldest_alarm_at, i.id)
          > ($8, $9::boolean, $10::boolean, $11::timestamptz, $12::bigint))
  AND ($13 OR i.class <> 'canary')
ORDER BY i.priority, NOT i.unattended, 'unregistered' = ANY(i.marks), i.oldest_alarm_at, i.id
LIMIT $14

-- name: area_of
-- Where an incident is, to judge who may see it.
SELECT area::text AS area FROM incident WHERE id = $1

-- name: renew_leases
-- A desk whose stream answers keeps its claims. SKIP LOCKED: a step in progress decides about the claim itself, and the
-- next pong comes within seconds. No version and no change: nobody sees it.
UPDATE incident SET lease_until = $2
 WHERE id IN (SELECT id FROM incident WHERE claimed_by = $1 AND lease_until IS NOT NULL FOR UPDATE SKIP LOCKED)
