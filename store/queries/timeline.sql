-- Timelines as people read them. Nothing here locks.

-- name: entry
-- An entry with its sealed text, the key it lies under, and who acted by name.
SELECT e.incident_id, e.seq, e.at, e.fixed, e.hash, t.key_owner, t.sealed, t.erased_at, t.erased_rule, k.wrapped,
       coalesce(u.display_name, d.device, rp.name) AS actor_name
  FROM entry e
  LEFT JOIN entry_text t ON t.incident_id = e.incident_id AND t.seq = e.seq
  LEFT JOIN text_key k ON k.owner = t.key_owner
  LEFT JOIN app_user u ON u.id = substring(e.fixed::jsonb->>'actor' FROM '^user:(\d{1,18})$')::bigint
  LEFT JOIN responder AS rp ON rp.id = substring(e.fixed::jsonb->>'actor' FROM '^responder:(\d{1,18})$')::bigint
  LEFT JOIN device d ON d.id = substring(e.fixed::jsonb->>'actor' FROM '^device:(\d{1,9})$')::int

-- name: of_incident
 WHERE e.incident_id = $1 ORDER BY e.seq

-- name: of_pairs
  JOIN unnest($1::bigint[], $2::int[]) AS n (incident_id, seq) ON n.incident_id = e.incident_id AND n.seq = e.seq

-- name: of_last_versions
-- Each version of an incident was written with at least one entry, all of one moment; so the entries of the newest
-- moments, as many as versions, hold every change since. Two versions of one moment show one change too many, never
-- one too few.
 WHERE e.incident_id = $1
   AND e.at >= (SELECT min(n.at) FROM (SELECT DISTINCT at FROM entry WHERE incident_id = $1 ORDER BY at DESC LIMIT $2) n)
 ORDER BY e.seq LIMIT 100

-- name: newest
 WHERE e.incident_id = $1 ORDER BY e.seq DESC LIMIT $2
