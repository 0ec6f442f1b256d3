-- Whether what a record names is there.

-- name: unknown_areas
-- Known is also what only lies above one that is.
SELECT path FROM unnest($1::text[]) AS named (path)
 WHERE NOT EXISTS (SELECT FROM area AS a WHERE a.path <@ named.path::ltree) ORDER BY path

-- name: carer
-- 'user:3', 'responder:4', or 'contact:9' of this resident; who may not be near them is none.
SELECT CASE split_part($1, ':', 1)
       WHEN 'user' THEN EXISTS (SELECT FROM app_user AS u WHERE u.id = n.no AND u.disabled_at IS NULL)
       WHEN 'responder' THEN EXISTS (SELECT FROM responder AS r WHERE r.id = n.no AND r.status <> 'left')
       WHEN 'contact' THEN EXISTS (SELECT FROM contact AS c WHERE c.id = n.no AND c.resident_id = $2 AND c.role <> 'barred')
       ELSE false END
  FROM (SELECT split_part($1, ':', 2)::bigint AS no) AS n
