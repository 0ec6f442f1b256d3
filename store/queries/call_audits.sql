-- The monthly sample of calls and what became of it.

-- name: candidates
-- Calls of the month as the cases' records have them, by whom.
SELECT e.incident_id, e.seq, substr(e.fixed::jsonb ->> 'actor', 6)::bigint AS user_id, e.at AS called_at,
       i.class, i.priority_at_start AS priority, i.outcome
  FROM entry AS e
  JOIN incident AS i ON i.id = e.incident_id AND i.class <> 'canary'
 WHERE e.at >= $1 AND e.at < $2 AND e.action = 'call' AND e.fixed::jsonb ->> 'actor' ~ '^user:[0-9]{1,18}$'
   AND (cardinality($3::text[]) = 0 OR i.area IS NULL OR i.area <@ $3::text[]::ltree[])
 ORDER BY e.incident_id, e.seq LIMIT 200000

-- name: add_sample
INSERT INTO call_sample (month, seed, per_user, areas, candidates, drawn_by, drawn_at)
VALUES ($1, $2, $3, $4::text[]::ltree[], $5, $6, $7) RETURNING id

-- name: add_audits
INSERT INTO call_audit (sample_id, incident_id, entry_seq, user_id, called_at, stratum)
SELECT $1, * FROM unnest($2::bigint[], $3::int[], $4::bigint[], $5::timestamptz[], $6::text[])

-- name: sample
SELECT id, month, seed, per_user, candidates, drawn_by, drawn_at FROM call_sample WHERE id = $1

-- name: audit
SELECT a.id, a.sample_id, a.incident_id, i.number AS incident_number, i.area::text AS area, a.entry_seq, a.user_id,
       u.display_name AS user_name, a.called_at, a.stratum, a.reviewer, a.scores, a.reviewed_at, a.second_wanted,
       a.second_reviewer, a.second_scores, a.second_at, a.note_owner, a.note_sealed, k.wrapped, a.signed_at,
       a.disagrees, a.version, e.fixed::jsonb -> 'facts' AS call,
       (SELECT c.recording FROM call AS c
         WHERE c.incident_id = a.incident_id AND c.recording IS NOT NULL
         ORDER BY abs(extract(epoch FROM c.began_at - a.called_at)) LIMIT 1) AS recording
  FROM call_audit AS a
  JOIN incident AS i ON i.id = a.incident_id
  JOIN app_user AS u ON u.id = a.user_id
  LEFT JOIN entry AS e ON e.incident_id = a.incident_id AND e.seq = a.entry_seq
  LEFT JOIN text_key AS k ON k.owner = a.note_owner

-- name: listed
 WHERE a.id > $1 AND (cardinality($2::text[]) = 0 OR i.area IS NULL OR i.area <@ $2::text[]::ltree[])
   AND ($3::bigint IS NULL OR a.user_id = $3) AND ($4::bigint IS NULL OR a.sample_id = $4)
   AND ($5::boolean IS NULL OR (a.scores IS NULL) = $5)
 ORDER BY a.id LIMIT $6

-- name: one
 WHERE a.id = $1

-- name: lock
SELECT version FROM call_audit WHERE id = $1 FOR UPDATE

-- name: score
-- Under the row's lock.
UPDATE call_audit SET reviewer = $2, scores = $3, reviewed_at = $4, second_wanted = second_wanted OR $5,
                      note_owner = coalesce($6, note_owner), note_sealed = coalesce($7, note_sealed),
                      version = version + 1
 WHERE id = $1

-- name: score_again
UPDATE call_audit SET second_reviewer = $2, second_scores = $3, second_at = $4,
                      note_owner = coalesce($5, note_owner), note_sealed = coalesce($6, note_sealed),
                      version = version + 1
 WHERE id = $1

-- name: sign
UPDATE call_audit SET signed_at = $2, disagrees = $3, second_wanted = second_wanted OR $3, version = version + 1
 WHERE id = $1
