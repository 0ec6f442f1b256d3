-- one by one
-- What detectors are told to look at, what they know, and what has come since they last looked. (No semicolon ends a line
-- inside: this file runs statement by statement.)

CREATE TABLE IF NOT EXISTS fence (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name          text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    kind          text NOT NULL CHECK (kind IN ('keep_in', 'keep_out', 'water')),
    resident_id   bigint REFERENCES resident (id),
    device_id     integer REFERENCES device (id),
    area          ltree REFERENCES area (path), -- of a water that is nobody's own: everybody with dementia who lives there
    shape         jsonb NOT NULL,            -- {"points": [{lat, lon}, ...], "radius_m": number or null}
    hours         jsonb NOT NULL DEFAULT '[]', -- [{from_min, to_min, days}], site time; empty: always
    confirm_fixes smallint NOT NULL CHECK (confirm_fixes BETWEEN 1 AND 10),
    dwell_s       integer NOT NULL CHECK (dwell_s BETWEEN 0 AND 3600),
    version       integer NOT NULL DEFAULT 1,
    created_at    timestamptz NOT NULL,
    ended_at      timestamptz,
    CONSTRAINT fence_is_of_one CHECK (num_nonnulls(resident_id, device_id) = 1 OR
                                      (kind = 'water' AND num_nonnulls(resident_id, device_id) = 0))
);
CREATE INDEX CONCURRENTLY IF NOT EXISTS fence_resident ON fence (resident_id) WHERE ended_at IS NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS fence_device ON fence (device_id) WHERE ended_at IS NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS fence_everybodys ON fence (id) WHERE ended_at IS NULL AND resident_id IS NULL AND device_id IS NULL;

-- A person's own bounds of body readings; what is not named has the county's.
CREATE TABLE IF NOT EXISTS vital_bounds (
    resident_id bigint PRIMARY KEY REFERENCES resident (id),
    bounds      jsonb NOT NULL DEFAULT '{}',
    version     integer NOT NULL DEFAULT 1,
    set_at      timestamptz NOT NULL
);

-- Hours in which somebody should move, medicine and wellbeing calls, the way back to bed.
CREATE TABLE IF NOT EXISTS care_rule (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    resident_id bigint NOT NULL REFERENCES resident (id),
    kind        text NOT NULL CHECK (kind IN ('inactivity', 'medicine', 'bed_return', 'wellbeing')),
    hours       jsonb NOT NULL,
    after_s     integer CHECK (after_s BETWEEN 600 AND 172800), -- inactivity: how long nobody may move
    version     integer NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL,
    ended_at    timestamptz,
    CONSTRAINT care_rule_inactivity_has_a_length CHECK ((kind = 'inactivity') = (after_s IS NOT NULL))
);
CREATE INDEX CONCURRENTLY IF NOT EXISTS care_rule_resident ON care_rule (resident_id) WHERE ended_at IS NULL;

CREATE TABLE IF NOT EXISTS visit (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    resident_id  bigint NOT NULL REFERENCES resident (id),
    critical     boolean NOT NULL DEFAULT false,
    from_at      timestamptz NOT NULL,       -- the planned window
    until_at     timestamptz NOT NULL,
    carer        text NOT NULL DEFAULT '',   -- a reference: 'user:3', 'responder:4', 'contact:9'
    purpose      text NOT NULL DEFAULT '',
    state        text NOT NULL DEFAULT 'planned'
                 CHECK (state IN ('planned', 'started', 'completed', 'missed', 'called_off')),
    started_at   timestamptz,
    completed_at timestamptz,
    proof        text CHECK (proof IN ('place', 'voice')),
    proof_detail jsonb,                      -- {lat, lon, accuracy_m, distance_m} or {call}
    incident_id  bigint REFERENCES incident (id), -- of its being missed
    made_by      bigint,
    version      integer NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL,
    CHECK (until_at >= from_at),
    CHECK ((state = 'completed') = (completed_at IS NOT NULL))
);
CREATE INDEX CONCURRENTLY IF NOT EXISTS visit_resident ON visit (resident_id, from_at DESC);
CREATE INDEX CONCURRENTLY IF NOT EXISTS visit_planned ON visit (from_at) WHERE state IN ('planned', 'started');

-- Somebody has answered for a wellbeing call: the resident, a contact, a desk.
CREATE TABLE IF NOT EXISTS check_in (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    resident_id bigint NOT NULL REFERENCES resident (id),
    at          timestamptz NOT NULL,
    by_contact  bigint REFERENCES contact (id), -- NULL: the resident
    noted_by    bigint,
    note        text NOT NULL DEFAULT ''
);
CREATE INDEX CONCURRENTLY IF NOT EXISTS check_in_resident ON check_in (resident_id, at DESC);

-- Who behind an outage was called or visited, and what came of it: what is left is the list to work off (centre.md, 22).
CREATE TABLE IF NOT EXISTS outage_call (
    incident_id bigint NOT NULL REFERENCES incident (id),
    resident_id bigint NOT NULL REFERENCES resident (id),
    at          timestamptz NOT NULL,
    result      text NOT NULL CHECK (result IN ('spoke_ok', 'seen_ok', 'no_answer', 'visit_planned', 'needs_help')),
    by_user     bigint NOT NULL REFERENCES app_user (id),
    PRIMARY KEY (incident_id, resident_id, at)
);

-- What a detector knows of one thing, carried from look to look. Time alone makes due only what names a time.
CREATE TABLE IF NOT EXISTS detector_state (
    detector     text NOT NULL CHECK (detector IN ('fence', 'vitals', 'care', 'visit')),
    owner_id     bigint NOT NULL,            -- fence, vitals: the device; care, visit: the resident
    part_id      bigint NOT NULL,            -- the fence, the resident, the rule, the visit
    state        jsonb NOT NULL DEFAULT '{}',
    next_look_at timestamptz,
    failures     smallint NOT NULL DEFAULT 0,
    version      integer NOT NULL DEFAULT 1,
    PRIMARY KEY (detector, owner_id, part_id)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX CONCURRENTLY IF NOT EXISTS detector_state_due ON detector_state (next_look_at) WHERE next_look_at IS NOT NULL;

-- Devices some detector wants to hear of. Who reads telemetry keeps their ids in memory, by `detector_plan.version`.
CREATE TABLE IF NOT EXISTS detector_watch (
    device_id integer PRIMARY KEY REFERENCES device (id)
);
CREATE TABLE IF NOT EXISTS detector_plan (
    one_row    boolean PRIMARY KEY DEFAULT true CHECK (one_row),
    version    bigint NOT NULL,              -- of detector_watch
    planned_at timestamptz NOT NULL,
    seen       bigint NOT NULL               -- of detector_changed, when it was planned
);
INSERT INTO detector_plan (version, planned_at, seen) VALUES (1, '-infinity', 0)
    ON CONFLICT DO NOTHING;

-- Moved on by whatever may change who is watched. A sequence: nobody waits for anybody, a number lost means nothing.
CREATE SEQUENCE IF NOT EXISTS detector_changed;

-- (The last word of the device stands in device_state; this is what came since its detectors looked.)
CREATE TABLE IF NOT EXISTS detector_input (
    no          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device_id   integer NOT NULL,
    received_at timestamptz NOT NULL,
    at          timestamptz NOT NULL,
    late        boolean NOT NULL,
    data        jsonb NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
CREATE INDEX CONCURRENTLY IF NOT EXISTS detector_input_device ON detector_input (device_id, no);

CREATE OR REPLACE FUNCTION detectors_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM nextval('detector_changed') ; RETURN NULL ; END $$;
CREATE OR REPLACE TRIGGER fence_is_planned AFTER INSERT OR UPDATE ON fence
    FOR EACH STATEMENT EXECUTE FUNCTION detectors_changed();
CREATE OR REPLACE TRIGGER bounds_are_planned AFTER INSERT OR UPDATE OR DELETE ON vital_bounds
    FOR EACH STATEMENT EXECUTE FUNCTION detectors_changed();
CREATE OR REPLACE TRIGGER holder_is_planned AFTER INSERT OR UPDATE ON device_holder
    FOR EACH STATEMENT EXECUTE FUNCTION detectors_changed();

-- Whoever gets a device next gets none of its fences, and nothing that was known of who had it (centre.md, 16).
CREATE OR REPLACE FUNCTION forget_detectors() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH states AS (DELETE FROM detector_state WHERE detector IN ('fence', 'vitals') AND owner_id = NEW.device_id),
         inputs AS (DELETE FROM detector_input WHERE device_id = NEW.device_id)
    UPDATE fence SET ended_at = NEW.to_at, version = version + 1
     WHERE device_id = NEW.device_id AND ended_at IS NULL ; RETURN NULL ; END $$;
CREATE OR REPLACE TRIGGER detectors_forget AFTER UPDATE OF to_at ON device_holder
    FOR EACH ROW WHEN (OLD.to_at IS NULL AND NEW.to_at IS NOT NULL) EXECUTE FUNCTION forget_detectors();

CREATE INDEX CONCURRENTLY IF NOT EXISTS device_holder_ever ON device_holder (resident_id, from_at)
 WHERE resident_id IS NOT NULL;

-- Before anybody is called, the resident is asked by their own device: no case yet.
ALTER TABLE command DROP CONSTRAINT IF EXISTS command_asked_check, ADD CONSTRAINT command_asked_check CHECK (asked IN (
    'by_hand', 'case_taken', 'help_coming', 'faster_fixes', 'fixes_restored', 'still_there')) NOT VALID;

ALTER TABLE command VALIDATE CONSTRAINT command_asked_check;

ALTER TABLE command DROP CONSTRAINT IF EXISTS command_check2, ADD CONSTRAINT command_check2 CHECK
    (asked IN ('by_hand', 'still_there') OR incident_id IS NOT NULL) NOT VALID;
ALTER TABLE command VALIDATE CONSTRAINT command_check2;
