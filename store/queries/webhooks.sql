-- name: begin
-- A receiver that is new is told from now on, and not what was before it.
INSERT INTO webhook_reached (name, seq, at) SELECT $1, seq, $2 FROM change_counter ON CONFLICT (name) DO NOTHING

-- name: reached
-- One engine at a time; another one that finds it taken comes again.
SELECT seq, (SELECT count(*) FROM outbox WHERE recipient = 'webhook:' || $1 AND purpose = 'event'
                AND state IN ('waiting', 'leased'))::int AS waiting
  FROM webhook_reached WHERE name = $1 FOR UPDATE SKIP LOCKED

-- name: head
SELECT least(seq, $1::bigint + $2::int) FROM change_counter

-- name: entries
-- Of this part of the feed, which commits in the order of its numbers: what happened, and how its case stands now.
SELECT c.seq AS feed_seq, e.at, e.action, e.seq, i.id, i.number, i.state, i.priority, i.class, i.family,
       i.area::text AS area, i.unattended, i.outcome, 'test' = ANY (i.marks) AS test
  FROM change AS c
  JOIN entry AS e ON e.incident_id = c.object_id AND e.seq = c.part
  JOIN incident AS i ON i.id = c.object_id
 WHERE c.seq > $1 AND c.seq <= $2 AND c.kind = 'entry' AND e.action = ANY ($3::text[]) AND e.at > $4
 ORDER BY c.seq

-- name: put
-- Of no case in the outbox's sense: whoever sends it locks none, and no case's record fills with it.
INSERT INTO outbox (recipient, purpose, priority, key, facts, not_after, due_at, made_at)
SELECT 'webhook:' || $1, 'event', n.priority, n.key, n.facts, n.made_at + $6::interval, $7, n.made_at
  FROM unnest($2::smallint[], $3::text[], $4::jsonb[], $5::timestamptz[]) AS n (priority, key, facts, made_at)
    ON CONFLICT (key) DO NOTHING

-- name: forget
-- What a program was told is in the case's record; here it was only on its way.
DELETE FROM outbox
 WHERE id IN (SELECT id FROM outbox WHERE purpose = 'event' AND ended_at < $1 ORDER BY ended_at LIMIT $2
                 FOR UPDATE SKIP LOCKED)

-- name: moved
UPDATE webhook_reached SET seq = $2, at = $3 WHERE name = $1
