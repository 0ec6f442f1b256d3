-- name: of_device
-- Read in the alarm's own transaction, without locks: what decides under a lock is read again there.
SELECT d.id, d.kind, d.life, d.registered, d.wearer, s.clock_ok_at, s.lat, s.lon, s.accuracy_m, s.fix_at,
       h.resident_id, p.id AS premises_id, r.status, r.tags, r.ability, r.communication,
       p.lat AS home_lat, p.lon AS home_lon, coalesce(p.area, d.area)::text AS area,
       (SELECT coalesce(t.types, '{*}') FROM test_mode AS t
         WHERE t.device_id = d.id AND t.from_at <= $2 AND t.until_at > $2 LIMIT 1) AS test_types,
       (SELECT array_agg(DISTINCT tag) FROM resident AS x, unnest(x.tags) AS tag WHERE x.premises_id = p.id) AS home_tags,
       (SELECT max(x.ability) FROM resident AS x WHERE x.premises_id = p.id) AS home_ability,
       EXISTS (SELECT FROM device_holder AS oh JOIN device_state AS os ON os.device_id = oh.device_id
                WHERE oh.premises_id = p.id AND oh.to_at IS NULL AND oh.device_id <> d.id
                  AND os.open && '{smoke,heat,fire}') AS other_fire_sign,
       -- Of everybody it is about: the person of one that is worn; of a shared one the home, or each who lives there.
       coalesce((SELECT min(a.id) FROM absence AS a
                  WHERE a.ended_at IS NULL AND a.from_at <= $2 AND a.until_at > $2
                    AND (a.resident_id = h.resident_id OR a.premises_id = p.id)),
                (SELECT min(a.id) FROM absence AS a JOIN resident AS x ON x.id = a.resident_id
                  WHERE d.wearer = 'shared' AND x.premises_id = p.id AND a.ended_at IS NULL
                    AND a.from_at <= $2 AND a.until_at > $2
                    AND NOT EXISTS (SELECT FROM resident AS y
                                     WHERE y.premises_id = p.id AND y.status NOT IN ('moved', 'died', 'left_service')
                                       AND NOT EXISTS (SELECT FROM absence AS b WHERE b.resident_id = y.id
                                                          AND b.ended_at IS NULL AND b.from_at <= $2
                                                          AND b.until_at > $2)))) AS absence_id,
       (SELECT version FROM policy WHERE state = 'active') AS policy_version,
       f.desks_on_duty, f.every_desk_holds_p1
  FROM device AS d
  JOIN device_state AS s ON s.device_id = d.id
  LEFT JOIN device_holder AS h ON h.device_id = d.id AND h.to_at IS NULL
  LEFT JOIN resident AS r ON r.id = h.resident_id
  LEFT JOIN premises AS p ON p.id = coalesce(h.premises_id, r.premises_id)
 CROSS JOIN LATERAL (
       -- Desks that see the case: one of another area cannot take it.
       SELECT count(*)::int AS desks_on_duty,
              coalesce(bool_and(EXISTS (SELECT FROM incident AS i WHERE i.claimed_by = u.user_id AND i.priority = 1
                                           AND i.lease_until IS NOT NULL)), false) AS every_desk_holds_p1
         FROM desk_present AS u JOIN app_user AS du ON du.id = u.user_id
        WHERE du.disabled_at IS NULL
          AND (du.areas = '{}' OR coalesce(p.area, d.area) IS NULL OR coalesce(p.area, d.area) <@ ANY (du.areas))) AS f
 WHERE d.device = $1

-- name: meet_device
-- Two gateways meeting one stranger: the second waits for the first's commit and finds the row there.
INSERT INTO device (device, registered, created_at) VALUES ($1, false, $2) ON CONFLICT (device) DO NOTHING

-- name: floor
-- Desks that see what happens in this area, `$1`; null: everywhere, or nobody knows where.
SELECT count(*)::int AS desks_on_duty,
       coalesce(bool_and(EXISTS (SELECT FROM incident AS i WHERE i.claimed_by = u.user_id AND i.priority = 1
                                    AND i.lease_until IS NOT NULL)), false) AS every_desk_holds_p1
  FROM desk_present AS u JOIN app_user AS du ON du.id = u.user_id
 WHERE du.disabled_at IS NULL
   AND (du.areas = '{}' OR $1::text::ltree IS NULL OR $1::text::ltree <@ ANY (du.areas))
