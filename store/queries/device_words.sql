-- name: move_state
-- `open` follows the device's own words; the rest only moves forward in order of receipt (invariant 11). Without $2 a
-- broker spoke of what was said before: that proves no life. What the device has said the opposite of since, by its own
-- clock ($10, $11), changes no condition: as in `said_since`.
UPDATE device_state
   SET last_seen = greatest(last_seen, $2),
       battery_pct = coalesce($3, battery_pct),
       lat = coalesce($4, lat), lon = coalesce($5, lon),
       accuracy_m = CASE WHEN $4::float8 IS NULL THEN accuracy_m ELSE $6 END,
       fix_at = CASE WHEN $4::float8 IS NULL THEN fix_at ELSE $2 END,
       clock_ok_at = CASE WHEN $7 THEN greatest(clock_ok_at, $2) ELSE clock_ok_at END,
       open = CASE WHEN EXISTS (SELECT FROM event
                                 WHERE device_id = $1 AND type = $10 AND at > $11 AND NOT marks @> '{clock_wrong}')
                   THEN open
                   ELSE (SELECT coalesce(array_agg(DISTINCT c ORDER BY c), '{}')
                           FROM unnest(open || $8::text[]) AS c WHERE c <> ALL ($9::text[])) END,
       version = version + 1
 WHERE device_id = $1

-- name: said_since
-- Whether the device has said the opposite about a condition, by its own clock, after this word. A time that lies
-- orders nothing.
SELECT EXISTS (SELECT FROM event WHERE device_id = $1 AND type = $2 AND at > $3 AND NOT marks @> '{clock_wrong}')
