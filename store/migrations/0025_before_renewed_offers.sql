-- An offer, a movement or a call back gets one more term after an outage of ours, once.
ALTER TABLE assignment ADD COLUMN IF NOT EXISTS renewed_at timestamptz;
