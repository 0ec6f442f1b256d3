-- one by one
-- What may hold an alarm back, and what was held: bounded, dated, with author, reason and count. Every statement can be
-- run again.

-- Away from home (外出报备): holds inactivity and visits, nothing else.
CREATE TABLE IF NOT EXISTS absence (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    resident_id bigint REFERENCES resident (id),
    premises_id bigint REFERENCES premises (id),
    from_at     timestamptz NOT NULL,
    until_at    timestamptz NOT NULL,
    author      bigint NOT NULL REFERENCES app_user (id),
    reason      text NOT NULL,
    created_at  timestamptz NOT NULL,
    ended_at    timestamptz,                  -- come home, or taken back, before `until_at`
    ended_by    bigint REFERENCES app_user (id),
    looked_at   timestamptz,                  -- up to when the engine looked whether somebody is there
    version     integer NOT NULL DEFAULT 1,
    CHECK (num_nonnulls(resident_id, premises_id) = 1),
    CHECK (until_at > from_at)
);
CREATE INDEX CONCURRENTLY IF NOT EXISTS absence_resident ON absence (resident_id, until_at) WHERE resident_id IS NOT NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS absence_premises ON absence (premises_id, until_at) WHERE premises_id IS NOT NULL;

-- Silences (屏蔽): technical classes only, by code.
CREATE TABLE IF NOT EXISTS silence (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device_id   integer REFERENCES device (id),
    area        ltree,
    classes     text[] NOT NULL DEFAULT '{}',
    types       text[] NOT NULL DEFAULT '{}',
    from_at     timestamptz NOT NULL,
    until_at    timestamptz NOT NULL,
    author      bigint NOT NULL REFERENCES app_user (id),
    reason      text NOT NULL,
    created_at  timestamptz NOT NULL,
    ended_at    timestamptz,
    ended_by    bigint REFERENCES app_user (id),
    version     integer NOT NULL DEFAULT 1,
    CHECK (cardinality(classes) + cardinality(types) > 0),
    CHECK (until_at > from_at AND until_at <= from_at + interval '30 days')
);
CREATE INDEX CONCURRENTLY IF NOT EXISTS silence_standing ON silence (until_at) WHERE ended_at IS NULL;

-- Storm mode (大面积报警模式): suggested by the engine, switched on by a person, always dated.
CREATE TABLE IF NOT EXISTS storm (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    area         ltree,                       -- NULL: the whole centre
    profile      text NOT NULL DEFAULT 'default',
    classes      text[] NOT NULL DEFAULT '{}', -- none: every class that may be held
    state        text NOT NULL CHECK (state IN ('suggested', 'on', 'ended')),
    reason       text NOT NULL DEFAULT '',
    suggested_at timestamptz,
    rate         integer,                     -- technical alarms in ten minutes when it was suggested
    normal       real,                        -- as usual in ten minutes at this hour
    from_at      timestamptz,
    until_at     timestamptz,
    by_user      bigint REFERENCES app_user (id),
    ended_at     timestamptz,
    ended_by     bigint REFERENCES app_user (id), -- NULL: its time was over
    ended_why    text,
    incident_id  bigint REFERENCES incident (id), -- the one row that stands for what it holds
    counted      bigint NOT NULL DEFAULT 0,   -- of what it holds, on that row already
    version      integer NOT NULL DEFAULT 1,
    CHECK (state <> 'on' OR (from_at IS NOT NULL AND until_at IS NOT NULL AND incident_id IS NOT NULL)),
    CHECK (until_at IS NULL OR (until_at > from_at AND until_at <= from_at + interval '24 hours'))
);
CREATE INDEX CONCURRENTLY IF NOT EXISTS storm_standing ON storm (until_at) WHERE state <> 'ended';

-- Power lost in many homes of a hub or an area together: one incident that lists who stands behind it.
CREATE TABLE IF NOT EXISTS power_outage (
    incident_id bigint PRIMARY KEY REFERENCES incident (id),
    part        text NOT NULL,                -- hub:<id>, area:<path>, centre
    hub_id      integer REFERENCES device (id),
    area        ltree,
    from_at     timestamptz NOT NULL,
    ended_at    timestamptz,
    counted     bigint NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS power_outage_standing ON power_outage (part) WHERE ended_at IS NULL;

-- What is held: a row for each device and cause behind each of the above; it counts, so that nothing grows with a flood.
CREATE TABLE IF NOT EXISTS held (
    no          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text NOT NULL CHECK (kind IN ('silence', 'storm', 'outage', 'absence', 'runaway')),
    ref         bigint NOT NULL,              -- the silence, storm or absence; of an outage or a runaway its incident
    device_id   integer REFERENCES device (id),
    incident_id bigint REFERENCES incident (id), -- whose escalation waits; NULL: an alarm that opened nothing
    resident_id bigint,
    premises_id bigint,
    area        ltree,
    class       text NOT NULL,
    topic       text NOT NULL,
    hits        integer NOT NULL DEFAULT 1,
    event_no    bigint,                       -- the last one
    first_at    timestamptz NOT NULL,
    last_at     timestamptz NOT NULL,
    ended_at    timestamptz,
    ended_why   text CHECK (ended_why IN ('cleared', 'released'))
);
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS held_once ON held (kind, ref, device_id, topic)
    WHERE ended_at IS NULL AND incident_id IS NULL;
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS held_escalation_once ON held (incident_id)
    WHERE ended_at IS NULL AND incident_id IS NOT NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS held_by ON held (kind, ref, no);
CREATE INDEX CONCURRENTLY IF NOT EXISTS held_of_device ON held (device_id, topic) WHERE ended_at IS NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS held_standing ON held (no) WHERE ended_at IS NULL;

-- How a device's technical alarms come: back and forth, or too many. One row a device and cause, under the device's lock.
CREATE TABLE IF NOT EXISTS damping (
    device_id      integer NOT NULL REFERENCES device (id),
    topic          text NOT NULL,
    bad            boolean NOT NULL,          -- the last word: it is, or it is over
    changes        timestamptz[] NOT NULL DEFAULT '{}', -- of the last minutes, as many as the rule asks about
    flapping_since timestamptz,
    flaps          integer NOT NULL DEFAULT 0,
    window_at      timestamptz NOT NULL,
    alarms         integer NOT NULL DEFAULT 0, -- in this window
    runaway_since  timestamptz,
    held           integer NOT NULL DEFAULT 0, -- counted, not sounded, since it ran away
    last_at        timestamptz NOT NULL,
    PRIMARY KEY (device_id, topic)
);
CREATE INDEX CONCURRENTLY IF NOT EXISTS damping_flapping ON damping (last_at) WHERE flapping_since IS NOT NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS damping_runaway ON damping (last_at) WHERE runaway_since IS NOT NULL;

-- What a storm is told by: technical alarms as they came, and where; and power lost a moment ago.
CREATE INDEX CONCURRENTLY IF NOT EXISTS event_technical ON event (received_at)
    WHERE type IN ('power_lost', 'fault', 'battery_low', 'tamper', 'removed');
CREATE INDEX CONCURRENTLY IF NOT EXISTS incident_power ON incident (opened_at)
    WHERE class IN ('power_lost', 'power_lost_dependent');

-- A test of some kinds only: the others are real. NULL: of all.
ALTER TABLE test_mode ADD COLUMN IF NOT EXISTS types text[];
