-- name: person_and_home
-- What the register says about whom a case opened by hand is about; no lock, the subject is locked next.
SELECT r.id AS resident_id, p.id AS premises_id, p.area::text AS area, p.lat, p.lon
  FROM (SELECT 1) AS one
  LEFT JOIN resident AS r ON r.id = $1
  LEFT JOIN premises AS p ON p.id = coalesce($2, r.premises_id)

-- name: note_pass
-- Under the incident's lock.
INSERT INTO incident_pass (incident_id, user_id, at) VALUES ($1, $2, $3)
    ON CONFLICT (incident_id, user_id) DO UPDATE SET at = excluded.at

-- name: somebody_else_on_duty
SELECT EXISTS (SELECT FROM desk_present WHERE user_id <> $1)

-- name: somebody_arrived
-- A responder whose arrival can be, or the service that took it.
SELECT EXISTS (SELECT FROM assignment
                WHERE incident_id IN (SELECT with_merged($1)) AND arrived_at IS NOT NULL AND NOT is_doubted)
    OR EXISTS (SELECT FROM hand_over WHERE incident_id IN (SELECT with_merged($1)) AND arrived_at IS NOT NULL)

-- name: somebody_is_there
-- Now, and not gone again.
SELECT EXISTS (SELECT FROM assignment
                WHERE incident_id IN (SELECT with_merged($1)) AND state = 'on_scene' AND NOT is_doubted)
    OR EXISTS (SELECT FROM hand_over
                WHERE incident_id IN (SELECT with_merged($1)) AND arrived_at IS NOT NULL AND closed_at IS NULL)

-- name: about
-- Without a lock, only to know which subjects to lock first.
SELECT subject, resident_id, premises_id, device_id FROM incident WHERE id = $1

-- name: move
-- Under the locks of both subjects and of the incident.
UPDATE incident SET subject = $2, family = $3, area = $4::text::ltree WHERE id = $1

-- name: home_of
SELECT lat, lon FROM premises WHERE id = $1

-- name: was_lowered_from
-- Whether its owner has taken it down from this priority; the incident's lock is held.
SELECT EXISTS (SELECT FROM entry WHERE incident_id = $1 AND action = 'lower_priority' AND fixed::jsonb ->> 'from' = $2)

-- name: put_off
-- What the claim that stands has put off; null where the case was handed over, taken up again, or is another since.
SELECT fixed::jsonb -> 'facts' ->> 'put_off' FROM entry
 WHERE incident_id = $1 AND action IN ('claim', 'transfer_accepted', 'reopen', 'reclassify', 'lower_priority')
 ORDER BY seq DESC LIMIT 1
