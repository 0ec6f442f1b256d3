-- name: last_resolved
-- Under the subject's lock: nobody can resolve or open one of this subject meanwhile.
-- Beside it the case that stayed of one of this subject that was merged into another's: later alarms reach it there.
SELECT l.id, l.state, l.class, l.resolved_at, l.last_owner, m.stays
  FROM (SELECT 1) AS one
  LEFT JOIN LATERAL (
      SELECT i.id, i.state, i.class, i.resolved_at, i.last_owner FROM incident AS i
       WHERE i.subject = $1 AND i.family = $2 AND i.state IN ('resolved', 'closed') AND i.resolved_at IS NOT NULL
         AND i.merged_into IS NULL
       ORDER BY i.resolved_at DESC LIMIT 1) AS l ON true
  LEFT JOIN LATERAL (
      SELECT stays_as(g.id) AS stays FROM incident AS g
       WHERE g.subject = $1 AND g.family = $2 AND g.merged_into IS NOT NULL
       ORDER BY g.closed_at DESC LIMIT 1) AS m ON true

-- name: classes_before
-- What a case was until a person changed its class; under its lock.
SELECT fixed::jsonb -> 'facts' ->> 'from_class' AS class FROM entry
 WHERE incident_id = $1 AND action IN ('reclassify', 'lower_priority')
   AND fixed::jsonb -> 'facts' ->> 'from_class' IS NOT NULL
