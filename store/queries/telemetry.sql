-- name: registered_devices
SELECT device, id FROM device WHERE device = ANY ($1) AND registered

-- name: insert_readings
-- Straight into the day's table. Its unique index makes two gateways with copies of one reading queue; the second
-- does nothing. Older copies are looked for in the two days before, whose indexes nobody writes any more.
INSERT INTO {today} (received_at, at, digest, device_id, late, type, event_id, data)
SELECT n.received_at, n.at, n.digest, n.device_id, n.late, n.type, n.event_id, n.data::jsonb
  FROM unnest($1::timestamptz[], $2::timestamptz[], $3::bigint[], $4::int[], $5::boolean[], $6::text[], $7::text[],
              $8::text[]) AS n (received_at, at, digest, device_id, late, type, event_id, data)
 WHERE NOT EXISTS (SELECT FROM {yesterday} AS o
                    WHERE o.device_id = n.device_id AND o.event_id = n.event_id AND o.digest = n.digest)
   AND NOT EXISTS (SELECT FROM {day_before} AS o
                    WHERE o.device_id = n.device_id AND o.event_id = n.event_id AND o.digest = n.digest)
    ON CONFLICT DO NOTHING

-- name: readings_before
-- Which of a batch were there before it: same identity, other receipt. Read only when some were.
SELECT n.position
  FROM unnest($1::int[], $2::text[], $3::bigint[], $4::timestamptz[])
       WITH ORDINALITY AS n (device_id, event_id, digest, received_at, position)
 WHERE EXISTS (SELECT FROM reading AS o
                WHERE o.device_id = n.device_id AND o.event_id = n.event_id AND o.digest = n.digest
                  AND o.received_at <> n.received_at
                  AND o.received_at > n.received_at - interval '3 days' AND o.received_at < n.received_at + interval '1 day')

-- name: insert_states
-- Beside the alarms, same strict key. Rows of one batch come in one statement, so no lock is held across a round trip.
INSERT INTO event (device_id, event_id, digest, type, at, received_at, last_copy_at, marks, decision, data)
SELECT n.device_id, n.event_id, n.digest, n.type, n.at, n.received_at, n.received_at,
       CASE WHEN n.late THEN '{late}'::text[] ELSE '{}' END, 'routine', n.data::jsonb
  FROM unnest($1::timestamptz[], $2::timestamptz[], $3::bigint[], $4::int[], $5::boolean[], $6::text[], $7::text[],
              $8::text[]) AS n (received_at, at, digest, device_id, late, type, event_id, data)
    ON CONFLICT DO NOTHING

-- name: states_before
SELECT n.position
  FROM unnest($1::int[], $2::text[], $3::bigint[], $4::timestamptz[])
       WITH ORDINALITY AS n (device_id, event_id, digest, received_at, position)
  JOIN event AS o ON o.device_id = n.device_id AND o.event_id = n.event_id AND o.digest = n.digest
 WHERE o.received_at <> n.received_at

-- name: move_states
-- Sorted by device id, so that two lanes lock in one order. `last_seen` guards: late is not new (invariant 11).
UPDATE device_state AS s
   SET last_seen = n.seen_at,
       battery_pct = coalesce(n.battery_pct, s.battery_pct),
       lat = coalesce(n.lat, s.lat), lon = coalesce(n.lon, s.lon),
       accuracy_m = CASE WHEN n.lat IS NULL THEN s.accuracy_m ELSE n.accuracy_m END,
       fix_at = CASE WHEN n.lat IS NULL THEN s.fix_at ELSE n.seen_at END,
       clock_ok_at = CASE WHEN n.clock_ok THEN n.seen_at ELSE s.clock_ok_at END,
       online = coalesce(n.online, s.online),
       version = s.version + 1
  FROM unnest($1::int[], $2::timestamptz[], $3::real[], $4::float8[], $5::float8[], $6::real[], $7::boolean[],
              $8::boolean[]) AS n (device_id, seen_at, battery_pct, lat, lon, accuracy_m, clock_ok, online)
 WHERE s.device_id = n.device_id AND (s.last_seen IS NULL OR s.last_seen <= n.seen_at)
