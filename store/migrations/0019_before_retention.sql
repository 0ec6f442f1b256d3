-- What was erased, by which rule, and how much of it (centre.md, 33).
CREATE TABLE erasure (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at       timestamptz NOT NULL,
    what     text NOT NULL,
    days     integer NOT NULL,               -- the period that ruled it
    before   timestamptz NOT NULL,           -- everything older than this
    rows     bigint NOT NULL
);
ALTER TABLE incident ADD COLUMN IF NOT EXISTS erased_at timestamptz;
-- A period is held too: with neither person nor case a hold is of everything in it.
ALTER TABLE legal_hold ADD COLUMN IF NOT EXISTS version integer NOT NULL DEFAULT 1;
ALTER TABLE legal_hold ADD COLUMN IF NOT EXISTS period_from timestamptz;
ALTER TABLE legal_hold ADD COLUMN IF NOT EXISTS period_until timestamptz;
-- Where a case led stays as long as the case, when the days of readings lose their positions.
CREATE TABLE case_position (
    incident_id bigint NOT NULL REFERENCES incident (id),
    device_id   integer NOT NULL,
    received_at timestamptz NOT NULL,
    at          timestamptz NOT NULL,
    location    jsonb NOT NULL,
    PRIMARY KEY (incident_id, device_id, received_at, at)
);
-- What remains of a day of readings: one line a device and quantity.
CREATE TABLE reading_day (
    device_id integer NOT NULL,
    day       date NOT NULL,
    what      text NOT NULL,
    readings  integer NOT NULL,
    least     double precision NOT NULL,
    most      double precision NOT NULL,
    mean      double precision NOT NULL,
    PRIMARY KEY (device_id, day, what)
);
-- How far a day of readings has been worked off.
CREATE TABLE reading_retention (
    day             date PRIMARY KEY,
    positions_at    timestamptz              -- its positions are gone, those of cases kept apart
);
CREATE INDEX incident_to_erase ON incident (closed_at) WHERE state = 'closed' AND erased_at IS NULL;
