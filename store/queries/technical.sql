-- Devices that the system has something to say about.

-- name: is_known
SELECT id FROM device WHERE device = $1
