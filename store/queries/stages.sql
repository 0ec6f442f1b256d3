-- name: take_due
-- Highest priority first, then oldest. SKIP LOCKED: what a desk or another engine has in hand is served there. The
-- incident is locked before its subject here, and nobody waits for it: the subjects are only taken where they are free.
SELECT id, number, state, priority, class, family, subject, resident_id, premises_id, device_id, area::text AS area,
       source, marks, opened_at, oldest_alarm_at, sounded_at, sound_to, stage, alert_count, claimed_by, claimed_at,
       acted_at, answered_at, lease_until, last_owner, policy_version, first_escalation_s, place, outcome, safety, review,
       resolved_at, resolved_by, closed_at, follows, version, last_seq, last_hash
  FROM incident
 WHERE next_due_at <= $1 AND next_step = 'escalate' AND unattended
 ORDER BY priority, next_due_at, id LIMIT $2
   FOR NO KEY UPDATE SKIP LOCKED

-- name: try_residents
SELECT id FROM resident WHERE id = ANY ($1::bigint[]) FOR NO KEY UPDATE SKIP LOCKED

-- name: try_premises
SELECT id FROM premises WHERE id = ANY ($1::bigint[]) FOR NO KEY UPDATE SKIP LOCKED

-- name: try_devices
SELECT id FROM device WHERE id = ANY ($1::bigint[]) FOR NO KEY UPDATE SKIP LOCKED

-- name: try_names
SELECT name FROM unnest($1::text[]) AS n (name) WHERE pg_try_advisory_xact_lock(hashtextextended(name, 7340222))

-- name: deadlines
-- Under the incidents' locks.
SELECT incident_id, kind, stage, round, due_at, failures FROM deadline WHERE incident_id = ANY ($1::bigint[])

-- name: anything_holds
-- Whether a silence or a storm stands anywhere: then technical cases are looked at one by one.
SELECT EXISTS (SELECT FROM silence WHERE ended_at IS NULL AND from_at <= $1 AND until_at > $1)
    OR EXISTS (SELECT FROM storm WHERE state = 'on' AND from_at <= $1 AND until_at > $1)

-- name: update
-- Under the incidents' locks: what a stage of the desk chain changes, and nothing else.
UPDATE incident AS i
   SET priority = n.priority, sounded_at = n.sounded_at, sound_to = n.sound_to, stage = n.stage,
       next_due_at = n.next_due_at, next_step = n.next_step, version = n.version, last_seq = n.last_seq,
       last_hash = n.last_hash
  FROM unnest($1::bigint[], $2::smallint[], $3::timestamptz[], $4::text[], $5::smallint[], $6::timestamptz[],
              $7::text[], $8::int[], $9::int[], $10::bytea[])
    AS n (id, priority, sounded_at, sound_to, stage, next_due_at, next_step, version, last_seq, last_hash)
 WHERE i.id = n.id

-- name: insert_entries
-- Under the incidents' locks; unique (incident, seq) refuses a second writer that had none.
INSERT INTO entry (incident_id, version, seq, at, action, fixed, hash)
SELECT * FROM unnest($1::bigint[], $2::int[], $3::int[], $4::timestamptz[], $5::text[], $6::text[], $7::bytea[])

-- name: move_stages
-- Under the incidents' locks: the one deadline of each that has fired.
UPDATE deadline AS d SET stage = n.stage, round = n.round, due_at = n.due_at, failures = n.failures
  FROM unnest($1::bigint[], $2::int[], $3::int[], $4::timestamptz[], $5::int[])
    AS n (incident_id, stage, round, due_at, failures)
 WHERE d.incident_id = n.incident_id AND d.kind = 'escalate'
