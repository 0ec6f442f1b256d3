-- one by one
-- Supervision: who is watched and until when silence is allowed, what went silent together, what wears out unseen.
-- `device_state` stays without an index on what changes: the watch has rows of its own, touched only when they are due.

CREATE TABLE IF NOT EXISTS lane_outage (
    lane     text NOT NULL,
    from_at  timestamptz NOT NULL,
    to_at    timestamptz,                    -- NULL while nobody holds it
    filters  text[] NOT NULL DEFAULT '{}',   -- as last subscribed: whose signs of life it carries
    unseen   boolean NOT NULL DEFAULT false, -- found out afterwards: no engine looked
    PRIMARY KEY (lane, from_at),
    CHECK (to_at >= from_at)
);

CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS lane_outage_lasting ON lane_outage (lane) WHERE to_at IS NULL;

CREATE TABLE IF NOT EXISTS outage (
    incident_id bigint PRIMARY KEY REFERENCES incident (id),
    kind     text NOT NULL CHECK (kind IN ('hub', 'area', 'source')),
    key      text NOT NULL,                  -- the hub's device id, the area's path, the source's name
    hub_silent boolean NOT NULL DEFAULT false, -- the hub itself fell silent: it ends with the hub's own word
    held_most integer NOT NULL DEFAULT 0,    -- most devices it ever held
    from_at  timestamptz NOT NULL,
    ended_at timestamptz
);

CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS outage_one_standing ON outage (kind, key) WHERE ended_at IS NULL;

-- One row a device. A row is written when it is due, not when its device speaks: a device heard in time has its
-- deadline put forward then, so a pass touches only what is due.
CREATE TABLE IF NOT EXISTS supervision (
    device_id  integer PRIMARY KEY REFERENCES device (id),
    status     text NOT NULL DEFAULT 'new'
               CHECK (status IN ('new', 'unwatched', 'awaited', 'live', 'grace', 'late', 'never_heard', 'held')),
    due_at     timestamptz NOT NULL DEFAULT 'infinity',
    every      interval NOT NULL DEFAULT '12 hours', -- how often it speaks
    allowed    interval NOT NULL DEFAULT '1 day',    -- how long it may be silent
    first_allowed interval NOT NULL DEFAULT '1 day', -- how long before its first word
    watched_from timestamptz,                -- since when somebody relies on it: what it said before does not count
    late_at    timestamptz,                  -- the deadline it missed, while it is silent
    outage_id  bigint REFERENCES outage (incident_id), -- what holds it
    by_table   integer NOT NULL DEFAULT 0    -- which version of the table of intervals planned it
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

CREATE INDEX CONCURRENTLY IF NOT EXISTS supervision_due ON supervision (due_at)
 WHERE status IN ('awaited', 'live', 'grace');

CREATE INDEX CONCURRENTLY IF NOT EXISTS supervision_silent ON supervision (late_at)
 WHERE status IN ('late', 'never_heard', 'held');

CREATE INDEX CONCURRENTLY IF NOT EXISTS supervision_new ON supervision (device_id) WHERE status = 'new';

CREATE INDEX CONCURRENTLY IF NOT EXISTS supervision_waiting ON supervision (device_id)
 WHERE status IN ('awaited', 'grace');

CREATE INDEX CONCURRENTLY IF NOT EXISTS supervision_outage ON supervision (outage_id) WHERE outage_id IS NOT NULL;

CREATE INDEX CONCURRENTLY IF NOT EXISTS device_hub ON device (hub_id) WHERE hub_id IS NOT NULL;

-- A device is planned anew whenever something changes that its plan depends on; who plans is the engine.
-- (No semicolon ends a line inside: this file runs statement by statement.)
CREATE OR REPLACE FUNCTION watch_device() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO supervision (device_id) VALUES (NEW.id)
        ON CONFLICT (device_id) DO UPDATE SET status = 'new' ; RETURN NULL ; END $$;

CREATE OR REPLACE TRIGGER device_is_watched AFTER INSERT OR UPDATE OF kind, source, model, interval_s, life, registered
    ON device FOR EACH ROW EXECUTE FUNCTION watch_device();

INSERT INTO supervision (device_id) SELECT id FROM device ON CONFLICT DO NOTHING;

-- What supervision found about a device besides its silence, while it lasts: written with its incident.
CREATE TABLE IF NOT EXISTS device_finding (
    device_id  integer NOT NULL REFERENCES device (id),
    topic      text NOT NULL CHECK (topic IN ('battery_low', 'sensor_stuck', 'test_overdue', 'test_stuck')),
    level      text NOT NULL DEFAULT '',
    found_at   timestamptz NOT NULL,
    PRIMARY KEY (device_id, topic)
);

-- A battery's lowest of each day, for its trend; ninety days.
CREATE TABLE IF NOT EXISTS battery_day (
    device_id  integer NOT NULL REFERENCES device (id),
    day        date NOT NULL,
    pct        real NOT NULL,
    PRIMARY KEY (device_id, day)
);

-- How far the slow rounds over all devices have come.
CREATE TABLE IF NOT EXISTS supervision_round (
    name       text PRIMARY KEY,
    after_id   integer NOT NULL DEFAULT 0,
    at         timestamptz NOT NULL
);

-- A fault past its repair time is the community worker's (centre.md, 23): the word is added, nothing is taken away.
ALTER TABLE incident DROP CONSTRAINT IF EXISTS incident_sound_to_check, ADD CONSTRAINT incident_sound_to_check CHECK
    (sound_to IN ('desks', 'supervisors', 'on_call_phone', 'county_duty', 'owner', 'community_worker', 'record')) NOT VALID;

ALTER TABLE incident VALIDATE CONSTRAINT incident_sound_to_check;
