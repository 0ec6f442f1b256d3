-- Whoever goes to people: who they are, where they are, what they were asked and what became of it.

CREATE TABLE responder (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 50),
    kind         text NOT NULL CHECK (kind IN ('community_worker', 'care_worker', 'grid_worker', 'volunteer', 'rescue_team',
                     'mini_fire_station', 'family_doctor', 'property_guard', 'family', 'neighbour')),
    status       text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended', 'left')),
    user_id      bigint REFERENCES app_user (id), -- signs in with the role responder; NULL: by link and telephone only
    phone        text,                       -- normalised; its last four digits bind a device to a link (rule 20)
    phone_typed  text,
    email        text,
    channels     text[] NOT NULL DEFAULT '{}', -- kinds in the order tried; empty: as the notice needs
    trained      boolean NOT NULL DEFAULT false, -- for fire, gas and CO, where the kind does not say so by itself
    skills       text[] NOT NULL DEFAULT '{}',
    areas        ltree[] NOT NULL DEFAULT '{}',  -- empty: everywhere
    residents    bigint[] NOT NULL DEFAULT '{}', -- only for these (family, a neighbour); empty: for everybody
    agreed_to_nights   boolean NOT NULL DEFAULT false,
    agreed_to_searches boolean NOT NULL DEFAULT false, -- a volunteer whom the machine may send to look for somebody
    is_employed  boolean NOT NULL DEFAULT false, -- to anybody else a revealed code makes a task to change it (rule 26)
    means        text NOT NULL DEFAULT 'e_bike'
                 CHECK (means IN ('foot', 'bicycle', 'e_bike', 'motorcycle', 'car', 'fire_engine')),
    languages    text[] NOT NULL DEFAULT '{}',
    dialects     text[] NOT NULL DEFAULT '{}',
    time_zone    text NOT NULL DEFAULT 'Asia/Shanghai', -- whose night it is
    base_lat     double precision CHECK (base_lat BETWEEN -90 AND 90),
    base_lon     double precision CHECK (base_lon BETWEEN -180 AND 180),
    flagged_at   timestamptz,                -- three refusals or time-outs in 30 days: somebody should talk with them
    version      integer NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL,
    CHECK ((base_lat IS NULL) = (base_lon IS NULL))
);
CREATE UNIQUE INDEX responder_user ON responder (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX responder_phone ON responder (phone) WHERE phone IS NOT NULL;

CREATE TABLE responder_absence (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    responder_id bigint NOT NULL REFERENCES responder (id),
    from_at      timestamptz NOT NULL,
    to_at        timestamptz,                -- NULL: until further notice
    reason       text NOT NULL DEFAULT 'other' CHECK (reason IN ('away', 'ill', 'no_transport', 'other')),
    cancelled_at timestamptz,
    CHECK (to_at > from_at)
);
CREATE INDEX responder_absence_now ON responder_absence (responder_id, to_at) WHERE cancelled_at IS NULL;

-- Where they were last. Rewritten often: half-empty pages keep the rewriting on the page.
CREATE TABLE responder_position (
    responder_id bigint PRIMARY KEY REFERENCES responder (id),
    lat          double precision NOT NULL CHECK (lat BETWEEN -90 AND 90),
    lon          double precision NOT NULL CHECK (lon BETWEEN -180 AND 180),
    accuracy_m   real CHECK (accuracy_m >= 0),
    at           timestamptz NOT NULL        -- received: a telephone's clock may lie
) WITH (fillfactor = 50);

-- How far the field chain of an incident has come: a round asks each person at most once.
CREATE TABLE field_chain (
    incident_id  bigint PRIMARY KEY REFERENCES incident (id),
    round        integer NOT NULL DEFAULT 0,
    sendings     integer NOT NULL DEFAULT 0, -- by the machine
    empty_looks  integer NOT NULL DEFAULT 0, -- in a row that found nobody to ask: it looks again, less and less often
    begun_at     timestamptz NOT NULL,       -- the first offer, whoever made it
    satisfied_at timestamptz,                -- an arrival, or a hand-over that was accepted: nothing else ends it
    satisfied_by text,
    CHECK ((satisfied_at IS NULL) = (satisfied_by IS NULL))
);

CREATE TABLE assignment (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id  bigint NOT NULL REFERENCES incident (id),
    responder_id bigint NOT NULL REFERENCES responder (id),
    state        text NOT NULL CHECK (state IN ('offered', 'accepted', 'en_route', 'on_scene', 'done', 'declined',
                                                'timed_out', 'stood_down', 'left')),
    offered_by   text NOT NULL,              -- 'system' or 'user:3'
    round        integer NOT NULL,
    is_outside_only boolean NOT NULL DEFAULT false, -- without breathing gear where the air may kill
    is_watched   boolean NOT NULL DEFAULT false,    -- in danger, or alone at night: has a check-back time (rule 11)
    offered_at   timestamptz NOT NULL,
    standby_at   timestamptz,                -- would go, but another was first
    accepted_at  timestamptz,
    moving_at    timestamptz,
    arrived_at   timestamptz,
    ended_at     timestamptz,
    heard_at     timestamptz,                -- their last word, by whatever way
    called_at    timestamptz,                -- asked how they are, and not heard since
    arrive_by    timestamptz,
    eta_s        integer,
    distance_m   integer,
    from_lat     double precision,           -- where they were when they accepted: who is elsewhere later has moved
    from_lon     double precision,
    next_step    text CHECK (next_step IN ('answer', 'movement', 'arrival', 'report', 'silence')),
    next_due_at  timestamptz,
    failures     smallint NOT NULL DEFAULT 0,
    link_digest  bytea UNIQUE,               -- of the link's short code, never the code
    link_until   timestamptz,
    link_tries   smallint NOT NULL DEFAULT 0, -- wrong digits
    reasons      jsonb NOT NULL DEFAULT '{}', -- why this one: codes and numbers
    ended_for    text,                       -- a code: why declined, left or stood down
    is_doubted   boolean NOT NULL DEFAULT false, -- the last "arrived" or "done" cannot be, by place or by time
    report       jsonb NOT NULL DEFAULT '{}', -- entered, seen, condition, needs_ambulance: codes only
    confirmed_at timestamptz,                -- the stand-down was read
    CONSTRAINT assignment_open_has_a_next_step
        CHECK ((state IN ('offered', 'accepted', 'en_route', 'on_scene')) = (next_due_at IS NOT NULL)),
    CONSTRAINT assignment_next_step_has_a_time CHECK ((next_due_at IS NULL) = (next_step IS NULL))
);
-- The second guard behind the incident's lock: asked twice at once for one case, nobody is.
CREATE UNIQUE INDEX assignment_one_open ON assignment (incident_id, responder_id)
 WHERE state IN ('offered', 'accepted', 'en_route', 'on_scene');
CREATE INDEX assignment_due ON assignment (next_due_at) WHERE next_due_at IS NOT NULL;
CREATE INDEX assignment_incident ON assignment (incident_id, id);
CREATE INDEX assignment_responder ON assignment (responder_id, offered_at);

-- A telephone or browser that proved once, by the last four digits, whose it is.
CREATE TABLE responder_device (
    digest       bytea PRIMARY KEY,          -- of the cookie's secret
    responder_id bigint NOT NULL REFERENCES responder (id),
    made_at      timestamptz NOT NULL,
    seen_at      timestamptz NOT NULL
);
CREATE INDEX responder_device_responder ON responder_device (responder_id);

-- A notice that asks nothing: who is near a danger and not trained for it is told to keep out (rule 11).
ALTER TABLE outbox DROP CONSTRAINT outbox_purpose_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_purpose_check CHECK (purpose IN (
    'escalation', 'offer', 'stand_down', 'information', 'warning', 'check_back', 'call_services', 'channel_test',
    'summary')) NOT VALID;
ALTER TABLE outbox VALIDATE CONSTRAINT outbox_purpose_check;
