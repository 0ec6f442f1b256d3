-- one by one
-- Said in another notice's call: who must ring 119 and whom the case waits for is one person, rung once a minute.
ALTER TABLE outbox ADD COLUMN IF NOT EXISTS said_with bigint;
CREATE INDEX CONCURRENTLY IF NOT EXISTS outbox_said_with ON outbox (said_with) WHERE said_with IS NOT NULL;
