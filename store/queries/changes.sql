-- name: record
-- The counter's row lock is held from here to the commit, which follows at once: a number is given only to what
-- commits, and numbers commit in order. NOTIFY goes only with transactions that have changes. `attached`: an event of
-- this very transaction, if there is one.
WITH counted AS (
    UPDATE change_counter SET seq = seq + cardinality($2::text[]), at = $1 RETURNING seq - cardinality($2::text[]) AS base
), written AS (
    INSERT INTO change (seq, at, kind, object_id, part, area, received_at)
    SELECT base + n.ordinal, $1, n.kind, n.object_id, n.part, n.area::ltree, n.received_at
      FROM counted, unnest($2::text[], $3::bigint[], $4::int[], $5::text[], $6::timestamptz[])
           WITH ORDINALITY AS n (kind, object_id, part, area, received_at, ordinal)
), attached AS (
    UPDATE event SET incident_id = $8, decision = $9 WHERE no = $7
)
SELECT pg_notify('shouwang_change', '')
