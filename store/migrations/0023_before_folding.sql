-- one by one
-- A home without power that nobody could fold at once waits for the engine.
ALTER TABLE held DROP CONSTRAINT IF EXISTS held_kind_check, ADD CONSTRAINT held_kind_check CHECK
    (kind IN ('silence', 'storm', 'outage', 'absence', 'runaway', 'folding')) NOT VALID;
ALTER TABLE held VALIDATE CONSTRAINT held_kind_check;
-- What retention looks for.
CREATE INDEX CONCURRENTLY IF NOT EXISTS held_ended ON held (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS call_without_case ON call (id) WHERE incident_id IS NULL AND number <> '';
