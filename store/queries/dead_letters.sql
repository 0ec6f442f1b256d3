-- name: bury
-- The unique key makes two buriers of equal bytes queue; both are counted. Written in key order within a transaction.
-- Somebody may have registered its device since it was looked for: whoever did so did not see this letter, so it asks
-- to be used by itself.
INSERT INTO dead_letter (device, topic, source, lane, reason, detail, payload, payload_hash, decoder, retained, count,
                         first_at, last_at, incident_id, replay_asked_at)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13, n.asked_at
  FROM (SELECT CASE WHEN $5 = 'unknown_device' AND EXISTS (SELECT FROM device WHERE device = $1 AND registered)
                    THEN $12::timestamptz END AS asked_at) AS n
    ON CONFLICT (device, topic, payload_hash) DO UPDATE
   SET count = dead_letter.count + excluded.count, last_at = excluded.last_at, reason = excluded.reason,
       detail = excluded.detail, decoder = excluded.decoder,
       replay_asked_at = coalesce(dead_letter.replay_asked_at, excluded.replay_asked_at),
       incident_id = coalesce(excluded.incident_id, dead_letter.incident_id)
RETURNING id, incident_id

-- name: suspect
-- One statement and one commit for a window; sorted, so that two lanes' rows are locked in one order.
INSERT INTO suspect (lane, digest, last_at) SELECT $1, d, $3 FROM unnest($2::bytea[]) AS d
    ON CONFLICT (lane, digest) DO UPDATE SET noted = suspect.noted + 1, last_at = excluded.last_at
RETURNING digest, noted

-- name: noted_before
SELECT digest, noted FROM suspect WHERE lane = $1 AND digest = ANY ($2)

-- name: clear_suspects
DELETE FROM suspect WHERE lane = $1 AND digest = ANY ($2)
