-- The registers: areas, premises, residents, devices and who has them.

-- name: areas
SELECT id, path::text AS path, name, name_en, police, fire, ambulance, numbers_tested_at, is_country, version
  FROM area
 WHERE path::text > $1 AND (cardinality($2::text[]::ltree[]) = 0 OR path <@ $2::text[]::ltree[])
 ORDER BY path::text
 LIMIT $3

-- name: area_of_id
SELECT id, path::text AS path, name, name_en, police, fire, ambulance, numbers_tested_at, is_country, version
  FROM area WHERE id = $1

-- name: area_id
SELECT id FROM area WHERE path = $1::text::ltree

-- name: lock_area
SELECT version FROM area WHERE id = $1 FOR UPDATE

-- name: change_area
-- Under the row's lock.
UPDATE area SET name = $2, name_en = $3, police = $4, fire = $5, ambulance = $6, numbers_tested_at = $7, is_country = $8,
                version = version + 1
 WHERE id = $1

-- name: delete_area
DELETE FROM area WHERE id = $1

-- name: area_has_children
SELECT EXISTS (SELECT FROM area AS c JOIN area AS a ON c.path <@ a.path AND c.path <> a.path WHERE a.id = $1)

-- name: make_area
-- Unknown areas are made, with everything above them; whoever made one first is right.
INSERT INTO area (path)
SELECT subpath($1::text::ltree, 0, n) FROM generate_series(1, nlevel($1::text::ltree)) n
ON CONFLICT (path) DO NOTHING

-- name: premises
SELECT p.id, p.address, p.parts, p.area::text AS area, p.lat, p.lon, p.hazards, p.version, p.created_at,
       p.ended_at, (SELECT count(*) FROM resident r WHERE r.premises_id = p.id) AS residents
  FROM premises p

-- name: premises_listed
 WHERE p.id > $1 AND p.ended_at IS NULL
   AND (cardinality($2::text[]::ltree[]) = 0 OR p.area IS NULL OR p.area <@ $2::text[]::ltree[])
   AND ($3::text::ltree IS NULL OR p.area <@ $3::text::ltree) AND ($4::text IS NULL OR p.address LIKE '%' || $4 || '%')
 ORDER BY p.id LIMIT $5

-- name: premises_one
 WHERE p.id = $1

-- name: lock_premises
SELECT version FROM premises WHERE id = $1 FOR NO KEY UPDATE

-- name: add_premises
INSERT INTO premises (address, parts, area, lat, lon, hazards, created_at)
VALUES ($1, $2, $3::text::ltree, $4, $5, $6, $7) RETURNING id

-- name: change_premises
UPDATE premises SET address = $2, parts = $3, area = $4::text::ltree, lat = $5, lon = $6, hazards = $7, version = version + 1
 WHERE id = $1

-- name: premises_at
-- The home of an address as typed, in the same area or in none.
SELECT id, area::text AS area FROM premises
 WHERE address = $1 AND ended_at IS NULL AND ($2::text IS NULL OR area IS NULL OR area = $2::text::ltree) ORDER BY area IS NULL, id LIMIT 1

-- name: place_premises
-- An import fills what was empty and never overwrites a place somebody corrected.
UPDATE premises
   SET area = coalesce(area, $2::text::ltree), lat = coalesce(lat, $3), lon = coalesce(lon, $4), version = version + 1
 WHERE id = $1 AND ((area IS NULL AND $2::text IS NOT NULL) OR (lat IS NULL AND $3::float8 IS NOT NULL))

-- name: resident
SELECT r.id, r.ref, r.name, r.also_called, r.status, r.premises_id, r.birth_date, r.tags, r.ability, r.phone,
       r.phone_typed, r.communication, r.version, r.created_at, r.search, r.notes_sealed,
       r.identity_sealed IS NOT NULL AS has_identity, p.address, p.area::text AS area
  FROM resident r
  LEFT JOIN premises p ON p.id = r.premises_id

-- name: residents_listed
 WHERE r.id > $1 AND (cardinality($2::text[]::ltree[]) = 0 OR p.area IS NULL OR p.area <@ $2::text[]::ltree[])
   AND ($3::text::ltree IS NULL OR p.area <@ $3::text::ltree)
   AND ($4::text IS NULL OR r.search LIKE '%' || lower($4) || '%' OR r.name LIKE '%' || $4 || '%' OR r.ref LIKE $4)
   AND ($5::text IS NULL OR r.status = $5)
   AND ($6::bigint IS NULL OR r.premises_id = $6)
 ORDER BY r.id LIMIT $7

-- name: resident_one
 WHERE r.id = $1

-- name: lock_resident
SELECT version, status FROM resident WHERE id = $1 FOR NO KEY UPDATE

-- name: add_resident
INSERT INTO resident (ref, name, search, also_called, status, premises_id, birth_date, tags, ability, phone, phone_typed,
                      communication, identity_sealed, identity_hash, notes_sealed, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) RETURNING id

-- name: change_resident
-- Under the row's lock.
UPDATE resident
   SET ref = $2, name = $3, search = $4, also_called = $5, status = $6, premises_id = $7, birth_date = $8, tags = $9,
       ability = $10, phone = $11, phone_typed = $12, communication = $13,
       identity_sealed = coalesce($14, identity_sealed), identity_hash = coalesce($15, identity_hash),
       notes_sealed = coalesce($16, notes_sealed), version = version + 1
 WHERE id = $1

-- name: note_status
INSERT INTO resident_status (resident_id, from_at, status, expected_end, source, confirmed_by, second_user)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (resident_id, from_at) DO NOTHING

-- name: contacts
SELECT id, name, relation, role, rank, phone, phone_typed, languages, time_zone, channels
  FROM contact WHERE resident_id = ANY($1::bigint[]) ORDER BY rank, id

-- name: resident_by_ref
SELECT id FROM resident WHERE ref = $1

-- name: resident_certain
-- Name, birth date and address together are one resident (centre.md, 13); another number of the buyer's is another person.
SELECT id FROM resident
 WHERE name = $1 AND birth_date = $2 AND premises_id = $3 AND (ref IS NULL OR $4::text IS NULL OR ref = $4)
 ORDER BY id LIMIT 1

-- name: resident_with_device
-- Who has this device already, if the name, the address and what is known of the birth date agree.
SELECT r.id FROM device_holder h JOIN resident r ON r.id = h.resident_id
 WHERE h.device_id = $1 AND h.to_at IS NULL AND r.name = $2 AND r.premises_id IS NOT DISTINCT FROM $3
   AND ($4::text IS NULL OR r.birth_date IS NULL OR r.birth_date = $4)

-- name: residents_alike
-- Same name at the same address: a proposal, never one resident by itself.
SELECT id FROM resident WHERE name = $1 AND premises_id = $2 AND id <> $3 ORDER BY id LIMIT 5

-- name: fill_resident
-- An import fills what was empty; what somebody typed since stays.
UPDATE resident
   SET ref = coalesce(ref, $2), birth_date = coalesce(birth_date, $3), premises_id = coalesce(premises_id, $4),
       ability = coalesce(ability, $5), phone = coalesce(phone, $6), phone_typed = coalesce(phone_typed, $7),
       tags = ARRAY(SELECT DISTINCT unnest(tags || $8::text[]) ORDER BY 1), search = search || ' ' || $9, version = version + 1
 WHERE id = $1
   AND ((ref IS NULL AND $2::text IS NOT NULL) OR (birth_date IS NULL AND $3::text IS NOT NULL)
        OR (premises_id IS NULL AND $4::bigint IS NOT NULL) OR (ability IS NULL AND $5::smallint IS NOT NULL)
        OR (phone IS NULL AND $6::text IS NOT NULL) OR NOT tags @> $8::text[])
RETURNING id

-- name: device
-- Its area is that of the home where it is now, as in its cases; its own speaks only where it is nowhere.
SELECT d.id, d.device, d.kind, d.source, d.model, d.interval_s, d.wearer, d.life, d.registered, d.area::text AS own_area,
       coalesce(p.area, d.area)::text AS area, d.sim_number, d.version, d.created_at, h.resident_id, h.premises_id,
       h.from_at AS held_since, r.name AS resident_name, p.address, s.last_seen, s.online, s.battery_pct, s.open,
       v.status AS watch_status
  FROM device d
  LEFT JOIN device_holder h ON h.device_id = d.id AND h.to_at IS NULL
  LEFT JOIN resident r ON r.id = h.resident_id
  LEFT JOIN premises p ON p.id = coalesce(h.premises_id, r.premises_id)
  LEFT JOIN device_state s ON s.device_id = d.id
  LEFT JOIN supervision v ON v.device_id = d.id

-- name: devices_listed
 WHERE d.id > $1 AND (cardinality($2::text[]::ltree[]) = 0 OR coalesce(p.area, d.area) IS NULL OR coalesce(p.area, d.area) <@ $2::text[]::ltree[])
   AND ($3::text::ltree IS NULL OR coalesce(p.area, d.area) <@ $3::text::ltree)
   AND ($4::text IS NULL OR d.kind = $4) AND ($5::text IS NULL OR d.device LIKE $5 || '%')
   AND ($6::boolean IS NULL OR d.registered = $6)
   AND ($7::bigint IS NULL OR h.resident_id = $7) AND ($8::bigint IS NULL OR h.premises_id = $8)
 ORDER BY d.id LIMIT $9

-- name: device_one
 WHERE d.id = $1

-- name: devices_of_ids
 WHERE d.id = ANY($1::int[])

-- name: devices_around
-- What stands in a home or is held by one of these people.
 WHERE d.id = $1 OR h.premises_id = $2 OR h.resident_id = ANY($3::bigint[]) ORDER BY d.id

-- name: lock_device
-- NO KEY UPDATE, here and below: an alarm refers to these rows, and must not wait for whoever edits one.
SELECT id, device, version, registered, life FROM device WHERE id = $1 FOR NO KEY UPDATE

-- name: lock_device_named
SELECT id, version, registered FROM device WHERE device = $1 FOR NO KEY UPDATE

-- name: add_device
INSERT INTO device (device, kind, source, model, interval_s, wearer, life, area, sim_number, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8::text::ltree, $9, $10) ON CONFLICT (device) DO NOTHING RETURNING id

-- name: change_device
-- Under the row's lock; a device known only by its alarms becomes registered.
UPDATE device
   SET kind = $2, source = $3, model = $4, interval_s = $5, wearer = $6, life = $7, area = $8::text::ltree,
       sim_number = $9, registered = true, version = version + 1
 WHERE id = $1

-- name: holder_now
SELECT resident_id, premises_id FROM device_holder WHERE device_id = $1 AND to_at IS NULL

-- name: had_no_holder
-- Under the device's lock: whether nobody ever had it.
SELECT NOT EXISTS (SELECT FROM device_holder WHERE device_id = $1)

-- name: end_holder
-- Who has a device is a dated row: events keep the person they belonged to (centre.md, 16).
UPDATE device_holder SET to_at = $2 WHERE device_id = $1 AND to_at IS NULL

-- name: forget_state
-- Under the device's lock: who gets a device now gets nothing of who had it before.
UPDATE device_state
   SET battery_pct = NULL, lat = NULL, lon = NULL, accuracy_m = NULL, fix_at = NULL, open = '{}', version = version + 1
 WHERE device_id = $1

-- name: forget_hub
-- The same: what carried it there does not carry it here, and its outages are not theirs.
UPDATE device SET hub_id = NULL WHERE id = $1 AND hub_id IS NOT NULL

-- name: begin_holder
INSERT INTO device_holder (device_id, from_at, resident_id, premises_id) VALUES ($1, $2, $3, $4)

-- name: dead_letters
SELECT id, device, topic, source, lane, reason, detail, decoder, retained, count, first_at, last_at, replayed_at,
       replay_asked_at IS NOT NULL AS is_replay_asked, replay_result, incident_id, length(payload) AS size_bytes
  FROM dead_letter
 WHERE ($1::timestamptz IS NULL OR (last_at, id) < ($1, $2::bigint)) AND ($3::text IS NULL OR reason = $3)
   AND ($4::text IS NULL OR device = $4)
 ORDER BY last_at DESC, id DESC LIMIT $5
