-- Reading the change feed. Nothing here locks: readers of the feed never hold up a press.

-- name: head
-- The number of the newest change; in a REPEATABLE READ transaction, the number its snapshot stands at.
SELECT seq FROM change_counter

-- name: after
-- Changes after a number, oldest first, at most so many.
SELECT seq, at, kind, object_id, part, area::text AS area, received_at
  FROM change
 WHERE seq > $1
 ORDER BY seq
 LIMIT $2

-- name: between
-- Changes after one number up to another, for a stream that resumes.
SELECT seq, at, kind, object_id, part, area::text AS area, received_at
  FROM change
 WHERE seq > $1 AND seq <= $2
 ORDER BY seq
 LIMIT $3

-- name: lanes
-- Every lane in use: whether somebody holds it now, and who.
SELECT name, holder, valid_until > $1 AS connected FROM lane WHERE retired_at IS NULL ORDER BY name

-- name: parts
-- How long ago each part said that it lives.
SELECT name, extract(epoch FROM $1 - seen_at)::float8 AS age_s FROM part WHERE name IN ('engine', 'canary')
