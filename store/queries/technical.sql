-- Devices that the system has something to say about.

-- name: is_known
SELECT id FROM device WHERE device = $1

-- name: is_open
SELECT EXISTS (SELECT FROM incident WHERE subject = $1 AND family = 'technical' AND state NOT IN ('resolved', 'closed'))

-- name: end_is_noted
-- Whether the owner was told since it last began: whoever looks looks every few seconds, and once is enough.
SELECT coalesce((SELECT action = 'noted' FROM entry
                  WHERE incident_id = $1 AND (action IN ('opened', 'joined', 'counted')
                        OR (action = 'noted' AND fixed::jsonb -> 'facts' ->> 'related' = 'end_while_owned'))
                  ORDER BY seq DESC LIMIT 1), false)
