-- Reading the whole record back to check its chains. Plain reads: no locks, nobody waits for an audit.

-- name: chains
-- The next incidents by id, each with its entries in order and the head it claims: one statement, so that the two
-- are of the same moment.
SELECT i.id, i.last_seq, i.last_hash,
       array_agg(e.seq ORDER BY e.seq) FILTER (WHERE e.seq IS NOT NULL) AS seqs,
       array_agg(e.fixed ORDER BY e.seq) FILTER (WHERE e.seq IS NOT NULL) AS texts,
       array_agg(e.hash ORDER BY e.seq) FILTER (WHERE e.seq IS NOT NULL) AS hashes
  FROM (SELECT id, last_seq, last_hash FROM incident WHERE id > $1 ORDER BY id LIMIT $2) AS i
  LEFT JOIN entry AS e ON e.incident_id = i.id
 GROUP BY i.id, i.last_seq, i.last_hash
 ORDER BY i.id;
