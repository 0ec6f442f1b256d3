-- name: active
SELECT version FROM policy WHERE state = 'active'

-- name: text_of
SELECT toml FROM policy WHERE version = $1

-- name: waiting
SELECT version FROM policy WHERE state = 'proposed' ORDER BY no

-- name: lock
-- One change of the policy in force at a time; whoever reads it is not kept waiting.
LOCK TABLE policy IN SHARE ROW EXCLUSIVE MODE

-- name: listed
SELECT p.no, p.version, p.state, p.origin, p.proposed_by, p.proposed_at, p.decided_by, p.decided_at, p.active_from,
       p.reason, a.display_name AS proposed_by_name, b.display_name AS decided_by_name, p.replay IS NOT NULL AS replayed
  FROM policy AS p
  LEFT JOIN app_user AS a ON a.id = p.proposed_by
  LEFT JOIN app_user AS b ON b.id = p.decided_by
 WHERE p.no > $1
 ORDER BY p.no
 LIMIT $2

-- name: one
SELECT p.no, p.version, p.state, p.origin, p.proposed_by, p.proposed_at, p.decided_by, p.decided_at, p.active_from,
       p.reason, a.display_name AS proposed_by_name, b.display_name AS decided_by_name, p.replay IS NOT NULL AS replayed,
       p.toml, p.replay
  FROM policy AS p
  LEFT JOIN app_user AS a ON a.id = p.proposed_by
  LEFT JOIN app_user AS b ON b.id = p.decided_by
 WHERE p.no = $1

-- name: of_version
SELECT no, state, proposed_by FROM policy WHERE version = $1

-- name: propose
-- A text that was refused or replaced may be proposed again: it is the same text, so it keeps its version.
INSERT INTO policy (version, toml, state, origin, proposed_by, proposed_at, reason)
VALUES ($1, $2, 'proposed', $3, $4, $5, $6)
ON CONFLICT (version) DO UPDATE
   SET state = 'proposed', origin = excluded.origin, proposed_by = excluded.proposed_by,
       proposed_at = excluded.proposed_at, decided_by = NULL, decided_at = NULL, replay = NULL, reason = excluded.reason
 WHERE policy.state IN ('refused', 'replaced')
RETURNING no

-- name: keep_replay
-- Of a proposal only: what the second person saw stays as it was once they have decided.
UPDATE policy SET replay = $2 WHERE no = $1 AND state = 'proposed'

-- name: replace_active
UPDATE policy SET state = 'replaced' WHERE state = 'active' RETURNING version

-- name: take_back_active
UPDATE policy SET state = 'refused', decided_by = $1, decided_at = $2, reason = $3 WHERE state = 'active' RETURNING version

-- name: activate
UPDATE policy SET state = 'active', decided_by = $2, decided_at = $3, active_from = $3 WHERE no = $1

-- name: refuse
UPDATE policy SET state = 'refused', decided_by = $2, decided_at = $3, reason = $4 WHERE no = $1

-- name: last_good
-- What was in force before: of those that were replaced by another, the last.
SELECT no, version FROM policy WHERE state = 'replaced' ORDER BY active_from DESC NULLS LAST LIMIT 1

-- name: is_first_start
-- Nothing was ever decided by anything but the built-in policy, and nobody's case was: a file may take effect at once.
SELECT NOT EXISTS (SELECT FROM policy WHERE active_from IS NOT NULL) AND NOT EXISTS (SELECT FROM incident)

-- name: file_state
SELECT path, digest, problems, looked_at FROM policy_file

-- name: note_file
INSERT INTO policy_file (path, digest, problems, looked_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (one) DO UPDATE
   SET path = excluded.path, digest = excluded.digest, problems = excluded.problems, looked_at = excluded.looked_at

-- name: recorded
-- The registers as they stand now, where no history of them is kept; why the alarm was judged so stands in `judged`.
SELECT e.no, e.type, e.at, e.received_at, e.marks, coalesce(nullif(e.judged, ''), e.decision) AS decision, e.device_id, e.resident_id, e.premises_id,
       d.kind, d.life, d.wearer, d.registered, d.device, r.status, r.tags, r.ability, r.communication,
       coalesce(p.area, d.area)::text AS area, i.resolved_at,
       h.tags AS home_tags, h.ability AS home_ability
  FROM event AS e
  JOIN device AS d ON d.id = e.device_id
  LEFT JOIN resident AS r ON r.id = e.resident_id
  LEFT JOIN premises AS p ON p.id = coalesce(e.premises_id, r.premises_id)
  LEFT JOIN incident AS i ON i.id = e.incident_id
  LEFT JOIN LATERAL (SELECT array_agg(DISTINCT tag) AS tags, max(x.ability) AS ability
                       FROM resident AS x LEFT JOIN LATERAL unnest(x.tags) AS tag ON true
                      WHERE x.premises_id = p.id AND d.wearer = 'shared') AS h ON true
 WHERE e.no > $3 AND e.no <= $4 AND e.received_at >= $1 AND e.received_at < $2
   AND NOT (d.registered AND starts_with(d.device, 'canary:'))
 ORDER BY e.no
 LIMIT $5

-- name: recorded_one
-- The registers as they stand now, where no history of them is kept; why the alarm was judged so stands in `judged`.
SELECT e.no, e.type, e.at, e.received_at, e.marks, coalesce(nullif(e.judged, ''), e.decision) AS decision, e.device_id, e.resident_id, e.premises_id,
       d.kind, d.life, d.wearer, d.registered, d.device, r.status, r.tags, r.ability, r.communication,
       coalesce(p.area, d.area)::text AS area, i.resolved_at, coalesce(nullif(e.policy, ''), i.policy_version) AS policy_version,
       h.tags AS home_tags, h.ability AS home_ability
  FROM event AS e
  JOIN device AS d ON d.id = e.device_id
  LEFT JOIN resident AS r ON r.id = e.resident_id
  LEFT JOIN premises AS p ON p.id = coalesce(e.premises_id, r.premises_id)
  LEFT JOIN incident AS i ON i.id = e.incident_id
  LEFT JOIN LATERAL (SELECT array_agg(DISTINCT tag) AS tags, max(x.ability) AS ability
                       FROM resident AS x LEFT JOIN LATERAL unnest(x.tags) AS tag ON true
                      WHERE x.premises_id = p.id AND d.wearer = 'shared') AS h ON true
 WHERE e.incident_id = $1 AND ($2::bigint IS NULL OR e.no = $2)
 ORDER BY e.no
 LIMIT 1

-- name: recorded_bounds
-- By the index of stretches; the rows are then read in their order between these two.
SELECT count(*) AS events, min(no) AS first, max(no) AS last FROM event WHERE received_at >= $1 AND received_at < $2

-- name: desks_now
SELECT count(*)::int FROM desk_present
