-- name: due
-- Candidates without a lock, highest priority first, then oldest; each is locked, and looked at again, by itself.
SELECT id, subject, next_step = 'escalate' AND unattended AS plain
  FROM incident WHERE next_due_at <= $1 ORDER BY priority, next_due_at, id LIMIT $2

-- name: lock_if_free
-- SKIP LOCKED: a second engine, or a desk in the middle of a step, has it; waiting would hold up those behind it.
SELECT id FROM incident WHERE id = $1 AND subject = $2 FOR NO KEY UPDATE SKIP LOCKED

-- name: try_resident
SELECT 1 FROM resident WHERE id = $1 FOR NO KEY UPDATE SKIP LOCKED

-- name: try_premises
SELECT 1 FROM premises WHERE id = $1 FOR NO KEY UPDATE SKIP LOCKED

-- name: try_device
SELECT 1 FROM device WHERE id = $1 FOR NO KEY UPDATE SKIP LOCKED

-- name: try_name
SELECT pg_try_advisory_xact_lock(hashtextextended($1, 7340222))

-- name: lapsed
SELECT id, subject FROM incident WHERE lease_until IS NOT NULL AND lease_until <= $1 ORDER BY priority, lease_until LIMIT $2

-- name: overdue
-- Plain read, no locks: whoever watches the engine must not wait for it.
SELECT id, priority, next_due_at FROM incident
 WHERE next_due_at < $1 ORDER BY priority, next_due_at LIMIT 1000

-- name: open_counts
SELECT priority, state, count(*)::int AS incidents, count(*) FILTER (WHERE unattended)::int AS unattended
  FROM incident WHERE state <> 'closed' AND class <> 'canary' GROUP BY priority, state

-- name: beat
INSERT INTO part (name, seen_at) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at

-- name: put_off_unread
-- One statement on one row, whatever it holds; a row in other hands is served there. What is not due yet stays.
WITH free AS (
    SELECT id FROM incident WHERE id = $1 AND state <> 'closed' FOR NO KEY UPDATE SKIP LOCKED
), later AS (
    UPDATE deadline SET due_at = $2 + make_interval(secs => $3), failures = least(failures + 1, 100)
     WHERE incident_id = (SELECT id FROM free) AND due_at <= $2
)
UPDATE incident
   SET next_due_at = least($2 + make_interval(secs => $3),
                           (SELECT min(due_at) FROM deadline WHERE incident_id = $1 AND due_at > $2)),
       sounded_at = $2, sound_to = 'supervisors', version = version + 1
 WHERE id = (SELECT id FROM free)
RETURNING area::text AS area
