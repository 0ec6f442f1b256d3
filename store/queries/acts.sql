-- name: desk_acted
UPDATE duty SET acted_at = $2, asked_at = NULL, away_since = NULL WHERE user_id = $1

-- name: claims_acted
-- Only cases in nobody else's hands just now: a step under way sets the clocks itself. In order of id.
WITH mine AS (
    SELECT id, priority FROM incident WHERE claimed_by = $1 ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
), put_off AS (
    UPDATE deadline AS d SET due_at = $2::timestamptz + make_interval(secs => n.wait_s), stage = 0
      FROM mine JOIN unnest($3::smallint[], $4::int[]) AS n (priority, wait_s) USING (priority)
     WHERE d.incident_id = mine.id AND d.kind = 'act'
    RETURNING d.incident_id, d.due_at
)
UPDATE incident AS i
   SET acted_at = $2,
       next_due_at = coalesce(least(p.due_at, (SELECT min(o.due_at) FROM deadline AS o
                                                WHERE o.incident_id = i.id AND o.kind <> 'act')), i.next_due_at),
       next_step = CASE WHEN p.due_at <= coalesce((SELECT min(o.due_at) FROM deadline AS o
                                                    WHERE o.incident_id = i.id AND o.kind <> 'act'), 'infinity')
                        THEN 'act' ELSE i.next_step END
  FROM put_off AS p
 WHERE i.id = p.incident_id
RETURNING i.id
