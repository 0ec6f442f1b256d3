-- The first schema. Every statement only adds.
-- Ids are bigint identities; times are timestamptz; words (states, classes, types) are text checked here, so that a
-- row reads the same in SQL, JSON and the glossary.

CREATE EXTENSION IF NOT EXISTS ltree;
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- Places and people ---------------------------------------------------------------------------------------------

CREATE TABLE area (
    path       ltree PRIMARY KEY,            -- labels are official codes (GB/T 2260, GB/T 10114); local ones begin with a letter
    name       text NOT NULL DEFAULT '',
    name_en    text NOT NULL DEFAULT '',
    old_codes  jsonb NOT NULL DEFAULT '[]',  -- [{code, until}], since codes change
    police     text,                         -- the direct numbers of ITS control rooms, never the centre's own (rule 7)
    fire       text,
    ambulance  text,
    numbers_tested_at timestamptz,
    is_country boolean NOT NULL DEFAULT false, -- 25-minute circle instead of 15
    version    integer NOT NULL DEFAULT 1
);
CREATE INDEX area_path_gist ON area USING gist (path);

CREATE TABLE premises (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    address    text NOT NULL,                -- as typed, kept for ever beside any parts
    parts      jsonb NOT NULL DEFAULT '{}',  -- town village group compound building unit room entrance landmark
    area       ltree REFERENCES area (path),
    lat        double precision CHECK (lat BETWEEN -90 AND 90),
    lon        double precision CHECK (lon BETWEEN -180 AND 180),
    hazards    text[] NOT NULL DEFAULT '{}',
    version    integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    CHECK ((lat IS NULL) = (lon IS NULL))
);
CREATE INDEX premises_area ON premises USING gist (area);
CREATE INDEX premises_address ON premises USING gin (address gin_trgm_ops);

CREATE TABLE premises_access (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    premises_id bigint NOT NULL REFERENCES premises (id),
    kind        text NOT NULL CHECK (kind IN ('key_holder', 'key_box', 'smart_lock', 'gate_code', 'concierge', 'forced_entry')),
    holder      text,
    secret      bytea,                       -- sealed one by one; revealed inside a case only (rule 26)
    valid_to    timestamptz,
    consent     text NOT NULL DEFAULT '',
    instructions text NOT NULL DEFAULT '',
    proved_at   timestamptz                  -- when this way in was last proved to work
);
CREATE INDEX premises_access_premises ON premises_access (premises_id);

CREATE TABLE resident (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ref          text UNIQUE,                -- the buyer's own number names a person for certain (rule 13)
    name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 50),
    search       text NOT NULL DEFAULT '',   -- pinyin, initials, also_called, digits of phones, building and room
    also_called  text NOT NULL DEFAULT '',
    status       text NOT NULL DEFAULT 'active'
                 CHECK (status IN ('active', 'away', 'in_hospital', 'in_care_home', 'moved', 'died', 'left_service')),
    premises_id  bigint REFERENCES premises (id),
    birth_date   text CHECK (birth_date ~ '^\d{4}(-\d{2}-\d{2})?$'),  -- the year alone is allowed
    tags         text[] NOT NULL DEFAULT '{}',
    ability      smallint CHECK (ability BETWEEN 0 AND 4),           -- GB/T 42195
    phone        text,                       -- normalised
    phone_typed  text,
    communication jsonb NOT NULL DEFAULT '{}', -- languages dialects hearing speech understands preferred note
    identity_sealed bytea,
    identity_hash   bytea UNIQUE,            -- keyed hash, to match without opening
    notes_sealed    bytea,
    version      integer NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL
);
CREATE INDEX resident_premises ON resident (premises_id);
CREATE INDEX resident_search ON resident USING gin (search gin_trgm_ops);

-- A status is dated, with its source and who confirmed it (rule 17); the current one is repeated on the resident.
CREATE TABLE resident_status (
    resident_id  bigint NOT NULL REFERENCES resident (id),
    from_at      timestamptz NOT NULL,
    status       text NOT NULL,
    expected_end timestamptz,
    source       text NOT NULL,
    confirmed_by bigint,
    second_user  bigint,                     -- 'died' needs two
    PRIMARY KEY (resident_id, from_at)
);

CREATE TABLE contact (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    resident_id bigint NOT NULL REFERENCES resident (id),
    name        text NOT NULL,
    relation    text NOT NULL DEFAULT '',
    role        text NOT NULL CHECK (role IN ('attends', 'holds_key', 'informed_only', 'decides', 'barred')),
    rank        smallint NOT NULL DEFAULT 1,
    phone       text,
    phone_typed text,
    languages   text[] NOT NULL DEFAULT '{}',
    time_zone   text NOT NULL DEFAULT 'Asia/Shanghai',
    channels    text[] NOT NULL DEFAULT '{}',
    quiet_hours jsonb NOT NULL DEFAULT '[]', -- holds P3 and below, never P1 or P2 (rule 24)
    version     integer NOT NULL DEFAULT 1
);
CREATE INDEX contact_resident ON contact (resident_id, rank);

CREATE TABLE consent (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    resident_id bigint REFERENCES resident (id),
    contact_id  bigint REFERENCES contact (id),
    purpose     text NOT NULL,
    basis       text NOT NULL CHECK (basis IN ('consent', 'contract', 'law', 'vital_interest')),
    given_by    text NOT NULL,
    how         text NOT NULL,
    text_version text NOT NULL DEFAULT '',
    given_at    timestamptz NOT NULL,
    withdrawn_at timestamptz
);
CREATE INDEX consent_resident ON consent (resident_id, purpose);

CREATE TABLE legal_hold (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    author      bigint NOT NULL,
    reason      text NOT NULL,
    resident_id bigint REFERENCES resident (id),
    incident_id bigint,
    from_at     timestamptz NOT NULL,
    until_at    timestamptz
);

-- Keys for erasable text: one per owner; erasing a person is destroying one row (rule 33) --------------------------

CREATE TABLE text_key (
    owner      text PRIMARY KEY,             -- 'r<resident>', or 'i<incident>' where nobody is named yet
    wrapped    bytea,                        -- under the master key; NULL once erased
    made_at    timestamptz NOT NULL,
    erased_at  timestamptz,
    erased_rule text,
    CHECK ((wrapped IS NULL) = (erased_at IS NOT NULL))
);

-- Devices ---------------------------------------------------------------------------------------------------------

CREATE TABLE device (
    id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device     text NOT NULL UNIQUE CHECK (device ~ '^[A-Za-z0-9._:-]{1,64}$'),
    kind       text NOT NULL DEFAULT 'other'
               CHECK (kind IN ('call_button', 'smoke_alarm', 'location_band', 'gas_alarm', 'fall_sensor', 'bed_sensor',
                               'door_sensor', 'motion_sensor', 'hub', 'other')),
    source     text NOT NULL DEFAULT 'canonical',
    model      text NOT NULL DEFAULT '',
    interval_s integer CHECK (interval_s > 0),
    wearer     text NOT NULL DEFAULT 'shared' CHECK (wearer IN ('personal', 'shared')),
    life       text NOT NULL DEFAULT 'in_stock'
               CHECK (life IN ('in_stock', 'installed', 'live', 'suspended', 'returned', 'lost')),
    registered boolean NOT NULL DEFAULT true, -- false: only its alarms made this row, so that they have a row to lock
    hub_id     integer REFERENCES device (id),
    area       ltree REFERENCES area (path),
    sim_number text,
    version    integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL
);

-- Who has a device is a dated row, never an overwrite: events keep the person they belonged to (rule 16).
CREATE TABLE device_holder (
    device_id   integer NOT NULL REFERENCES device (id),
    from_at     timestamptz NOT NULL,
    to_at       timestamptz,
    resident_id bigint REFERENCES resident (id),
    premises_id bigint REFERENCES premises (id),
    PRIMARY KEY (device_id, from_at),
    CHECK (resident_id IS NOT NULL OR premises_id IS NOT NULL)
);
CREATE UNIQUE INDEX device_holder_now ON device_holder (device_id) WHERE to_at IS NULL;
CREATE INDEX device_holder_resident ON device_holder (resident_id) WHERE to_at IS NULL;
CREATE INDEX device_holder_premises ON device_holder (premises_id) WHERE to_at IS NULL;

-- Rewritten often: half-empty pages keep the rewriting on the page (HOT), and no index covers what changes.
CREATE TABLE device_state (
    device_id  integer PRIMARY KEY REFERENCES device (id),
    last_seen  timestamptz,
    online     boolean,                      -- as the broker says; never proves life (invariant 13)
    battery_pct real,
    lat        double precision,
    lon        double precision,
    accuracy_m real,
    fix_at     timestamptz,                  -- receipt of the fix, not the device's claim
    clock_ok_at timestamptz,                 -- last message whose own time was within ten minutes of receipt
    open       text[] NOT NULL DEFAULT '{}', -- conditions reported and not cleared: {smoke, battery_low}
    version    integer NOT NULL DEFAULT 1
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);

-- A device has its state row from the first moment: what ingest writes is an UPDATE, never a race to insert.
CREATE FUNCTION make_device_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO device_state (device_id) VALUES (NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER device_has_a_state AFTER INSERT ON device FOR EACH ROW EXECUTE FUNCTION make_device_state();

-- Test mode is per device, dated, bounded (rule 12).
CREATE TABLE test_mode (
    device_id integer NOT NULL REFERENCES device (id),
    from_at   timestamptz NOT NULL,
    until_at  timestamptz NOT NULL,
    by_user   bigint,
    reason    text NOT NULL,
    PRIMARY KEY (device_id, from_at),
    CHECK (until_at <= from_at + interval '30 minutes')
);

-- What devices said -------------------------------------------------------------------------------------------------

-- Alarms and state changes: never partitioned, so that no missing partition can stop an alarm.
CREATE TABLE event (
    no          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device_id   integer NOT NULL REFERENCES device (id),
    event_id    text NOT NULL,
    digest      bigint NOT NULL,             -- of type and device time
    repeat      smallint NOT NULL DEFAULT 0, -- an id used again after its 24 h is another event
    type        text NOT NULL,
    at          timestamptz NOT NULL,        -- the device's clock: may lie
    received_at timestamptz NOT NULL,
    last_copy_at timestamptz NOT NULL,
    copies      integer NOT NULL DEFAULT 1,
    marks       text[] NOT NULL DEFAULT '{}', -- late clock_wrong retained id_reused damaged test unregistered
    resident_id bigint,
    premises_id bigint,
    incident_id bigint,
    decision    text NOT NULL,               -- the named reason
    data        jsonb NOT NULL,
    UNIQUE (device_id, event_id, digest, repeat)
);
CREATE INDEX event_incident ON event (incident_id) WHERE incident_id IS NOT NULL;
CREATE INDEX event_resident ON event (resident_id, received_at);
CREATE INDEX event_device ON event (device_id, received_at);
CREATE INDEX event_condition ON event (device_id, type, no); -- a device's last word about one condition

-- Readings, by UTC day of receipt. Each day has its own unique index on (device_id, event_id, digest): a parent's
-- would have to hold the receipt, which differs between copies.
CREATE TABLE reading (
    received_at timestamptz NOT NULL,
    at          timestamptz NOT NULL,
    digest      bigint NOT NULL,
    device_id   integer NOT NULL,
    late        boolean NOT NULL,            -- or the device's clock is wrong: the two times differ by over 10 min
    type        text NOT NULL,
    event_id    text NOT NULL,
    data        jsonb NOT NULL
) PARTITION BY RANGE (received_at);

-- What could not be used, with its exact bytes; equal bytes of one device are one row with a count.
CREATE TABLE dead_letter (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device      text NOT NULL,
    topic       text NOT NULL,
    source      text NOT NULL,
    lane        text NOT NULL,
    reason      text NOT NULL,
    detail      text NOT NULL,
    payload     bytea NOT NULL,
    payload_hash bytea NOT NULL,
    decoder     text NOT NULL,               -- version of the program that gave up
    retained    boolean NOT NULL DEFAULT false,
    count       bigint NOT NULL DEFAULT 1,
    first_at    timestamptz NOT NULL,
    last_at     timestamptz NOT NULL,
    replayed_at timestamptz,
    incident_id bigint,
    UNIQUE (device, topic, payload_hash)
);
CREATE INDEX dead_letter_last ON dead_letter (last_at DESC);

-- Digests of messages under suspicion: noted and committed before they are decoded (invariant 3).
CREATE TABLE suspect (
    lane       text NOT NULL,
    digest     bytea NOT NULL,
    noted      integer NOT NULL DEFAULT 1,
    last_at    timestamptz NOT NULL,
    PRIMARY KEY (lane, digest)
);

-- Incidents ---------------------------------------------------------------------------------------------------------

CREATE TABLE incident (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number      text NOT NULL UNIQUE,        -- 20261119-0143, in site time
    state       text NOT NULL CHECK (state IN ('open', 'claimed', 'dispatched', 'on_scene', 'resolved', 'closed')),
    priority    smallint NOT NULL CHECK (priority BETWEEN 1 AND 5),
    priority_at_start smallint NOT NULL,     -- figures are labelled by it
    class       text NOT NULL,
    family      text NOT NULL CHECK (family IN ('person', 'fire_and_gas', 'security', 'home', 'technical', 'request')),
    subject     text NOT NULL,               -- r<resident>, p<premises>, d<device>[:class], s:<name of a part>
    resident_id bigint REFERENCES resident (id),
    premises_id bigint REFERENCES premises (id),
    device_id   integer REFERENCES device (id),
    area        ltree,
    source      text NOT NULL CHECK (source IN ('device', 'system', 'phone', 'hotline', 'walk_in', 'other_centre', 'paper')),
    marks       text[] NOT NULL DEFAULT '{}', -- unregistered late clock_wrong retained test damaged
    opened_at   timestamptz NOT NULL,
    occurred_at timestamptz,                 -- entered from paper or told
    oldest_alarm_at timestamptz NOT NULL,
    sounded_at  timestamptz NOT NULL,        -- grows with each alarm and each re-sounding
    sound_to    text NOT NULL DEFAULT 'desks' CHECK (sound_to IN ('desks', 'supervisors', 'on_call_phone', 'county_duty', 'owner', 'record')),
    stage       smallint NOT NULL DEFAULT 0, -- rungs of the desk chain fired since it was last attended
    alert_count integer NOT NULL DEFAULT 0,
    unattended  boolean NOT NULL GENERATED ALWAYS AS (claimed_by IS NULL AND state NOT IN ('resolved', 'closed')) STORED,
    claimed_by  bigint,
    claimed_at  timestamptz,
    acted_at    timestamptz,                 -- the owner's last human act
    answered_at timestamptz,                 -- the first claim that counts: kept ten seconds, or followed by a step
    lease_until timestamptz,
    last_owner  bigint,
    next_due_at timestamptz,
    next_step   text,
    policy_version text NOT NULL,
    plan        jsonb NOT NULL DEFAULT '[]', -- frozen when the class came in (invariant 9)
    first_escalation_s integer NOT NULL,     -- frozen with the plan
    place       jsonb,
    caller      jsonb,
    outcome     text,
    safety      jsonb,
    review      boolean NOT NULL DEFAULT false,
    resolved_at timestamptz,
    resolved_by bigint,
    closed_at   timestamptz,
    follows     bigint REFERENCES incident (id),
    merged_into bigint REFERENCES incident (id),
    version     integer NOT NULL DEFAULT 1,
    last_seq    integer NOT NULL DEFAULT 0,  -- of its entries
    last_hash   bytea NOT NULL,
    anchored_seq integer NOT NULL DEFAULT 0, -- up to which entry an anchor covers it
    CONSTRAINT incident_has_a_next_step CHECK ((state = 'closed') = (next_due_at IS NULL)),
    CONSTRAINT incident_claim_is_a_lease CHECK ((claimed_by IS NULL) = (lease_until IS NULL)),
    CONSTRAINT incident_claimed_has_an_owner CHECK (state <> 'claimed' OR claimed_by IS NOT NULL)
);
-- The second guard behind the row locks: one unresolved incident per person (or home, or device) and family.
CREATE UNIQUE INDEX incident_one_open ON incident (subject, family) WHERE state NOT IN ('resolved', 'closed');
CREATE INDEX incident_due ON incident (next_due_at) WHERE next_due_at IS NOT NULL;
CREATE INDEX incident_unanchored ON incident (id) WHERE last_seq > anchored_seq;
CREATE INDEX incident_lease ON incident (lease_until) WHERE lease_until IS NOT NULL;
CREATE INDEX incident_queue ON incident (priority, unattended DESC, oldest_alarm_at, id) WHERE state <> 'closed';
CREATE INDEX incident_subject ON incident (subject, family, resolved_at DESC);
CREATE INDEX incident_resident ON incident (resident_id, opened_at DESC);
CREATE INDEX incident_premises ON incident (premises_id, opened_at DESC);
CREATE INDEX incident_follows ON incident (follows) WHERE follows IS NOT NULL;
CREATE INDEX incident_area ON incident USING gist (area) WHERE state <> 'closed';

CREATE TABLE incident_day (
    day   date PRIMARY KEY,
    count integer NOT NULL
);

CREATE TABLE incident_link (
    incident_id bigint NOT NULL REFERENCES incident (id),
    other_id    bigint NOT NULL REFERENCES incident (id),
    reason      text NOT NULL,
    at          timestamptz NOT NULL,
    PRIMARY KEY (incident_id, other_id),
    CHECK (incident_id < other_id)
);

-- Who said "I cannot take it now": this desk's sound drops to a pulse a minute (rule 9).
CREATE TABLE incident_pass (
    incident_id bigint NOT NULL REFERENCES incident (id),
    user_id     bigint NOT NULL,
    at          timestamptz NOT NULL,
    PRIMARY KEY (incident_id, user_id)
);

-- Pending deadlines, one a kind; firing deletes the row and writes an entry in the same transaction: each fires once.
CREATE TABLE deadline (
    incident_id bigint NOT NULL REFERENCES incident (id),
    kind        text NOT NULL CHECK (kind IN ('escalate', 'test', 'confirm', 'act', 'wrap_up', 'recheck')),
    stage       smallint NOT NULL DEFAULT 0,
    round       integer NOT NULL DEFAULT 0,  -- how often the ladder has begun again
    due_at      timestamptz NOT NULL,
    failures    smallint NOT NULL DEFAULT 0, -- of the step itself: 5, 15, 60 s, then the fixed step
    PRIMARY KEY (incident_id, kind)
);

-- The timeline. Append-only: the trigger below refuses everybody, the privilege refuses the owner as well.
CREATE TABLE entry (
    incident_id bigint NOT NULL REFERENCES incident (id),
    seq         integer NOT NULL,
    at          timestamptz NOT NULL,
    action      text NOT NULL,
    version     integer NOT NULL,            -- of the incident it came with: what changed since a reader's version
    fixed       text NOT NULL,               -- the exact bytes the hash covers: text, not jsonb
    hash        bytea NOT NULL,
    PRIMARY KEY (incident_id, seq)
);
CREATE INDEX entry_at ON entry (at);

-- Personal text of an entry, under its owner's key; erased without breaking the chain.
CREATE TABLE entry_text (
    incident_id bigint NOT NULL,
    seq         integer NOT NULL,
    key_owner   text NOT NULL REFERENCES text_key (owner),
    salt        bytea,
    sealed      bytea,
    erased_at   timestamptz,
    erased_rule text,
    -- No foreign key: its check locks the entry's row, which takes the privilege to update that nobody has.
    PRIMARY KEY (incident_id, seq)
);

-- Every minute: all incidents' last hashes since the anchor before, chained (invariant 10).
CREATE TABLE anchor (
    no      bigint PRIMARY KEY,
    at      timestamptz NOT NULL,
    covers  text NOT NULL,                   -- JSON [[incident, seq, hash], ...], the exact bytes hashed
    hash    bytea NOT NULL
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER anchor_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON anchor FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE, TRUNCATE ON entry, anchor FROM PUBLIC, CURRENT_USER;

-- A telephone call as the telephone system or the desk reports it (rules 6, 18).
CREATE TABLE call (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    direction   text NOT NULL CHECK (direction IN ('in', 'out')),
    number      text NOT NULL,
    line        text NOT NULL DEFAULT '',
    began_at    timestamptz NOT NULL,
    answered_at timestamptz,
    ended_at    timestamptz,
    recording   text,
    incident_id bigint REFERENCES incident (id),
    resident_id bigint REFERENCES resident (id),
    contact_id  bigint REFERENCES contact (id),
    version     integer NOT NULL DEFAULT 1
);

-- Notices to send: written in the transaction that decided them, sent by another process.
CREATE TABLE outbox (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id bigint REFERENCES incident (id),
    channel     text NOT NULL,
    recipient   text NOT NULL,               -- a reference ('user:3', 'contact:9'), never a number
    template    text NOT NULL,
    priority    smallint NOT NULL,
    state       text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'leased', 'sent', 'uncertain', 'failed', 'cancelled')),
    due_at      timestamptz NOT NULL,
    leased_until timestamptz,
    attempts    smallint NOT NULL DEFAULT 0,
    result      text,
    made_at     timestamptz NOT NULL
);
CREATE INDEX outbox_due ON outbox (priority, due_at) WHERE state IN ('waiting', 'leased');

-- The change feed ---------------------------------------------------------------------------------------------------

-- One row, updated as the last statement of a transaction with changes: numbers are without gaps, in commit order.
CREATE TABLE change_counter (
    one_row boolean PRIMARY KEY DEFAULT true CHECK (one_row),
    seq  bigint NOT NULL,
    at   timestamptz NOT NULL
);
INSERT INTO change_counter (seq, at) VALUES (0, now());

CREATE TABLE change (
    seq         bigint PRIMARY KEY,
    at          timestamptz NOT NULL,
    kind        text NOT NULL,               -- incident entry device resident premises user session
    object_id   bigint NOT NULL,
    part        integer,                     -- an entry's seq
    area        ltree,
    received_at timestamptz                  -- of the alarm that caused it, for alarm_seconds{stage="stream"}
);
CREATE INDEX change_at ON change (at);

-- Lanes -------------------------------------------------------------------------------------------------------------

CREATE TABLE lane (
    name        text PRIMARY KEY,
    holder      text NOT NULL DEFAULT '',
    epoch       bigint NOT NULL DEFAULT 0,
    valid_until timestamptz NOT NULL DEFAULT '-infinity',
    filters     text[] NOT NULL DEFAULT '{}', -- last subscribed
    had_session boolean NOT NULL DEFAULT false,
    last_seen   timestamptz,                 -- last message or ping through it
    retired_at  timestamptz
);

-- People who use it -------------------------------------------------------------------------------------------------

CREATE TABLE app_user (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name         text NOT NULL UNIQUE CHECK (name ~ '^[A-Za-z0-9._@-]{1,64}$'),
    display_name text NOT NULL,
    role         text NOT NULL CHECK (role IN ('dispatcher', 'supervisor', 'centre_manager', 'quality_reviewer',
                     'community_worker', 'responder', 'installer', 'register_clerk', 'data_protection_officer',
                     'system_administrator', 'security_administrator', 'auditor', 'program', 'administrator')),
    areas        ltree[] NOT NULL DEFAULT '{}', -- empty: everywhere
    language     text NOT NULL DEFAULT 'zh-CN',
    password     text,                       -- argon2id
    version      integer NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL,
    disabled_at  timestamptz
);

CREATE TABLE session (
    digest     bytea PRIMARY KEY,            -- of the cookie's secret, never the secret
    user_id    bigint NOT NULL REFERENCES app_user (id),
    made_at    timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    source     text NOT NULL DEFAULT ''
);
CREATE INDEX session_user_id ON session (user_id);

CREATE TABLE token (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL,
    digest     bytea NOT NULL UNIQUE,
    user_id    bigint NOT NULL REFERENCES app_user (id),
    made_at    timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz
);

-- Failed sign-ins per account and source (rule 10: lockout never ends an open session).
CREATE TABLE sign_in_failure (
    name    text NOT NULL,
    source  text NOT NULL,
    count   integer NOT NULL,
    last_at timestamptz NOT NULL,
    PRIMARY KEY (name, source)
);

CREATE TABLE duty (
    user_id bigint PRIMARY KEY REFERENCES app_user (id),
    state   text NOT NULL CHECK (state IN ('on', 'break', 'off')),
    since   timestamptz NOT NULL,
    acted_at timestamptz NOT NULL,
    stream_at timestamptz                    -- last time its stream answered a ping
);

CREATE TABLE shift_handover (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    from_user  bigint NOT NULL REFERENCES app_user (id),
    to_user    bigint REFERENCES app_user (id),
    page       jsonb NOT NULL,
    opened_at  timestamptz NOT NULL,
    given_at   timestamptz,
    taken_at   timestamptz
);

CREATE TABLE audit (
    no      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz NOT NULL,
    user_id bigint,
    action  text NOT NULL,
    object  text NOT NULL,
    purpose text NOT NULL DEFAULT '',
    source  text NOT NULL DEFAULT ''
);
CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_object ON audit (object, at);
CREATE TRIGGER audit_append_only BEFORE UPDATE OR TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Parts report that they live; the age of the engine's last pass is read by every process.
CREATE TABLE part (
    name    text PRIMARY KEY,                -- 'engine', 'canary'
    seen_at timestamptz NOT NULL,
    detail  jsonb NOT NULL DEFAULT '{}'
);
