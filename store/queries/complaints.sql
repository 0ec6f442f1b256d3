-- Complaints, and the holds that begin with them.

-- name: complaint
SELECT c.id, c.number, c.channel, c.subject, c.area::text AS area, c.resident_id, c.key_owner, c.sealed, k.wrapped,
       c.received_at, c.acknowledge_by, c.answer_by, c.acknowledged_at, c.answered_at, c.finding, c.made_by, c.made_at,
       c.version,
       coalesce((SELECT array_agg(x.incident_id ORDER BY x.incident_id) FROM complaint_case AS x
                  WHERE x.complaint_id = c.id), '{}') AS incidents
  FROM complaint AS c LEFT JOIN text_key AS k ON k.owner = c.key_owner

-- name: listed
 WHERE c.id > $1 AND (cardinality($2::text[]) = 0 OR c.area IS NULL OR c.area <@ $2::text[]::ltree[])
   AND ($3::boolean IS NULL OR (c.answered_at IS NULL) = $3)
   AND ($4::bigint IS NULL OR EXISTS (SELECT FROM complaint_case AS x WHERE x.complaint_id = c.id AND x.incident_id = $4))
 ORDER BY c.id LIMIT $5

-- name: one
 WHERE c.id = $1

-- name: lock
SELECT version FROM complaint WHERE id = $1 FOR UPDATE

-- name: next_id
SELECT nextval(pg_get_serial_sequence('complaint', 'id'))

-- name: number_of_day
-- One row a day: whoever comes second waits for the first.
INSERT INTO complaint_day (day, count) VALUES ($1, 1)
    ON CONFLICT (day) DO UPDATE SET count = complaint_day.count + 1 RETURNING count

-- name: add
INSERT INTO complaint (id, number, channel, subject, area, resident_id, key_owner, sealed, received_at, acknowledge_by,
                       answer_by, made_by, made_at)
OVERRIDING SYSTEM VALUE
VALUES ($1, $2, $3, $4, $5::text::ltree, $6, $7, $8, $9, $10, $11, $12, $13)

-- name: link
-- The hold stands before the link says so; a case that is linked already keeps its hold.
WITH hold AS (
    INSERT INTO legal_hold (author, reason, incident_id, from_at)
    SELECT $3, $4, i.id, $5 FROM incident AS i
     WHERE i.id = $2
       AND NOT EXISTS (SELECT FROM complaint_case AS x WHERE x.complaint_id = $1 AND x.incident_id = $2)
    RETURNING id
)
INSERT INTO complaint_case (complaint_id, incident_id, hold_id) SELECT $1, $2, id FROM hold RETURNING hold_id

-- name: change
-- Under the row's lock.
UPDATE complaint
   SET subject = $2, sealed = $3, acknowledged_at = $4, acknowledged_by = $5, answered_at = $6, answered_by = $7,
       finding = $8, version = version + 1
 WHERE id = $1

-- name: people
SELECT acknowledged_by, answered_by FROM complaint WHERE id = $1

-- name: area_of_cases
SELECT id, area::text AS area FROM incident WHERE id = ANY ($1::bigint[])
