-- Erasing by period. Holds are looked at in the same statement that chooses.

-- name: incidents
-- Closed long enough and in nobody's hold: neither the case's, nor its person's, nor that of a period it lies in.
SELECT i.id FROM incident AS i
 WHERE i.state = 'closed' AND i.erased_at IS NULL AND i.closed_at < $1
   AND NOT EXISTS (SELECT FROM legal_hold AS h
                    WHERE h.from_at <= $2 AND (h.until_at IS NULL OR h.until_at > $2)
                      AND (h.incident_id = i.id OR h.resident_id = i.resident_id
                           OR (h.incident_id IS NULL AND h.resident_id IS NULL
                               AND i.opened_at >= coalesce(h.period_from, '-infinity')
                               AND i.opened_at < coalesce(h.period_until, 'infinity'))))
 ORDER BY i.closed_at, i.id LIMIT $3

-- name: erase_texts
-- Under the incident's lock. The digest in the chain stays; what it was of is gone.
UPDATE entry_text SET salt = NULL, sealed = NULL, erased_at = $2, erased_rule = $3
 WHERE incident_id = $1 AND sealed IS NOT NULL

-- name: erase_own_key
-- A case that named nobody has a key of its own.
UPDATE text_key SET wrapped = NULL, erased_at = $2, erased_rule = $3 WHERE owner = 'i' || $1::bigint AND wrapped IS NOT NULL

-- name: erase_events
UPDATE event SET data = '{}' WHERE incident_id = $1 AND data <> '{}'

-- name: erase_hand_overs
UPDATE hand_over SET sealed = NULL, key_owner = NULL, reference = NULL WHERE incident_id = $1

-- name: erase_positions
DELETE FROM case_position WHERE incident_id = $1

-- name: erase_calls
UPDATE call SET number = '', recording = NULL, resident_id = NULL, contact_id = NULL WHERE incident_id = $1

-- name: erase_incident
UPDATE incident SET caller = NULL, erased_at = $2 WHERE id = $1

-- name: recordings
-- Of P1 cases, and of cases that a complaint names, they are kept as long as `recordings_kept`.
WITH gone AS (
    SELECT c.id FROM call AS c LEFT JOIN incident AS i ON i.id = c.incident_id
     WHERE c.recording IS NOT NULL AND c.began_at < $1 AND (coalesce(i.priority_at_start, 5) = 1
            OR EXISTS (SELECT FROM complaint_case AS x WHERE x.incident_id = c.incident_id)) = $3
       AND NOT EXISTS (SELECT FROM legal_hold AS h
                        WHERE h.from_at <= $2 AND (h.until_at IS NULL OR h.until_at > $2)
                          AND (h.incident_id = c.incident_id OR h.resident_id = c.resident_id
                               OR h.resident_id = i.resident_id
                               OR (h.incident_id IS NULL AND h.resident_id IS NULL
                                   AND c.began_at >= coalesce(h.period_from, '-infinity')
                                   AND c.began_at < coalesce(h.period_until, 'infinity'))))
     ORDER BY c.id LIMIT $4
)
UPDATE call SET recording = NULL WHERE id IN (SELECT id FROM gone) RETURNING id

-- name: dead_letters
-- One that is part of a case that is not closed stays.
DELETE FROM dead_letter WHERE id IN (
    SELECT l.id FROM dead_letter AS l LEFT JOIN incident AS i ON i.id = l.incident_id
     WHERE l.last_at < $1 AND (i.id IS NULL OR i.state = 'closed') ORDER BY l.id LIMIT $2)
RETURNING id

-- name: access_logs
DELETE FROM audit WHERE no IN (SELECT no FROM audit WHERE at < $1 ORDER BY no LIMIT $2) RETURNING no

-- name: calls
-- Of no case; what still rings becomes one. While its recording is kept, so is whose it is.
WITH gone AS (
    SELECT c.id FROM call AS c LEFT JOIN contact AS x ON x.id = c.contact_id
     WHERE c.incident_id IS NULL AND c.number <> '' AND c.recording IS NULL AND c.began_at < $1
       AND (c.ended_at IS NOT NULL OR c.answered_at IS NOT NULL OR c.due_at IS NULL)
       AND NOT EXISTS (SELECT FROM legal_hold AS h
                        WHERE h.from_at <= $2 AND (h.until_at IS NULL OR h.until_at > $2)
                          AND (h.resident_id = c.resident_id OR h.resident_id = x.resident_id
                               OR (h.incident_id IS NULL AND h.resident_id IS NULL
                                   AND c.began_at >= coalesce(h.period_from, '-infinity')
                                   AND c.began_at < coalesce(h.period_until, 'infinity'))))
     ORDER BY c.id LIMIT $3
)
UPDATE call SET number = '', resident_id = NULL, contact_id = NULL, device_id = NULL, premises_id = NULL
 WHERE id IN (SELECT id FROM gone) RETURNING id

-- name: held
-- Of a person's hold also what a device of their home said; of a period's what was held in it.
DELETE FROM held WHERE no IN (
    SELECT d.no FROM held AS d
     WHERE d.ended_at < $1
       AND NOT EXISTS (SELECT FROM legal_hold AS h LEFT JOIN resident AS r ON r.id = h.resident_id
                        WHERE h.from_at <= $2 AND (h.until_at IS NULL OR h.until_at > $2)
                          AND (h.incident_id = d.incident_id OR (d.kind = 'outage' AND h.incident_id = d.ref)
                               OR h.resident_id = d.resident_id OR r.premises_id = d.premises_id
                               OR (h.incident_id IS NULL AND h.resident_id IS NULL
                                   AND d.last_at >= coalesce(h.period_from, '-infinity')
                                   AND d.first_at < coalesce(h.period_until, 'infinity'))))
     ORDER BY d.no LIMIT $3)
RETURNING no

-- name: complaints
-- Answered long enough ago; none whose case, person or time is on hold: its own hold of its cases lasts until it is ended.
WITH gone AS (
    SELECT c.id, c.key_owner FROM complaint AS c JOIN text_key AS k ON k.owner = c.key_owner AND k.wrapped IS NOT NULL
     WHERE c.answered_at < $1
       AND NOT EXISTS (SELECT FROM legal_hold AS h
                        WHERE h.from_at <= $2 AND (h.until_at IS NULL OR h.until_at > $2)
                          AND (h.resident_id = c.resident_id
                               OR h.incident_id IN (SELECT x.incident_id FROM complaint_case AS x WHERE x.complaint_id = c.id)
                               OR (h.incident_id IS NULL AND h.resident_id IS NULL
                                   AND c.received_at >= coalesce(h.period_from, '-infinity')
                                   AND c.received_at < coalesce(h.period_until, 'infinity'))))
     ORDER BY c.id LIMIT $3
), emptied AS (
    UPDATE complaint SET sealed = '', version = version + 1 WHERE id IN (SELECT id FROM gone)
)
UPDATE text_key SET wrapped = NULL, erased_at = $2, erased_rule = $4 WHERE owner IN (SELECT key_owner FROM gone)
RETURNING owner

-- name: call_audits
-- Nothing was added for long enough; none of a case, person or time on hold.
WITH gone AS (
    SELECT a.id, a.note_owner FROM call_audit AS a JOIN text_key AS k ON k.owner = a.note_owner AND k.wrapped IS NOT NULL
      JOIN incident AS i ON i.id = a.incident_id
     WHERE greatest(a.reviewed_at, a.second_at, a.signed_at) < $1
       AND NOT EXISTS (SELECT FROM legal_hold AS h
                        WHERE h.from_at <= $2 AND (h.until_at IS NULL OR h.until_at > $2)
                          AND (h.incident_id = a.incident_id OR h.resident_id = i.resident_id
                               OR (h.incident_id IS NULL AND h.resident_id IS NULL
                                   AND a.called_at >= coalesce(h.period_from, '-infinity')
                                   AND a.called_at < coalesce(h.period_until, 'infinity'))))
     ORDER BY a.id LIMIT $3
), emptied AS (
    UPDATE call_audit SET note_sealed = NULL, version = version + 1 WHERE id IN (SELECT id FROM gone)
)
UPDATE text_key SET wrapped = NULL, erased_at = $2, erased_rule = $4 WHERE owner IN (SELECT note_owner FROM gone)
RETURNING owner

-- name: record_changes
-- Which fields of a record changed when, and by whom: kept as the audit is.
DELETE FROM record_change WHERE (object, version) IN (
    SELECT object, version FROM record_change WHERE at < $1 ORDER BY at LIMIT $2)
RETURNING version

-- name: residents_left
-- Left long enough, no device at the home in their name, no hold, not emptied yet.
SELECT r.id FROM resident AS r
 WHERE r.status IN ('moved', 'died', 'left_service') AND r.search <> ''
   AND coalesce((SELECT max(s.from_at) FROM resident_status AS s WHERE s.resident_id = r.id), r.created_at) < $1
   AND NOT EXISTS (SELECT FROM device_holder AS h WHERE h.resident_id = r.id AND h.to_at IS NULL)
   AND NOT EXISTS (SELECT FROM incident AS i WHERE i.resident_id = r.id AND i.state <> 'closed')
   AND NOT EXISTS (SELECT FROM legal_hold AS h
                    WHERE h.from_at <= $2 AND (h.until_at IS NULL OR h.until_at > $2)
                      AND (h.resident_id = r.id OR (h.resident_id IS NULL AND h.incident_id IS NULL
                                                    AND h.period_from IS NULL AND h.period_until IS NULL)))
 ORDER BY r.id LIMIT $3

-- name: lock_resident
SELECT 1 FROM resident WHERE id = $1 FOR NO KEY UPDATE

-- name: has_cases
-- Cases of theirs that are still kept: their texts need the key and the name until those go.
SELECT EXISTS (SELECT FROM incident WHERE resident_id = $1 AND erased_at IS NULL)

-- name: empty_resident
-- Only what a case needs: the name, while there is a case.
UPDATE resident
   SET name = CASE WHEN $2 THEN name ELSE '—' END, search = '', also_called = '', birth_date = NULL, tags = '{}',
       ability = NULL, phone = NULL, phone_typed = NULL, communication = '{}', identity_sealed = NULL,
       identity_hash = NULL, notes_sealed = NULL, version = version + 1
 WHERE id = $1

-- name: forget_contacts
DELETE FROM contact WHERE resident_id = $1
   AND NOT EXISTS (SELECT FROM consent AS c WHERE c.contact_id = contact.id)
   AND NOT EXISTS (SELECT FROM call AS c WHERE c.contact_id = contact.id)

-- name: empty_contacts
UPDATE contact SET name = '—', phone = NULL, phone_typed = NULL, email = NULL, role = 'barred', channels = '{}', version = version + 1
 WHERE resident_id = $1

-- name: erase_key
UPDATE text_key SET wrapped = NULL, erased_at = $2, erased_rule = $3 WHERE owner = 'r' || $1::bigint AND wrapped IS NOT NULL

-- name: days
SELECT relid::regclass::text AS name FROM pg_partition_tree('reading') WHERE isleaf AND level = 1

-- name: days_without_positions
SELECT day FROM reading_retention WHERE positions_at IS NOT NULL

-- name: one_at_a_time
SELECT pg_try_advisory_xact_lock(7340224)

-- name: keep_positions_of_cases
-- Of whoever a case was about, from an hour before it opened until an hour after it was resolved.
INSERT INTO case_position (incident_id, device_id, received_at, at, location)
SELECT i.id, r.device_id, r.received_at, r.at, r.data -> 'location'
  FROM reading AS r
  JOIN device_holder AS h ON h.device_id = r.device_id AND h.from_at <= r.received_at
                         AND (h.to_at IS NULL OR h.to_at > r.received_at)
  JOIN incident AS i ON i.resident_id = h.resident_id AND i.erased_at IS NULL AND i.class <> 'canary'
                    AND r.received_at >= i.opened_at - interval '1 hour'
                    AND r.received_at <= coalesce(i.resolved_at, 'infinity') + interval '1 hour'
 WHERE r.received_at >= $1 AND r.received_at < $2 AND r.data ? 'location'
    ON CONFLICT DO NOTHING

-- name: strip_positions
-- One day, one statement: a day nobody writes any more.
UPDATE reading SET data = data - 'location' WHERE received_at >= $1 AND received_at < $2 AND data ? 'location'

-- name: positions_gone
INSERT INTO reading_retention (day, positions_at) VALUES ($1, $2) ON CONFLICT (day) DO UPDATE SET positions_at = $2

-- name: daily_figures
INSERT INTO reading_day (device_id, day, what, readings, least, most, mean)
SELECT r.device_id, $3, v.what, count(*), min(v.number), max(v.number), avg(v.number)
  FROM reading AS r,
       LATERAL (SELECT key AS what, value::text::double precision AS number
                  FROM jsonb_each(CASE jsonb_typeof(r.data -> 'vitals') WHEN 'object' THEN r.data -> 'vitals' END)
                 WHERE jsonb_typeof(value) = 'number'
                 UNION ALL
                SELECT coalesce(r.data #>> '{detail,name}', r.type), (r.data ->> 'value')::double precision
                 WHERE jsonb_typeof(r.data -> 'value') = 'number') AS v
 WHERE r.received_at >= $1 AND r.received_at < $2
 GROUP BY r.device_id, v.what
    ON CONFLICT DO NOTHING

-- name: note
INSERT INTO erasure (at, what, days, before, rows) VALUES ($1, $2, $3, $4, $5)

-- name: forget_day
DELETE FROM reading_retention WHERE day = $1
