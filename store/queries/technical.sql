-- Devices that the system has something to say about.

-- name: is_known
SELECT id FROM device WHERE device = $1

-- name: is_open
SELECT EXISTS (SELECT FROM incident WHERE subject = $1 AND family = 'technical' AND state NOT IN ('resolved', 'closed'))
