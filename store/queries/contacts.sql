-- name: contact
SELECT c.id, c.resident_id, c.name, c.relation, c.role, c.rank, c.phone, c.phone_typed, c.email, c.languages,
       c.time_zone, c.channels, c.quiet_hours, c.version, p.area::text AS area,
       EXISTS (SELECT FROM consent AS k WHERE k.resident_id = c.resident_id AND k.purpose = 'family_sharing:' || c.id
                  AND k.withdrawn_at IS NULL) AS consented
  FROM contact AS c
  JOIN resident AS r ON r.id = c.resident_id
  LEFT JOIN premises AS p ON p.id = r.premises_id

-- name: contacts_listed
 WHERE c.id > $1 AND ($2::bigint IS NULL OR c.resident_id = $2)
   AND (cardinality($3::text[]::ltree[]) = 0 OR p.area IS NULL OR p.area <@ $3::text[]::ltree[])
 ORDER BY c.id LIMIT $4

-- name: contact_one
 WHERE c.id = $1

-- name: lock_contact
SELECT version FROM contact WHERE id = $1 FOR UPDATE

-- name: add_contact
INSERT INTO contact (resident_id, name, relation, role, rank, phone, phone_typed, email, languages, time_zone, channels,
                     quiet_hours)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::jsonb) RETURNING id

-- name: change_contact
-- Under the row's lock.
UPDATE contact
   SET name = $2, relation = $3, role = $4, rank = $5, phone = $6, phone_typed = $7, email = $8, languages = $9,
       time_zone = $10, channels = $11, quiet_hours = $12::jsonb, version = version + 1
 WHERE id = $1

-- name: consent
SELECT k.id, k.resident_id, k.contact_id, k.purpose, k.basis, k.given_by, k.how, k.text_version, k.given_at,
       k.withdrawn_at, p.area::text AS area
  FROM consent AS k
  LEFT JOIN resident AS r ON r.id = k.resident_id
  LEFT JOIN premises AS p ON p.id = r.premises_id

-- name: consents_listed
 WHERE k.id > $1 AND ($2::bigint IS NULL OR k.resident_id = $2)
   AND (cardinality($3::text[]::ltree[]) = 0 OR p.area IS NULL OR p.area <@ $3::text[]::ltree[])
 ORDER BY k.id LIMIT $4

-- name: consent_one
 WHERE k.id = $1

-- name: lock_consent
SELECT resident_id, withdrawn_at FROM consent WHERE id = $1 FOR UPDATE

-- name: add_consent
INSERT INTO consent (resident_id, contact_id, purpose, basis, given_by, how, text_version, given_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id

-- name: withdraw
UPDATE consent SET withdrawn_at = $2 WHERE id = $1

-- name: resident_of_contact
SELECT resident_id FROM contact WHERE id = $1

-- name: area_of_resident
SELECT p.area::text FROM resident AS r LEFT JOIN premises AS p ON p.id = r.premises_id WHERE r.id = $1
