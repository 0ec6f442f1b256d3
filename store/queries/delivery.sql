-- name: only_one
-- One leases at a time, over all engines: rates and the minute between two calls are counted over all of them.
SELECT pg_try_advisory_xact_lock(7340226)

-- name: candidates
-- What is due, P1 first; also what a sender took and never told of. Rows in other hands are skipped. A few of each
-- person come before many of one: who may be rung once a minute for hundreds of cases hides nobody else's page.
WITH due AS (
    SELECT id, row_number() OVER (PARTITION BY recipient ORDER BY priority, due_at, id) AS turn FROM outbox
     WHERE state IN ('waiting', 'leased') AND CASE WHEN state = 'waiting' THEN due_at ELSE leased_until END <= $1
)
SELECT o.id, o.key, o.incident_id, o.assignment_id, o.recipient, o.purpose, o.priority, o.facts, o.not_after, o.made_at,
       o.state = 'leased' AS lost, o.perhaps_sent OR coalesce(o.result = 'answer_lost', false) AS perhaps_sent,
       o.result, o.attempts, o.failures, o.tried, o.channel, o.round_over, o.said_with,
       i.state AS incident_state, coalesce(i.claimed_by IS NOT NULL, false) AS attended,
       EXISTS (SELECT FROM outbox AS h WHERE h.incident_id = o.incident_id AND h.purpose = 'escalation'
                  AND h.answer = 'take' AND NOT h.round_over AND h.ended_at > $1 - make_interval(secs => $3)) AS heard,
       a.state AS assignment_state, a.standby_at,
       u.id AS user_id, u.role AS user_role, u.disabled_at IS NOT NULL AS disabled,
       d.user_id IS NOT NULL AS present, coalesce(s.roles, '{}') AS shift_roles, coalesce(s.ranks, '{}') AS shift_ranks,
       c.id AS contact_id, c.role AS contact_role, c.quiet_hours, c.time_zone, r.status AS resident_status,
       EXISTS (SELECT FROM consent AS k
                WHERE k.purpose = 'family_sharing:' || c.id AND k.resident_id = c.resident_id AND k.given_at <= $1
                  AND (k.withdrawn_at IS NULL OR k.withdrawn_at > $1)) AS consented,
       EXISTS (SELECT FROM contact AS n JOIN resident AS m ON m.id = n.resident_id
                WHERE n.role = 'barred' AND n.phone = coalesce(c.phone, p.phone)
                  AND (n.resident_id = i.resident_id OR m.premises_id = i.premises_id)) AS barred_number,
       p.id AS responder_id, p.status AS responder_status,
       EXISTS (SELECT FROM responder_absence AS b WHERE b.responder_id = p.id AND b.cancelled_at IS NULL
                  AND b.from_at <= $1 AND (b.to_at IS NULL OR b.to_at > $1)) AS absent,
       coalesce(u.phone, c.phone, p.phone) AS phone, coalesce(u.email, c.email, p.email) AS email,
       coalesce(u.channels, c.channels, p.channels, '{}') AS channels,
       coalesce(u.language, c.languages[1], p.languages[1], 'zh-CN') AS language
  FROM outbox AS o
  JOIN due AS t ON t.id = o.id
  LEFT JOIN incident AS i ON i.id = o.incident_id
  LEFT JOIN assignment AS a ON a.id = o.assignment_id
  LEFT JOIN app_user AS u ON u.id = CASE WHEN o.recipient ~ '^user:[0-9]{1,18}$' THEN split_part(o.recipient, ':', 2)::bigint END
  LEFT JOIN desk_present AS d ON d.user_id = u.id
  LEFT JOIN LATERAL (
      SELECT array_agg(role ORDER BY id) AS roles, array_agg(rank ORDER BY id) AS ranks FROM shift
       WHERE user_id = u.id AND cancelled_at IS NULL AND from_at <= $1 AND to_at > $1
  ) AS s ON true
  LEFT JOIN contact AS c ON c.id = CASE WHEN o.recipient ~ '^contact:[0-9]{1,18}$' THEN split_part(o.recipient, ':', 2)::bigint END
  LEFT JOIN resident AS r ON r.id = c.resident_id
  LEFT JOIN responder AS p ON p.id = CASE WHEN o.recipient ~ '^responder:[0-9]{1,18}$' THEN split_part(o.recipient, ':', 2)::bigint END
 WHERE (o.state = 'waiting' AND o.due_at <= $1) OR (o.state = 'leased' AND o.leased_until <= $1)
 ORDER BY t.turn > 4, o.priority, t.turn, o.due_at, o.id
 LIMIT $2
   FOR UPDATE OF o SKIP LOCKED

-- name: used
SELECT channel, count(*)::int AS used FROM outbox WHERE begun_at > $1 AND channel IS NOT NULL GROUP BY channel

-- name: rung
-- Who was rung in the last minute; a call that the provider did not take rang nowhere. One that nobody answered, and that
-- goes on as a text, has rung all the same.
SELECT recipient, max(at) AS at FROM (
    SELECT recipient, begun_at AS at FROM outbox
     WHERE begun_at > $1 AND channel = ANY ($2::text[])
       AND (state IN ('leased', 'sent', 'uncertain') OR result = 'answer_lost' OR answer IS NOT NULL)
    UNION ALL
    SELECT recipient, (facts ->> 'rang_at')::timestamptz FROM outbox
     WHERE begun_at > $1 AND facts ->> 'rang_by' = ANY ($2::text[]) AND (facts ->> 'rang_at')::timestamptz > $1
) AS calls GROUP BY recipient

-- name: broken
SELECT channel FROM (SELECT DISTINCT ON (channel) channel, passed FROM channel_test WHERE ended_at IS NOT NULL
                      ORDER BY channel, begun_at DESC, id DESC) AS t WHERE passed = false

-- name: take
-- `attempts` is the hold: whoever records an outcome must still have this one. What was to be said in a call that was
-- lost has one of its own.
UPDATE outbox AS o
   SET state = 'leased', channel = n.channel, leased_until = $3, begun_at = $4, attempts = o.attempts + 1,
       said_with = NULL, perhaps_sent = o.perhaps_sent OR n.lost, result = CASE WHEN n.lost THEN 'answer_lost' ELSE o.result END
  FROM unnest($1::bigint[], $2::text[], $5::boolean[]) AS n (id, channel, lost)
 WHERE o.id = n.id

-- name: ride
-- Leased with the notice in whose call they are said; in its second call, where the first was lost.
UPDATE outbox AS o
   SET state = 'leased', channel = n.channel, leased_until = $4, begun_at = $5, attempts = o.attempts + 1, said_with = n.said_with,
       perhaps_sent = o.perhaps_sent OR n.lost, result = CASE WHEN n.lost THEN 'answer_lost' ELSE o.result END
  FROM unnest($1::bigint[], $2::text[], $3::bigint[], $6::boolean[]) AS n (id, channel, said_with, lost)
 WHERE o.id = n.id

-- name: riders
SELECT id, recipient, purpose, state FROM outbox WHERE said_with = $1 ORDER BY id FOR NO KEY UPDATE

-- name: said_with
SELECT id FROM outbox WHERE said_with = $1 AND state IN ('sent', 'uncertain') ORDER BY id

-- name: rode
-- Said in that call: its key is theirs too.
UPDATE outbox SET state = CASE WHEN perhaps_sent THEN 'uncertain' ELSE 'sent' END, ended_at = $2, answer_by = $3,
                  result = CASE WHEN perhaps_sent THEN 'answer_lost' ELSE 'sent' END
 WHERE said_with = $1 AND state = 'leased' RETURNING recipient, purpose, state

-- name: get_off
-- That call was none: they wait for one of their own again.
UPDATE outbox SET state = 'waiting', said_with = NULL, channel = NULL WHERE said_with = $1 AND state = 'leased'

-- name: put_off
-- What a sender took and never told of is remembered as that.
UPDATE outbox AS o SET due_at = n.at, perhaps_sent = o.perhaps_sent OR o.state = 'leased', state = 'waiting'
  FROM unnest($1::bigint[], $2::timestamptz[]) AS n (id, at) WHERE o.id = n.id

-- name: fold
-- Everything that waits for these people and may be folded, where it is enough for a summary; rows in other hands stay.
WITH found AS (
    SELECT id, recipient, priority, coalesce((facts ->> 'count')::int, 1) AS count FROM outbox
     WHERE state = 'waiting' AND due_at <= $2 AND priority > 1 AND purpose = ANY ($3::text[]) AND recipient = ANY ($1::text[])
       FOR UPDATE SKIP LOCKED
), many AS (
    SELECT recipient, sum(count)::int AS count, min(priority) AS priority, max(id) AS last FROM found
     GROUP BY recipient HAVING count(*) >= $4
), folded AS (
    UPDATE outbox AS o SET state = CASE WHEN o.perhaps_sent THEN 'uncertain' ELSE 'cancelled' END,
           result = 'folded', ended_at = $2
      FROM found AS f JOIN many AS m USING (recipient) WHERE o.id = f.id
    RETURNING o.id
)
SELECT recipient, count, priority, last, (SELECT count(*) FROM folded)::int AS folded FROM many ORDER BY recipient

-- name: case_of
SELECT incident_id FROM outbox WHERE id = $1

-- name: still_held
-- Under the incident's lock, if there is one: whether this sender may say what became of it.
SELECT id FROM outbox WHERE id = $1 AND state = 'leased' AND attempts = $2 FOR UPDATE

-- name: sent
UPDATE outbox
   SET state = CASE WHEN perhaps_sent THEN 'uncertain' ELSE 'sent' END, reference = $2, ended_at = $3,
       answer_by = $4, result = CASE WHEN perhaps_sent THEN 'answer_lost' ELSE 'sent' END
 WHERE id = $1
RETURNING state

-- name: again
UPDATE outbox
   SET state = 'waiting', due_at = $2, failures = $3, tried = $4, result = $5, answer = NULL, answer_by = NULL,
       perhaps_sent = perhaps_sent OR $5 = 'answer_lost',
       facts = CASE WHEN $5 = 'no_answer' THEN facts || jsonb_build_object('rang_by', channel, 'rang_at', begun_at)
                    ELSE facts END
 WHERE id = $1

-- name: ended
UPDATE outbox SET state = $2, result = $3, ended_at = $4, answer_by = $5 WHERE id = $1

-- name: withhold
-- Under the incident's lock, if there is one.
UPDATE outbox SET state = $2, result = $3, ended_at = $4
 WHERE id = $1 AND state IN ('waiting', 'leased') AND attempts = $5 RETURNING id

-- name: awaited
-- Calls whose answer never came: no answer.
SELECT id, channel, reference FROM outbox WHERE answer IS NULL AND answer_by <= $1 ORDER BY priority, answer_by LIMIT $2

-- name: of_reference
-- A sending whose answer was lost left no reference; its provider names it by the id that we gave it. So does one that
-- reports when another channel has taken its place.
SELECT id, incident_id FROM outbox
 WHERE (channel = $1 AND reference = $2)
    OR (id = CASE WHEN $2 ~ '^[0-9]{1,15}$' THEN $2::text::bigint END
        AND ((channel = $1 AND reference IS NULL) OR $1 = ANY (tried)))
 ORDER BY id DESC LIMIT 1

-- name: lock_answered
-- Under the incident's lock, if there is one.
SELECT id, incident_id, assignment_id, recipient, purpose, priority, channel, facts, answer, begun_at, tried, failures,
       state, key
  FROM outbox WHERE id = $1 FOR UPDATE

-- name: answer
UPDATE outbox SET answer = $2, ended_at = $3 WHERE id = $1

-- name: depth
SELECT count(*)::int AS waiting, min(due_at) AS oldest_at,
       (SELECT count(*) FROM outbox WHERE answer IS NULL AND answer_by <= $1)::int AS unanswered
  FROM outbox
 WHERE state IN ('waiting', 'leased') AND due_at <= $1

-- name: listed
SELECT o.id, o.incident_id, i.number AS incident_number, i.area::text AS area, o.assignment_id, o.recipient, o.purpose,
       o.priority, o.state, o.result, o.channel, o.answer, o.attempts, o.made_at, o.due_at, o.begun_at, o.ended_at
  FROM outbox AS o LEFT JOIN incident AS i ON i.id = o.incident_id
 WHERE o.id < $1 AND ($2::bigint IS NULL OR o.incident_id = $2) AND ($3::text IS NULL OR o.state = $3)
   AND ($4::text[] = '{}' OR i.area IS NULL OR i.area <@ ANY ($4::text[]::ltree[]))
 ORDER BY o.id DESC LIMIT $5
