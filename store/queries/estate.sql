-- name: count_devices
-- As the watch last found them; a device that nobody watches counts by its life. Read without locks.
SELECT kind, status, count(*)::int AS devices
  FROM (SELECT d.kind,
               CASE WHEN NOT d.registered THEN 'unregistered'
                    WHEN d.life NOT IN ('live', 'installed') THEN d.life
                    ELSE coalesce(v.status, 'new') END AS status
          FROM device AS d LEFT JOIN supervision AS v ON v.device_id = d.id
         WHERE d.device NOT LIKE 'canary:%') AS one
 GROUP BY kind, status
