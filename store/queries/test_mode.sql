-- name: lock_device
SELECT id, device, life FROM device WHERE id = $1 AND registered FOR NO KEY UPDATE

-- name: end
-- Under the device's lock: one period at a time.
UPDATE test_mode SET until_at = $2 WHERE device_id = $1 AND from_at < $2 AND until_at > $2

-- name: drop_begun_now
DELETE FROM test_mode WHERE device_id = $1 AND from_at = $2

-- name: begin
INSERT INTO test_mode (device_id, from_at, until_at, by_user, reason, types) VALUES ($1, $2, $3, $4, $5, $6)

-- name: running
SELECT from_at, until_at, reason, types FROM test_mode WHERE device_id = $1 AND from_at <= $2 AND until_at > $2

-- name: pressed
-- The case that waits for its tester: of this device, in test, within the minute. Locked by `load` afterwards.
SELECT i.id FROM incident AS i
  JOIN event AS e ON e.incident_id = i.id AND e.device_id = $1
  JOIN deadline AS d ON d.incident_id = i.id AND d.kind = 'test' AND d.due_at > $2
 WHERE i.state = 'open' AND i.claimed_by IS NULL AND 'test' = ANY (i.marks)
 ORDER BY e.no DESC LIMIT 1

-- name: note_commissioning
INSERT INTO commissioning_press (device_id, at, place, incident_id, by_user, person_confirmed, address_confirmed,
                                 voice, voice_reason)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: is_commissioned
-- Since it came to whoever has it now, or back from whoever had it last: a device issued again needs a new one.
SELECT EXISTS (SELECT FROM commissioning_press AS c
                WHERE c.device_id = $1 AND c.person_confirmed AND c.address_confirmed
                  AND c.at > coalesce((SELECT max(coalesce(to_at, from_at)) FROM device_holder WHERE device_id = $1),
                                       '-infinity'))

-- name: places
SELECT place, at, voice, voice_reason FROM commissioning_press
 WHERE device_id = $1
   AND at > coalesce((SELECT max(coalesce(to_at, from_at)) FROM device_holder WHERE device_id = $1), '-infinity')
 ORDER BY at LIMIT 100
