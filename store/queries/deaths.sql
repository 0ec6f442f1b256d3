-- Somebody has died: two people say so (centre.md, 17).

-- name: is_alone_on_duty
SELECT EXISTS (SELECT FROM desk_present WHERE user_id = $1) AND NOT EXISTS (SELECT FROM desk_present WHERE user_id <> $1)

-- name: call_visits_off
UPDATE visit SET state = 'called_off', version = version + 1 WHERE resident_id = $1 AND state = 'planned' AND from_at > $2

-- name: home_of
-- The home, and whether a device of theirs is out, or hangs on a wall behind which nobody else lives.
SELECT r.premises_id, p.area::text AS area,
       EXISTS (SELECT FROM device_holder AS h
                 JOIN device AS d ON d.id = h.device_id AND d.life NOT IN ('in_stock', 'returned', 'lost')
                WHERE h.to_at IS NULL
                  AND (h.resident_id = r.id
                       OR (h.premises_id = r.premises_id
                           AND NOT EXISTS (SELECT FROM resident AS o
                                            WHERE o.premises_id = r.premises_id AND o.id <> r.id
                                              AND o.status NOT IN ('moved', 'died', 'left_service'))))) AS devices
  FROM resident AS r LEFT JOIN premises AS p ON p.id = r.premises_id WHERE r.id = $1
