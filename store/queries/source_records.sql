-- name: name_sources
-- Those that a gateway's settings name; sorted, so that two gateways' rows are locked in one order.
INSERT INTO source (name) SELECT n FROM unnest($1::text[]) AS n ORDER BY n
    ON CONFLICT (name) DO NOTHING

-- name: listed
SELECT id, name, vendor, vendor_phone, commissioning_until, version FROM source WHERE id > $1 ORDER BY id LIMIT $2

-- name: one
SELECT id, name, vendor, vendor_phone, commissioning_until, version FROM source WHERE id = $1

-- name: lock
SELECT version FROM source WHERE id = $1 FOR UPDATE

-- name: change
-- Under the row's lock.
UPDATE source
   SET vendor = $2, vendor_phone = $3, vendor_phone_typed = $4, commissioning_until = $5, version = version + 1
 WHERE id = $1

-- name: of_unregistered
-- By which sources the callers of a case came that nobody registered, and whom to ring about them.
SELECT DISTINCT c.source, coalesce(s.vendor, '') AS vendor, s.vendor_phone
  FROM event AS e
  JOIN unregistered_caller AS c ON c.device_id = e.device_id
  LEFT JOIN source AS s ON s.name = c.source
 WHERE e.incident_id = $1 AND 'unregistered' = ANY (e.marks)
 ORDER BY c.source
