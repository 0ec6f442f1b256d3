-- The whole of one case. Nothing here locks; every statement runs in one snapshot.

-- name: more
SELECT i.place, i.caller, i.safety, i.plan, i.policy_version, i.occurred_at, i.review, i.resolved_at, i.resolved_by,
       i.closed_at, i.device_id, i.resident_id, i.premises_id, i.last_owner, lo.display_name AS last_owner_name
  FROM incident i LEFT JOIN app_user lo ON lo.id = i.last_owner
 WHERE i.id = $1

-- name: clocks
-- Every clock of the case, those beside the desk chain too.
SELECT due_at, kind, stage FROM deadline WHERE incident_id = $1 ORDER BY due_at, kind

-- name: people
-- Everyone who lives there, and the person named where they live elsewhere.
SELECT id FROM resident
 WHERE id = $1 OR (premises_id = $2 AND status NOT IN ('moved', 'left_service', 'died')) ORDER BY id LIMIT 50

-- name: residents_of_ids
 WHERE r.id = ANY($1::bigint[]) ORDER BY r.id

-- name: access
SELECT id, kind, holder, secret IS NOT NULL AS has_secret, valid_to, consent, instructions, proved_at
  FROM premises_access WHERE premises_id = $1 ORDER BY id

-- name: alerts
-- What devices said in this case and in those taken into it, oldest receipt first.
SELECT d.device, e.event_id, e.type, e.at, e.received_at, e.copies, e.marks, e.decision, e.data
  FROM event e JOIN device d ON d.id = e.device_id
 WHERE e.incident_id IN (SELECT with_merged($1)) ORDER BY e.received_at, e.no LIMIT $2

-- name: links
SELECT o.id, o.number, o.state, o.priority, o.class, l.reason, o.area::text AS area
  FROM incident_link l JOIN incident o ON o.id = CASE WHEN l.incident_id = $1 THEN l.other_id ELSE l.incident_id END
 WHERE l.incident_id = $1 OR l.other_id = $1
UNION ALL
SELECT o.id, o.number, o.state, o.priority, o.class, 'follows', o.area::text
  FROM incident i JOIN incident o ON o.id = i.follows WHERE i.id = $1
UNION ALL
SELECT o.id, o.number, o.state, o.priority, o.class, 'followed_by', o.area::text
  FROM incident o WHERE o.follows = $1
UNION ALL
SELECT o.id, o.number, o.state, o.priority, o.class, 'merged', o.area::text
  FROM incident o WHERE o.merged_into = $1
 ORDER BY 1
