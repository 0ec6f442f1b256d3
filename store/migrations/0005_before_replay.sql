-- Dead letters that are asked to be used again, and what is known about each source and its vendor.

ALTER TABLE dead_letter
    ADD COLUMN replay_asked_at timestamptz,
    ADD COLUMN replay_asked_by bigint,
    ADD COLUMN replay_tries smallint NOT NULL DEFAULT 0, -- counted and committed before decoding: it may end the process
    ADD COLUMN replay_result text;                       -- what became of the last try, as a named reason

-- Empty but for minutes: a replay is asked for and done.
CREATE INDEX dead_letter_replay ON dead_letter (first_at, id) WHERE replay_asked_at IS NOT NULL;
CREATE INDEX dead_letter_device ON dead_letter (device, first_at);

-- A source in service: its vendor's telephone stands in every unregistered case (centre.md, 29).
CREATE TABLE source (
    id                  integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name                text NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 64),
    vendor              text NOT NULL DEFAULT '',
    vendor_phone        text,
    vendor_phone_typed  text,
    commissioning_until timestamptz,         -- dated, at most 14 days from when it was set, by an administrator
    version             integer NOT NULL DEFAULT 1
);
