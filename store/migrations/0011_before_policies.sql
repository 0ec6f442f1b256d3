-- one by one
-- A number for addresses, since a version is a text.
ALTER TABLE policy ADD COLUMN IF NOT EXISTS no bigint GENERATED ALWAYS AS IDENTITY;
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS policy_no ON policy (no);

-- What was found when the file that the settings name was last looked at: one row.
CREATE TABLE IF NOT EXISTS policy_file (
    one        boolean PRIMARY KEY DEFAULT true CHECK (one),
    path       text NOT NULL,
    digest     text NOT NULL,                -- of the text; '' where it could not be read
    problems   jsonb NOT NULL DEFAULT '[]',  -- lines; none: it is a policy
    looked_at  timestamptz NOT NULL
);

-- Why an alarm was judged as it was, and by which policy: `decision` becomes why it belongs to its case.
ALTER TABLE event ADD COLUMN IF NOT EXISTS judged text NOT NULL DEFAULT '';
ALTER TABLE event ADD COLUMN IF NOT EXISTS policy text NOT NULL DEFAULT '';

-- For a replay over days: received_at grows with the rows, so a few bytes for each stretch of them are enough, and an
-- alarm pays nothing for it.
CREATE INDEX CONCURRENTLY IF NOT EXISTS event_received ON event USING brin (received_at);
