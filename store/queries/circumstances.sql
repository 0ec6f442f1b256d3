-- name: waters
-- Every water somebody drew: few, and asked only when somebody wanders.
SELECT shape FROM fence WHERE kind = 'water' AND ended_at IS NULL LIMIT 5000

-- name: bounds_and_before
-- A resident's bounds, what is known of their readings, and what the device called for shortly before; no lock: one
-- press is assessed by what is committed.
SELECT b.bounds, s.state,
       ARRAY(SELECT e.data -> 'vitals' FROM event AS e
              WHERE e.device_id = $1 AND e.type = 'medical' AND e.received_at >= $3 AND e.data ? 'vitals'
              ORDER BY e.no DESC LIMIT 5) AS said
  FROM vital_bounds AS b
  LEFT JOIN detector_state AS s ON s.detector = 'vitals' AND s.owner_id = $1 AND s.part_id = $2
 WHERE b.resident_id = $2

-- name: is_removed
SELECT 'removed' = ANY (open) FROM device_state WHERE device_id = $1
