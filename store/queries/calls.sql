-- name: of_incident
-- Under the incident's lock.
SELECT at, fixed FROM entry WHERE incident_id = $1 AND action = 'call' ORDER BY seq
