-- name: declare
-- A lane named in the settings has a row; one that comes back is no longer retired. No lock worth a word.
INSERT INTO lane (name) VALUES ($1)
    ON CONFLICT (name) DO UPDATE SET retired_at = NULL WHERE lane.retired_at IS NOT NULL

-- name: take
-- Compare-and-set on the database's clock. FOR UPDATE makes two takers queue, the second finds the lease valid; and it
-- waits for every transaction that holds the row FOR KEY SHARE under the old epoch: none of them can end later.
WITH free AS (
    SELECT name FROM lane WHERE name = $1 AND (valid_until < clock_timestamp() OR holder = $2) FOR UPDATE
)
UPDATE lane
   SET holder = $2, epoch = epoch + 1, valid_until = clock_timestamp() + make_interval(secs => $3)
 WHERE name = (SELECT name FROM free)
RETURNING epoch, filters, had_session, last_seen

-- name: renew
-- Only the present holder's epoch matches; a lease that ran out may still be renewed while nobody took it.
UPDATE lane SET valid_until = clock_timestamp() + make_interval(secs => $4), last_seen = coalesce($5, last_seen)
 WHERE name = $1 AND holder = $2 AND epoch = $3
RETURNING epoch

-- name: confirm
-- FOR KEY SHARE against the FOR UPDATE of `take`: the epoch cannot change before this transaction ends. Not FOR SHARE:
-- that would hold up `renew`, for ever while alarms flow, since sharers overtake a waiting writer.
SELECT epoch FROM lane WHERE name = $1 AND epoch = $2 FOR KEY SHARE

-- name: release
-- Only our own epoch; the row lock waits for our own last transactions.
UPDATE lane SET valid_until = clock_timestamp() WHERE name = $1 AND epoch = $2

-- name: note_session
UPDATE lane SET filters = $3, had_session = true WHERE name = $1 AND epoch = $2

-- name: unheld
-- Read without locks: an auditor must not wait for anyone.
SELECT name, extract(epoch FROM clock_timestamp() - greatest(valid_until, '2000-01-01'))::float8 AS unheld_s
  FROM lane
 WHERE retired_at IS NULL AND greatest(valid_until, '2000-01-01') < clock_timestamp() - make_interval(secs => $1)
 ORDER BY name

-- name: forget_sessions
UPDATE lane SET had_session = false

-- name: leaving
-- Lanes that no settings of ours name any more, read without locks: whoever drains one takes it first.
SELECT name, filters, valid_until >= clock_timestamp() AS held
  FROM lane WHERE retired_at IS NULL AND name <> ALL ($1::text[]) ORDER BY name

-- name: take_leaving
-- As `take`, but only while it has not come back or been retired by another.
WITH free AS (
    SELECT name FROM lane WHERE name = $1 AND valid_until < clock_timestamp() AND retired_at IS NULL FOR UPDATE
)
UPDATE lane
   SET holder = $2, epoch = epoch + 1, valid_until = clock_timestamp() + make_interval(secs => $3)
 WHERE name = (SELECT name FROM free)
RETURNING epoch, filters, had_session, last_seen

-- name: retire
-- Only under our own epoch: a lane that somebody took back meanwhile stays.
UPDATE lane SET retired_at = $3, filters = '{}', had_session = false, valid_until = '-infinity'
 WHERE name = $1 AND epoch = $2
RETURNING name
