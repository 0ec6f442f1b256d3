-- name: put
INSERT INTO outbox (incident_id, assignment_id, recipient, purpose, priority, key, facts, not_after, due_at, made_at)
SELECT n.incident_id, n.assignment_id, n.recipient, n.purpose, n.priority, n.key, n.facts, n.not_after, n.due_at, $10
  FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::smallint[], $6::text[], $7::jsonb[],
              $8::timestamptz[], $9::timestamptz[])
    AS n (incident_id, assignment_id, recipient, purpose, priority, key, facts, not_after, due_at)
    ON CONFLICT (key) DO NOTHING

-- name: cancel
-- What a sender holds is not taken from it: it looks again before it sends.
UPDATE outbox SET state = CASE WHEN perhaps_sent THEN 'uncertain' ELSE 'cancelled' END, result = $4, ended_at = $5
 WHERE ($1::bigint IS NULL OR incident_id = $1) AND ($2::bigint IS NULL OR assignment_id = $2)
   AND purpose = ANY ($3::text[]) AND state = 'waiting'
RETURNING id

-- name: was_asked
-- Whether an offer of this assignment has left, or may have.
SELECT EXISTS (SELECT FROM outbox WHERE assignment_id = $1::bigint AND purpose = 'offer'
                  AND (attempts > 0 OR state IN ('leased', 'sent', 'uncertain')))

-- name: end_round
-- Under the incident's lock.
UPDATE outbox
   SET round_over = true,
       state = CASE WHEN state <> 'waiting' THEN state WHEN perhaps_sent THEN 'uncertain' ELSE 'cancelled' END,
       result = CASE WHEN state = 'waiting' THEN $2 ELSE result END,
       ended_at = CASE WHEN state = 'waiting' THEN $3 ELSE ended_at END
 WHERE incident_id = $1 AND purpose = 'escalation' AND NOT round_over

-- name: supersede
-- Under the incidents' locks. $5: how the keys begin.
UPDATE outbox AS o
   SET state = CASE WHEN perhaps_sent THEN 'uncertain' ELSE 'cancelled' END, result = 'superseded', ended_at = $3
  FROM unnest($1::bigint[], $2::text[]) AS n (incident_id, recipient)
 WHERE o.incident_id = n.incident_id AND o.recipient = n.recipient AND o.purpose = $4 AND o.state = 'waiting'
   AND starts_with(o.key, $5)
RETURNING o.incident_id, o.recipient, o.due_at

-- name: people
-- Whoever may be rung for a case there: everybody with a place in the chain, whose areas cover it.
SELECT u.id, u.role, u.phone IS NOT NULL AS has_phone, p.user_id IS NOT NULL AS present,
       coalesce(s.roles, '{}') AS shift_roles, coalesce(s.ranks, '{}') AS shift_ranks
  FROM app_user AS u
  LEFT JOIN desk_present AS p ON p.user_id = u.id
  LEFT JOIN LATERAL (
      SELECT array_agg(role ORDER BY id) AS roles, array_agg(rank ORDER BY id) AS ranks FROM shift
       WHERE user_id = u.id AND cancelled_at IS NULL AND from_at <= $2 AND to_at > $2
         AND (areas = '{}' OR $1::text::ltree IS NULL OR $1::text::ltree <@ ANY (areas))
  ) AS s ON true
 WHERE u.disabled_at IS NULL
   AND (u.role IN ('dispatcher', 'supervisor', 'administrator', 'community_worker') OR s.roles IS NOT NULL)
   AND (u.areas = '{}' OR $1::text::ltree IS NULL OR $1::text::ltree <@ ANY (u.areas))
 ORDER BY u.id

-- name: asked
-- Who was rung for each of these cases, oldest first; a "cannot" counts in its own round only.
SELECT o.incident_id, o.recipient, o.facts ->> 'capacity' AS capacity,
       o.answer = 'cannot' AND NOT o.round_over AND (o.facts ->> 'round')::int = n.round AS cannot,
       CASE WHEN o.answer = 'take' AND NOT o.round_over THEN o.ended_at END AS took_at
  FROM unnest($1::bigint[], $2::int[]) AS n (incident_id, round)
  JOIN outbox AS o ON o.incident_id = n.incident_id
 WHERE o.purpose = 'escalation' AND o.recipient LIKE 'user:%' AND o.facts ? 'capacity'
 ORDER BY o.incident_id, o.id

-- name: rung_for
-- Who was rung for this purpose of a case, oldest first, and what they pressed.
SELECT recipient, answer FROM outbox WHERE incident_id = $1 AND purpose = $2 AND recipient ~ '^user:[0-9]{1,18}$' ORDER BY id

-- name: tell_contacts
-- One statement in the alarm's own transaction: everybody the register has for these people; whether they may be told
-- is asked when it is sent, so that a refusal has its reason. One number is one person: barred for one is barred.
-- Once while the case lasts; what was taken back with its end was not told, and is told when the case is taken up again.
INSERT INTO outbox (incident_id, recipient, purpose, priority, key, facts, due_at, made_at)
SELECT $1::bigint, 'contact:' || c.id, 'information', $4::smallint,
       $1::bigint || ':family:' || $5::text || coalesce('.' || nullif(before.notices, 0), '') || ':contact:' || c.id,
       $6::jsonb, $7::timestamptz, $7::timestamptz
  FROM (SELECT DISTINCT ON (coalesce(c.phone, c.id::text)) c.id
          FROM contact AS c JOIN resident AS r ON r.id = c.resident_id
         WHERE c.resident_id = $2 OR r.premises_id = $3
         -- Family of two is told of the one they may be told of.
         ORDER BY coalesce(c.phone, c.id::text), c.role = 'barred' DESC, r.status = 'died',
                  EXISTS (SELECT FROM consent AS k
                           WHERE k.purpose = 'family_sharing:' || c.id AND k.resident_id = c.resident_id
                             AND k.given_at <= $7 AND (k.withdrawn_at IS NULL OR k.withdrawn_at > $7)) DESC,
                  c.rank, c.id) AS c,
       LATERAL (SELECT count(*) AS notices,
                       coalesce(bool_or(NOT round_over OR state IN ('leased', 'sent', 'uncertain')), false) AS told
                  FROM outbox
                 WHERE incident_id = $1::bigint AND recipient = 'contact:' || c.id
                   AND key LIKE $1::bigint || ':family:' || $5::text || '%') AS before
 WHERE NOT before.told
    ON CONFLICT (key) DO NOTHING

-- name: tell_again
-- Everyone who was told of a case, or of one that was merged into it, is told what became of it.
INSERT INTO outbox (incident_id, recipient, purpose, priority, key, facts, due_at, made_at)
SELECT DISTINCT $1::bigint, o.recipient, 'information', $2::smallint, $1::bigint || ':family:' || $3::text || ':' || o.recipient, $4::jsonb,
       $5::timestamptz, $5::timestamptz
  FROM outbox AS o
 WHERE o.purpose = 'information' AND o.recipient LIKE 'contact:%' AND o.state IN ('sent', 'uncertain', 'leased')
   AND (o.incident_id = $1 OR o.incident_id IN (SELECT id FROM incident WHERE merged_into = $1))
    ON CONFLICT (key) DO NOTHING

-- name: withdraw_untold
-- What still waits about a beginning means nothing after the end, and about an end nothing after it began again; also
-- what is just being sent is not tried again. $3: at the end also how it stood with who goes; what else supervisors were
-- to hear, a duress word or that somebody resolved it alone, they hear all the more.
UPDATE outbox
   SET round_over = true,
       state = CASE WHEN state <> 'waiting' THEN state WHEN perhaps_sent THEN 'uncertain' ELSE 'cancelled' END,
       result = CASE WHEN state = 'waiting' THEN 'case_ended' ELSE result END,
       ended_at = CASE WHEN state = 'waiting' THEN $2 ELSE ended_at END
 WHERE incident_id = $1 AND purpose = 'information' AND NOT round_over
   AND (recipient LIKE 'contact:%' OR ($3 AND state = 'waiting' AND key LIKE 'field:%'))

-- name: was_to_be_told
-- Whether its moment had come before, whoever was reached.
SELECT EXISTS (SELECT FROM outbox WHERE incident_id = $1::bigint AND key LIKE $1::bigint || ':family:opened%')

-- name: area_name
SELECT name, name_en FROM area WHERE path = $1::text::ltree

-- name: known
SELECT key FROM outbox WHERE key = ANY ($1::text[])
