-- A sending whose answer was lost may have reached somebody, whatever becomes of the notice after it.
ALTER TABLE outbox ADD COLUMN perhaps_sent boolean NOT NULL DEFAULT false;
UPDATE outbox SET perhaps_sent = true WHERE result = 'answer_lost' AND state IN ('waiting', 'leased');
-- Who is stood down is asked for by what they were sent.
CREATE INDEX outbox_assignment ON outbox (assignment_id) WHERE assignment_id IS NOT NULL;

-- What happened to a case, told to a program: never folded, and no text of it is registered with anybody.
ALTER TABLE outbox DROP CONSTRAINT outbox_purpose_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_purpose_check CHECK (purpose IN (
    'escalation', 'offer', 'stand_down', 'information', 'warning', 'check_back', 'call_services', 'channel_test',
    'summary', 'event')) NOT VALID;
ALTER TABLE outbox VALIDATE CONSTRAINT outbox_purpose_check;
CREATE INDEX outbox_events ON outbox (recipient) WHERE purpose = 'event' AND state IN ('waiting', 'leased');
CREATE INDEX outbox_events_ended ON outbox (ended_at) WHERE purpose = 'event';
-- How far in the feed each webhook has been told.
CREATE TABLE webhook_reached (
    name text PRIMARY KEY,
    seq  bigint NOT NULL,
    at   timestamptz NOT NULL
);
