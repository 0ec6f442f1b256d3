-- What the platform asks of devices on `down`, and what became of it: every state with its time.
CREATE TABLE command (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device_id    integer NOT NULL REFERENCES device (id),
    command      text NOT NULL CHECK (command IN ('locate', 'test', 'silence', 'set_interval', 'announce')),
    args         jsonb NOT NULL DEFAULT '{}',
    asked        text NOT NULL
                 CHECK (asked IN ('by_hand', 'case_taken', 'help_coming', 'faster_fixes', 'fixes_restored')),
    made_by      bigint,                      -- NULL: the system, for the reason that `asked` names
    incident_id  bigint REFERENCES incident (id),
    state        text NOT NULL CHECK (state IN ('waiting', 'sent', 'delivered', 'answered', 'refused', 'expired',
                                                'undeliverable')),
    made_at      timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    try_at       timestamptz NOT NULL,        -- when it is handed to the broker, again where nobody took it
    tries        integer NOT NULL DEFAULT 0,  -- counted and committed before each: it may have gone out
    sent_at      timestamptz,                 -- the broker has it
    delivered_at timestamptz,                 -- the device has it: for MQTT, its first reply says so
    answered_at  timestamptz,
    ended_at     timestamptz,                 -- answered, refused, expired or undeliverable since
    ok           boolean,
    detail       text NOT NULL DEFAULT '',    -- the device's own words, or why it has not gone out
    told         boolean NOT NULL DEFAULT false, -- its end stands in the timeline and in the feed
    CHECK ((state IN ('waiting', 'sent', 'delivered')) = (ended_at IS NULL)),
    CHECK ((asked = 'by_hand') = (made_by IS NOT NULL)),
    CHECK (asked = 'by_hand' OR incident_id IS NOT NULL)
);
CREATE INDEX command_waiting ON command (try_at) WHERE state = 'waiting';
CREATE INDEX command_pending ON command (expires_at) WHERE ended_at IS NULL;
CREATE INDEX command_untold ON command (id) WHERE ended_at IS NOT NULL AND NOT told;
CREATE INDEX command_device ON command (device_id, id);
CREATE INDEX command_fixes ON command (made_at) WHERE asked IN ('faster_fixes', 'fixes_restored');
-- A wearer is told each thing once a case.
CREATE UNIQUE INDEX command_announced_once ON command (incident_id, device_id, asked)
 WHERE asked IN ('case_taken', 'help_coming');
