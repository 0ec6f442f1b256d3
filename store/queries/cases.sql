-- name: lock_name
-- A part of the system has no row of its own; the lock ends with the transaction.
SELECT pg_advisory_xact_lock(hashtextextended($1, 7340222))

-- name: lock_resident
-- NO KEY UPDATE: rows that refer to the resident can still be written by others.
SELECT 1 FROM resident WHERE id = $1 FOR NO KEY UPDATE

-- name: lock_premises
SELECT 1 FROM premises WHERE id = $1 FOR NO KEY UPDATE

-- name: lock_device
SELECT 1 FROM device WHERE id = $1 FOR NO KEY UPDATE

-- name: subject_of
-- Without a lock, only to know which subject to lock first.
SELECT subject FROM incident WHERE id = $1

-- name: lock_incident
-- Second lock, after the subject's.
SELECT id, number, state, priority, class, family, subject, resident_id, premises_id, device_id, area::text AS area,
       source, marks, opened_at, oldest_alarm_at, sounded_at, sound_to, stage, alert_count, claimed_by, claimed_at,
       acted_at, answered_at, lease_until, last_owner, policy_version, first_escalation_s, place, outcome, safety, review,
       resolved_at, resolved_by, closed_at, follows, version, last_seq, last_hash, plan
  FROM incident WHERE id = $1 FOR NO KEY UPDATE

-- name: read_incident
-- To be looked at: no lock.
SELECT id, number, state, priority, class, family, subject, resident_id, premises_id, device_id, area::text AS area,
       source, marks, opened_at, oldest_alarm_at, sounded_at, sound_to, stage, alert_count, claimed_by, claimed_at,
       acted_at, answered_at, lease_until, last_owner, policy_version, first_escalation_s, place, outcome, safety, review,
       resolved_at, resolved_by, closed_at, follows, version, last_seq, last_hash, plan
  FROM incident WHERE id = $1

-- name: lock_open
-- Under the subject's lock at most one row matches; the partial unique index is the second guard.
SELECT id, number, state, priority, class, family, subject, resident_id, premises_id, device_id, area::text AS area,
       source, marks, opened_at, oldest_alarm_at, sounded_at, sound_to, stage, alert_count, claimed_by, claimed_at,
       acted_at, answered_at, lease_until, last_owner, policy_version, first_escalation_s, place, outcome, safety, review,
       resolved_at, resolved_by, closed_at, follows, version, last_seq, last_hash, plan
  FROM incident
 WHERE subject = $1 AND family = $2 AND state NOT IN ('resolved', 'closed')
   FOR NO KEY UPDATE

-- name: deadlines
SELECT kind, stage, round, due_at, failures FROM deadline WHERE incident_id = $1

-- name: insert
-- The day's counter row is locked until the commit: taken late, in the last statements of a transaction.
-- The canary's incidents are not counted: a desk that reads its numbers finds none missing.
WITH counted AS (
    INSERT INTO incident_day (day, count) SELECT $1, 1 WHERE $4 <> 'canary'
        ON CONFLICT (day) DO UPDATE SET count = incident_day.count + 1
    RETURNING count
)
INSERT INTO incident (number, state, priority, priority_at_start, class, family, subject, resident_id, premises_id,
                      device_id, area, source, marks, opened_at, oldest_alarm_at, sounded_at, sound_to, alert_count,
                      next_due_at, next_step, policy_version, first_escalation_s, place, follows, last_hash,
                      claimed_by, claimed_at, lease_until, plan)
SELECT to_char($1::date, 'YYYYMMDD') || '-'
           || coalesce(lpad(count::text, greatest(4, length(count::text)), '0'),
                       'C' || coalesce($9::integer, 0) || '-' || extract(epoch FROM $13::timestamptz)::bigint),
       $2, $3, $3, $4, $5, $6, $7, $8, $9, $10::text::ltree, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
       $24, $25, $26, $27, $28::jsonb
  FROM (SELECT (SELECT count FROM counted) AS count) AS n
RETURNING id, number

-- name: write_first
-- The first entries and deadlines of a case that this transaction has just inserted: nobody else can see it yet.
WITH head AS (
    UPDATE incident SET last_seq = $3, last_hash = $4 WHERE id = $1
), record AS (
    INSERT INTO entry (incident_id, version, seq, at, action, fixed, hash)
    SELECT $1, $2, n.seq, n.at, n.action, n.fixed, n.hash
      FROM unnest($5::int[], $6::timestamptz[], $7::text[], $8::text[], $9::bytea[]) AS n (seq, at, action, fixed, hash)
)
INSERT INTO deadline (incident_id, kind, stage, round, due_at, failures)
SELECT $1, n.kind, n.stage, n.round, n.due_at, n.failures
  FROM unnest($10::text[], $11::int[], $12::int[], $13::timestamptz[], $14::int[]) AS n (kind, stage, round, due_at, failures)

-- name: append
-- Under the incident's lock; unique (incident, seq) refuses a second writer that had none.
WITH head AS (
    UPDATE incident SET last_seq = $3, last_hash = $4 WHERE id = $1
)
INSERT INTO entry (incident_id, version, seq, at, action, fixed, hash)
SELECT $1, $2, n.seq, n.at, n.action, n.fixed, n.hash
  FROM unnest($5::int[], $6::timestamptz[], $7::text[], $8::text[], $9::bytea[]) AS n (seq, at, action, fixed, hash)

-- name: update
-- The caller holds the row's lock; unique (incident, seq) refuses a second writer that had none. A plan that nobody
-- changed is not written again: it is most of the row. Of the deadlines stands afterwards exactly what was given.
WITH head AS (
    UPDATE incident
       SET state = $2, priority = $3, class = $4, resident_id = $5, premises_id = $6, marks = $7, oldest_alarm_at = $8,
           sounded_at = $9, sound_to = $10, stage = $11, alert_count = $12, claimed_by = $13, claimed_at = $14,
           acted_at = $15, answered_at = $16, lease_until = $17, last_owner = $18, next_due_at = $19, next_step = $20,
           first_escalation_s = $21, place = $22, outcome = $23, safety = $24, review = $25, resolved_at = $26,
           resolved_by = $27, closed_at = $28, version = $29, last_seq = $30, last_hash = $31, policy_version = $32,
           plan = coalesce($33::jsonb, plan)
     WHERE id = $1
), record AS (
    INSERT INTO entry (incident_id, version, seq, at, action, fixed, hash)
    SELECT $1, $29, n.seq, n.at, n.action, n.fixed, n.hash
      FROM unnest($34::int[], $35::timestamptz[], $36::text[], $37::text[], $38::bytea[])
           AS n (seq, at, action, fixed, hash)
), given AS (
    SELECT * FROM unnest($39::text[], $40::int[], $41::int[], $42::timestamptz[], $43::int[])
               AS n (kind, stage, round, due_at, failures)
), gone AS (
    DELETE FROM deadline AS d WHERE d.incident_id = $1 AND d.kind NOT IN (SELECT kind FROM given)
)
INSERT INTO deadline (incident_id, kind, stage, round, due_at, failures)
SELECT $1, kind, stage, round, due_at, failures FROM given
    ON CONFLICT (incident_id, kind) DO UPDATE
   SET stage = excluded.stage, round = excluded.round, due_at = excluded.due_at, failures = excluded.failures
 WHERE (deadline.stage, deadline.round, deadline.due_at, deadline.failures)
       IS DISTINCT FROM (excluded.stage, excluded.round, excluded.due_at, excluded.failures)

-- name: insert_text
INSERT INTO entry_text (incident_id, seq, key_owner, salt, sealed) VALUES ($1, $2, $3, $4, $5)
