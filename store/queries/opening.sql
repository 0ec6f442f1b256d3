-- name: last_resolved
-- Under the subject's lock: nobody can resolve or open one of this subject meanwhile.
SELECT id, state, class, resolved_at, last_owner FROM incident
 WHERE subject = $1 AND family = $2 AND state IN ('resolved', 'closed') AND resolved_at IS NOT NULL
 ORDER BY resolved_at DESC LIMIT 1
