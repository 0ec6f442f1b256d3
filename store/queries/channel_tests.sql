-- name: one_at_a_time
-- Of several engines one begins a test.
SELECT pg_advisory_xact_lock(7340227)

-- name: begun_since
SELECT EXISTS (SELECT FROM channel_test WHERE channel = $1 AND begun_at > $2)

-- name: begun
INSERT INTO channel_test (channel, kind, outbox_id, recipient, begun_at, ended_at, passed, reason)
VALUES ($1, $2, (SELECT id FROM outbox WHERE key = $3), $4, $5, $6, $7, $8)

-- name: last
-- Of each channel its last test, and when it last passed.
-- Asked of each channel, not of each test: there are hundreds a year, and this is read twice a minute.
SELECT t.*, (SELECT max(ended_at) FROM channel_test AS p WHERE p.channel = t.channel AND p.passed) AS passed_at
  FROM (SELECT DISTINCT ON (channel) channel, kind, begun_at, ended_at, passed, reason
          FROM channel_test ORDER BY channel, begun_at DESC, id DESC) AS t

-- name: of_notice
SELECT id, channel, kind FROM channel_test WHERE outbox_id = $1 AND ended_at IS NULL FOR UPDATE

-- name: end_test
UPDATE channel_test SET ended_at = $2, passed = $3, reason = $4 WHERE id = $1

-- name: overdue
SELECT id, channel, kind FROM channel_test WHERE ended_at IS NULL AND begun_at <= $1 FOR UPDATE SKIP LOCKED

-- name: whom_to_ring
-- The number that the P1 chain ends in: the on-call list's, in turn, so that each is tried over the days.
SELECT 'user:' || u.id AS recipient FROM shift AS s JOIN app_user AS u ON u.id = s.user_id
 WHERE s.role IN ('on_call', 'county_duty') AND s.cancelled_at IS NULL AND s.from_at <= $1 AND s.to_at > $1
   AND u.disabled_at IS NULL AND u.phone IS NOT NULL
 ORDER BY s.role = 'on_call' DESC,
          (SELECT max(begun_at) FROM channel_test AS t WHERE t.recipient = 'user:' || u.id AND t.kind = 'voice') NULLS FIRST,
          s.rank, u.id
 LIMIT 1

-- name: whom_to_tell
-- Somebody on duty whom this kind of channel can reach.
SELECT 'user:' || u.id AS recipient FROM app_user AS u
 WHERE u.disabled_at IS NULL AND CASE WHEN $2 = 'email' THEN u.email ELSE u.phone END IS NOT NULL
   AND (EXISTS (SELECT FROM desk_present AS d WHERE d.user_id = u.id)
        OR EXISTS (SELECT FROM shift AS s WHERE s.user_id = u.id AND s.cancelled_at IS NULL AND s.from_at <= $1 AND s.to_at > $1))
 ORDER BY u.role = 'supervisor' DESC, u.id
 LIMIT 1

-- name: chain_end
-- In what the P1 chain ends: somebody on call with a number, and a voice call that reached a person within a day.
SELECT EXISTS (SELECT FROM demonstration) AS demonstration,
       EXISTS (SELECT FROM shift AS s JOIN app_user AS u ON u.id = s.user_id
                WHERE s.role = 'on_call' AND s.cancelled_at IS NULL AND s.from_at <= $1 AND s.to_at > $1
                  AND u.disabled_at IS NULL AND u.phone IS NOT NULL) AS on_call,
       (SELECT max(t.ended_at)
          FROM channel_test AS t
          LEFT JOIN (SELECT channel, max(begun_at) AS at FROM channel_test WHERE passed = false GROUP BY channel) AS f
                 ON f.channel = t.channel
         WHERE t.kind = 'voice' AND t.passed AND (f.at IS NULL OR f.at <= t.begun_at)) AS passed_at

-- name: is_demonstration
INSERT INTO demonstration (since) VALUES ($1) ON CONFLICT DO NOTHING

-- name: is_real
DELETE FROM demonstration
