-- name: holder
-- Inside the transaction that registers the device, whose row it has locked.
SELECT d.wearer, h.resident_id, coalesce(h.premises_id, r.premises_id) AS premises_id,
       coalesce(p.area, d.area)::text AS area
  FROM device AS d
  LEFT JOIN device_holder AS h ON h.device_id = d.id AND h.to_at IS NULL
  LEFT JOIN resident AS r ON r.id = h.resident_id
  LEFT JOIN premises AS p ON p.id = coalesce(h.premises_id, r.premises_id)
 WHERE d.id = $1

-- name: unnamed_cases
-- Under the device's lock, which is the lock of these cases' subject: nobody opens or ends one meanwhile.
SELECT id, family FROM incident
 WHERE subject = $1 AND family <> 'technical' AND class <> 'unknown' AND state NOT IN ('resolved', 'closed')
 ORDER BY id

-- name: is_taken
-- Under the new subject's lock.
SELECT id FROM incident WHERE subject = $1 AND family = $2 AND state NOT IN ('resolved', 'closed')

-- name: move
UPDATE incident SET subject = $2, area = $3::text::ltree WHERE id = $1

-- name: link
INSERT INTO incident_link (incident_id, other_id, reason, at)
VALUES (least($1::bigint, $2::bigint), greatest($1::bigint, $2::bigint), 'same_device_adopted', $3)
    ON CONFLICT DO NOTHING
