-- An incoming call rings on the desks until somebody answers; unanswered it becomes a case (centre.md, 6).
ALTER TABLE call ADD COLUMN device_id integer REFERENCES device (id);   -- whose SIM it was
ALTER TABLE call ADD COLUMN premises_id bigint REFERENCES premises (id);
ALTER TABLE call ADD COLUMN area ltree;                                 -- where whoever rings belongs, if known
ALTER TABLE call ADD COLUMN received_at timestamptz;                    -- ours: a telephone system's clock may be wrong
ALTER TABLE call ADD COLUMN due_at timestamptz;                         -- a case by then, unless somebody answers
ALTER TABLE call ADD COLUMN missed_at timestamptz;
-- A telephone system that was not thanked reports again: the same is one row.
CREATE UNIQUE INDEX call_once ON call (direction, line, number, began_at) WHERE number <> '';
CREATE INDEX call_ringing ON call (due_at)
    WHERE direction = 'in' AND answered_at IS NULL AND missed_at IS NULL AND due_at IS NOT NULL;
