-- name: count_devices
-- A live device is silent after two of its own intervals (a day where it has none); read without locks.
SELECT kind, status, count(*)::int AS devices
  FROM (SELECT d.kind,
               CASE WHEN NOT d.registered THEN 'unregistered'
                    WHEN d.life <> 'live' THEN d.life
                    WHEN s.last_seen IS NULL THEN 'never_heard'
                    WHEN s.last_seen < $1::timestamptz - 2 * make_interval(secs => coalesce(d.interval_s, 43200)) THEN 'silent'
                    ELSE 'heard' END AS status
          FROM device AS d JOIN device_state AS s ON s.device_id = d.id
         WHERE d.device NOT LIKE 'canary:%') AS one
 GROUP BY kind, status
