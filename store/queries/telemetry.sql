-- name: registered_devices
SELECT device, id FROM device WHERE device = ANY ($1) AND registered

-- name: insert_readings
-- Straight into the day's table. Its unique index makes two gateways with copies of one reading queue; the second
-- does nothing. Older copies are looked for in the two days before, whose indexes nobody writes any more.
INSERT INTO {today} (received_at, at, digest, device_id, late, type, event_id, data)
SELECT 'epoch'::timestamptz + n.received_us * interval '1 us', 'epoch'::timestamptz + n.at_us * interval '1 us',
       n.digest, n.device_id, n.late, n.type, n.event_id, n.data::jsonb
  FROM unnest($1::text::bigint[], $2::text::bigint[], $3::text::bigint[], $4::text::int[], $5::text::boolean[],
              string_to_array($6, E'\n'), string_to_array($7, E'\n'), string_to_array($8, E'\n'))
       AS n (received_us, at_us, digest, device_id, late, type, event_id, data)
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
SELECT n.device_id, n.event_id, n.digest, n.type, 'epoch'::timestamptz + n.at_us * interval '1 us',
       t.received_at, t.received_at, CASE WHEN n.late THEN '{late}'::text[] ELSE '{}' END, 'routine', n.data::jsonb
  FROM unnest($1::text::bigint[], $2::text::bigint[], $3::text::bigint[], $4::text::int[], $5::text::boolean[],
              string_to_array($6, E'\n'), string_to_array($7, E'\n'), string_to_array($8, E'\n'))
       AS n (received_us, at_us, digest, device_id, late, type, event_id, data)
 CROSS JOIN LATERAL (SELECT 'epoch'::timestamptz + n.received_us * interval '1 us' AS received_at) AS t
    ON CONFLICT DO NOTHING

-- name: states_before
SELECT n.position
  FROM unnest($1::int[], $2::text[], $3::bigint[], $4::timestamptz[])
       WITH ORDINALITY AS n (device_id, event_id, digest, received_at, position)
  JOIN event AS o ON o.device_id = n.device_id AND o.event_id = n.event_id AND o.digest = n.digest
 WHERE o.received_at <> n.received_at

-- name: move_states
-- Sorted by device id, so that two lanes lock in one order. `last_seen` guards: late is not new (invariant 11).
-- Without `seen_at` only the broker spoke of the device: `online` moves, and nothing proves that it is alive.
UPDATE device_state AS s
   SET last_seen = coalesce(n.seen_at, s.last_seen),
       battery_pct = coalesce(n.battery_pct, s.battery_pct),
       lat = coalesce(n.lat, s.lat), lon = coalesce(n.lon, s.lon),
       accuracy_m = CASE WHEN n.lat IS NULL THEN s.accuracy_m ELSE n.accuracy_m END,
       fix_at = CASE WHEN n.lat IS NULL THEN s.fix_at ELSE n.seen_at END,
       clock_ok_at = CASE WHEN n.clock_ok THEN n.seen_at ELSE s.clock_ok_at END,
       online = coalesce(n.online, s.online),
       version = s.version + 1
  FROM (SELECT u.device_id, 'epoch'::timestamptz + u.seen_us * interval '1 us' AS seen_at, u.battery_pct, u.lat, u.lon,
               u.accuracy_m, u.clock_ok, u.online
          FROM unnest($1::text::int[], $2::text::bigint[], $3::text::real[], $4::text::float8[], $5::text::float8[],
                      $6::text::real[], $7::text::boolean[], $8::text::boolean[])
               AS u (device_id, seen_us, battery_pct, lat, lon, accuracy_m, clock_ok, online)) AS n
 WHERE s.device_id = n.device_id AND (s.last_seen IS NULL OR n.seen_at IS NULL OR s.last_seen <= n.seen_at)
