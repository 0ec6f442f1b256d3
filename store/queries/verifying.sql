-- Reading the whole record back to check its chains. Plain reads: no locks, nobody waits for an audit.

-- name: chains
-- The next incidents by id, each with its entries in order and the head it claims: one statement, so that the two
-- are of the same moment.
SELECT i.id, i.number, i.last_seq, i.last_hash,
       array_agg(e.seq ORDER BY e.seq) FILTER (WHERE e.seq IS NOT NULL) AS seqs,
       array_agg(e.fixed ORDER BY e.seq) FILTER (WHERE e.seq IS NOT NULL) AS texts,
       array_agg(e.hash ORDER BY e.seq) FILTER (WHERE e.seq IS NOT NULL) AS hashes,
       array_agg(e.action ORDER BY e.seq) FILTER (WHERE e.seq IS NOT NULL) AS actions,
       array_agg(e.at ORDER BY e.seq) FILTER (WHERE e.seq IS NOT NULL) AS ats
  FROM (SELECT id, number, last_seq, last_hash FROM incident WHERE id > $1 ORDER BY id LIMIT $2) AS i
  LEFT JOIN entry AS e ON e.incident_id = i.id
 GROUP BY i.id, i.number, i.last_seq, i.last_hash
 ORDER BY i.id;

-- name: sealed_texts
-- The personal texts of these incidents, each beside the entry that seals it; an entry or a text alone shows too.
SELECT coalesce(e.incident_id, t.incident_id) AS incident_id, coalesce(e.seq, t.seq) AS seq, e.fixed,
       t.seq IS NOT NULL AS has_text, t.key_owner, t.salt, t.sealed, t.erased_at, k.wrapped, k.erased_at AS key_erased_at
  FROM (SELECT * FROM entry WHERE incident_id = ANY ($1::bigint[])) AS e
  FULL JOIN (SELECT * FROM entry_text WHERE incident_id = ANY ($1::bigint[])) AS t USING (incident_id, seq)
  LEFT JOIN text_key AS k ON k.owner = t.key_owner
 ORDER BY 1, 2

-- name: hashes_of
-- What the entries that an anchor covers hash to now.
SELECT e.incident_id, e.seq, e.hash
  FROM unnest($1::bigint[], $2::int[]) AS n (incident_id, seq) JOIN entry AS e USING (incident_id, seq)
