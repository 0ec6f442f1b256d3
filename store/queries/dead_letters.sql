-- name: bury
-- The unique key makes two buriers of equal bytes queue; both are counted. Written in key order within a transaction.
INSERT INTO dead_letter (device, topic, source, lane, reason, detail, payload, payload_hash, decoder, retained, count,
                         first_at, last_at, incident_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13)
    ON CONFLICT (device, topic, payload_hash) DO UPDATE
   SET count = dead_letter.count + excluded.count, last_at = excluded.last_at, reason = excluded.reason,
       detail = excluded.detail, decoder = excluded.decoder,
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
