-- name: key_of
-- The owner's key, made if missing. Two makers of one key: the loser's insert waits for the winner's commit, does
-- nothing, and the no-op update hands back the winner's row.
INSERT INTO text_key (owner, wrapped, made_at) VALUES ($1, $2, clock_timestamp())
    ON CONFLICT (owner) DO UPDATE SET owner = excluded.owner
RETURNING wrapped
