-- name: lock_device
-- Who asks of a device waits for who changes it; no other row is locked before.
SELECT id, device, source FROM device WHERE id = $1 AND registered FOR KEY SHARE

-- name: make
-- A new row, waiting or at its end at once; only the case's own transaction can wait for the one before of its reason.
INSERT INTO command (device_id, command, args, asked, made_by, incident_id, state, made_at, expires_at, try_at,
                     ended_at, detail, told)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $8, CASE WHEN $7 = 'undeliverable' THEN $8::timestamptz END, $10,
        $7 = 'undeliverable')
    ON CONFLICT (incident_id, device_id, asked) WHERE asked IN ('case_taken', 'help_coming') DO NOTHING
RETURNING id

-- name: wake
-- Workers look by themselves each second; this is only sooner.
SELECT pg_notify('shouwang_command', '')

-- name: callers
-- Registered devices that called in this case, of sources that hear commands. No lock: the case's is held.
SELECT DISTINCT d.id, d.device, d.source
  FROM event AS e JOIN device AS d ON d.id = e.device_id
 WHERE e.incident_id = $1 AND d.registered AND d.source = ANY ($2)
 ORDER BY d.id

-- name: command
SELECT c.id, d.device, c.command, c.args, c.state, c.asked, c.made_by, u.display_name AS made_by_name, c.incident_id,
       c.made_at, c.expires_at, c.tries, c.sent_at, c.delivered_at, c.answered_at, c.ended_at, c.ok, c.detail
  FROM command AS c
  JOIN device AS d ON d.id = c.device_id
  LEFT JOIN app_user AS u ON u.id = c.made_by

-- name: one
 WHERE c.id = $1

-- name: of_device
-- The newest first; $2 is the last id of the page before.
 WHERE c.device_id = $1 AND c.id < $2 ORDER BY c.id DESC LIMIT $3

-- name: is_due
SELECT EXISTS (SELECT FROM command WHERE state = 'waiting' AND try_at <= $1 AND expires_at > $1)

-- name: take
-- Counted and put off before it is published, so that who dies in between leaves a command that goes out once more,
-- with its old id. Locked rows are in another gateway's hands.
UPDATE command AS c SET tries = tries + 1, try_at = $1::timestamptz + $3::interval
  FROM (SELECT id FROM command WHERE state = 'waiting' AND try_at <= $1 AND expires_at > $1
         ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED) AS due, device AS d
 WHERE c.id = due.id AND d.id = c.device_id
RETURNING c.id, d.device, c.command, c.args, c.made_at, c.expires_at, c.tries

-- name: sent
-- Its reply may have been quicker: then the device has it, and this says only when the broker did.
UPDATE command SET sent_at = coalesce(sent_at, $2), state = CASE WHEN state = 'waiting' THEN 'sent' ELSE state END,
                   detail = CASE WHEN state = 'waiting' THEN '' ELSE detail END
 WHERE id = $1

-- name: not_taken
UPDATE command SET try_at = $2, detail = $3 WHERE id = $1 AND state = 'waiting'

-- name: expire
-- Rows that a reply holds just now have their end already.
UPDATE command AS c SET state = 'expired', ended_at = $1
  FROM (SELECT id FROM command WHERE ended_at IS NULL AND expires_at <= $1
         ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED) AS due
 WHERE c.id = due.id
RETURNING c.command, c.asked

-- name: answer
-- The first answer stands; one that comes late still says what was done. Only a command that may have gone out, and
-- only its own device's. In order of id, one statement for each, so that two batches lock in one order.
WITH its AS (
    SELECT c.id, c.answered_at IS NULL AS is_first
      FROM command AS c JOIN device AS d ON d.id = c.device_id
     WHERE c.id = $1 AND floor(extract(epoch FROM c.made_at) * 1000)::bigint = $6 AND d.device = $2 AND c.tries > 0
       FOR UPDATE OF c
), moved AS (
    UPDATE command AS c
       SET state = CASE WHEN $3 THEN 'answered' WHEN c.state = 'expired' THEN 'expired' ELSE 'refused' END,
           sent_at = coalesce(c.sent_at, $5), delivered_at = coalesce(c.delivered_at, $5), answered_at = $5,
           ended_at = CASE WHEN NOT $3 AND c.state = 'expired' THEN c.ended_at ELSE $5 END,
           ok = $3, detail = $4, told = false
      FROM its WHERE c.id = its.id AND its.is_first
)
SELECT is_first FROM its

-- name: untold
SELECT id, incident_id FROM command WHERE ended_at IS NOT NULL AND NOT told ORDER BY id LIMIT $1

-- name: lock_untold
-- Third lock, after the subject's and the incident's where it has one.
SELECT c.id, c.device_id, d.device, c.command, c.asked, c.state, c.ok, c.detail, d.area::text AS area
  FROM command AS c JOIN device AS d ON d.id = c.device_id
 WHERE c.id = $1 AND c.ended_at IS NOT NULL AND NOT c.told
   FOR UPDATE OF c SKIP LOCKED

-- name: note_told
UPDATE command SET told = true WHERE id = $1

-- name: fixes
-- Bands that an open wandering case wants to hear more often, and bands that were asked to and may still do it; of
-- each the newest such case and what was asked last. $4: of one band only. No lock: decided again under the case's.
WITH wanting AS (
    SELECT b.device_id, max(i.id) AS incident_id
      FROM incident AS i
      CROSS JOIN LATERAL (
          SELECT e.device_id FROM event AS e
            JOIN device AS d ON d.id = e.device_id AND d.registered
           WHERE e.incident_id = i.id AND e.type IN ('wandering', 'fence_exit')
          UNION
          SELECT h.device_id FROM device_holder AS h
            JOIN device AS d ON d.id = h.device_id AND d.kind = 'location_band' AND d.registered
           WHERE h.resident_id = i.resident_id AND h.to_at IS NULL
      ) AS b
     WHERE i.state IN ('open', 'claimed', 'dispatched', 'on_scene') AND i.class = ANY ($1) AND i.priority <= $2
     GROUP BY b.device_id
), asked AS (
    SELECT DISTINCT device_id FROM command WHERE asked IN ('faster_fixes', 'fixes_restored') AND made_at > $3
)
SELECT device_id, w.incident_id, l.asked, l.state, l.incident_id AS last_incident_id, l.made_at
  FROM wanting AS w
  FULL JOIN asked AS a USING (device_id)
  LEFT JOIN LATERAL (
      SELECT c.asked, c.state, c.incident_id, c.made_at FROM command AS c
       WHERE c.device_id = coalesce(w.device_id, a.device_id) AND c.asked IN ('faster_fixes', 'fixes_restored')
       ORDER BY c.id DESC LIMIT 1
  ) AS l ON true
 WHERE $4::integer IS NULL OR coalesce(w.device_id, a.device_id) = $4
 ORDER BY 1

-- name: band
SELECT id, device, source, kind, model, interval_s FROM device WHERE id = $1

-- name: counts
SELECT state, count(*) AS count FROM command WHERE ended_at IS NULL GROUP BY state
