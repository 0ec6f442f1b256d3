-- A device becomes live by a press from each place where it will be used, confirmed by name (centre.md, 16).
CREATE TABLE commissioning_press (
    device_id         integer NOT NULL REFERENCES device (id),
    at                timestamptz NOT NULL,
    place             text NOT NULL,          -- "bedroom", "bathroom": as said on the spot
    incident_id       bigint NOT NULL REFERENCES incident (id),
    by_user           bigint NOT NULL,
    person_confirmed  boolean NOT NULL,
    address_confirmed boolean NOT NULL,
    voice             text NOT NULL CHECK (voice IN ('ok', 'none')),
    voice_reason      text NOT NULL DEFAULT '',
    PRIMARY KEY (device_id, at),
    CHECK (voice = 'ok' OR voice_reason <> '')
);
