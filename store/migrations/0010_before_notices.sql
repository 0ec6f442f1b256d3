-- Notices were a place only: nothing was ever written here, so that the columns can be what is needed.
ALTER TABLE outbox ALTER COLUMN channel DROP NOT NULL;   -- chosen when it is sent
ALTER TABLE outbox ALTER COLUMN template DROP NOT NULL;
ALTER TABLE outbox ADD COLUMN assignment_id bigint;
ALTER TABLE outbox ADD COLUMN purpose text NOT NULL DEFAULT 'information' CHECK (purpose IN (
    'escalation', 'offer', 'stand_down', 'information', 'check_back', 'call_services', 'channel_test', 'summary'));
ALTER TABLE outbox ADD COLUMN key text NOT NULL UNIQUE DEFAULT gen_random_uuid()::text;
ALTER TABLE outbox ADD COLUMN facts jsonb NOT NULL DEFAULT '{}';
ALTER TABLE outbox ADD COLUMN not_after timestamptz;
ALTER TABLE outbox ADD COLUMN ended_at timestamptz;
