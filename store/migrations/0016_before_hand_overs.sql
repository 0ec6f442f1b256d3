-- What a case is handed over to, offered to, and leaves to be done.

-- One row each time a control room was rung; what was said lies sealed under the key of the case's person (rule 33).
CREATE TABLE hand_over (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id  bigint NOT NULL REFERENCES incident (id),
    service      text NOT NULL CHECK (service IN ('police', 'fire', 'ambulance', 'other')),
    number       text NOT NULL,              -- as dialled: of the place of the incident, never the centre's own (rule 7)
    area         ltree,                      -- whose number it was
    dialled_by   bigint NOT NULL REFERENCES app_user (id),
    dialled_at   timestamptz NOT NULL,
    reference    text,
    answer       text CHECK (answer IN ('accepted', 'queued', 'rejected', 'passed_on')),
    answered_at  timestamptz,
    estimate_at  timestamptz,                -- queued: when they mean to be free
    departed_at  timestamptz,
    arrived_at   timestamptz,
    closed_at    timestamptz,
    cancelled_at timestamptz,
    cancelled_by bigint REFERENCES app_user (id),
    safety       jsonb,                      -- how the person was known to be safe when it was cancelled
    key_owner    text REFERENCES text_key (owner),
    sealed       bytea,                      -- who took it, what they were told, why they refused, whom they passed it to
    version      integer NOT NULL DEFAULT 1,
    CHECK ((answer IS NULL) = (answered_at IS NULL)),
    CHECK ((key_owner IS NULL) = (sealed IS NULL)),
    CHECK ((cancelled_at IS NULL) = (safety IS NULL))
);
CREATE INDEX hand_over_incident ON hand_over (incident_id, id);
CREATE INDEX hand_over_running ON hand_over (id DESC) WHERE closed_at IS NULL AND cancelled_at IS NULL;

-- A case offered to a colleague: the giver keeps it until they accept, and it falls back by itself.
CREATE TABLE incident_transfer (
    incident_id bigint PRIMARY KEY REFERENCES incident (id),
    from_user   bigint NOT NULL REFERENCES app_user (id),
    to_user     bigint NOT NULL REFERENCES app_user (id),
    offered_at  timestamptz NOT NULL,
    until_at    timestamptz NOT NULL,
    CHECK (from_user <> to_user)
);
CREATE INDEX incident_transfer_to ON incident_transfer (to_user);

-- Something that is left to do: a wrong number in the register, a code to change, somebody to talk with.
CREATE TABLE task (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text NOT NULL CHECK (kind ~ '^[a-z][a-z0-9_]{0,39}$'),
    state       text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'dropped')),
    key         text NOT NULL UNIQUE DEFAULT gen_random_uuid()::text, -- makes it happen once
    incident_id bigint REFERENCES incident (id),
    resident_id bigint REFERENCES resident (id),
    premises_id bigint REFERENCES premises (id),
    device_id   integer REFERENCES device (id),
    responder_id bigint,
    area        ltree,
    for_role    text NOT NULL DEFAULT 'supervisor',
    assigned_to bigint REFERENCES app_user (id),
    due_at      timestamptz,
    note_sealed bytea,
    made_by     bigint REFERENCES app_user (id), -- NULL: the system
    made_at     timestamptz NOT NULL,
    ended_by    bigint REFERENCES app_user (id),
    ended_at    timestamptz,
    version     integer NOT NULL DEFAULT 1,
    CHECK ((state = 'open') = (ended_at IS NULL))
);
CREATE INDEX task_open ON task (due_at, id) WHERE state = 'open';
CREATE INDEX task_incident ON task (incident_id) WHERE incident_id IS NOT NULL;
CREATE INDEX task_resident ON task (resident_id) WHERE resident_id IS NOT NULL;

CREATE INDEX incident_merged_into ON incident (merged_into) WHERE merged_into IS NOT NULL;

-- A transfer falls back by itself.
ALTER TABLE deadline DROP CONSTRAINT deadline_kind_check;
ALTER TABLE deadline ADD CONSTRAINT deadline_kind_check CHECK (kind IN (
    'escalate', 'test', 'confirm', 'act', 'wrap_up', 'recheck', 'delay', 'dispatch', 'services', 'family', 'call_back',
    'transfer')) NOT VALID;
ALTER TABLE deadline VALIDATE CONSTRAINT deadline_kind_check;

-- A case with all that were taken into it, and into those.
CREATE FUNCTION with_merged(bigint) RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
    WITH RECURSIVE taken_in AS (
        SELECT $1 AS id UNION SELECT i.id FROM incident AS i JOIN taken_in AS t ON i.merged_into = t.id
    )
    SELECT id FROM taken_in
$$;

-- The case that stayed of one that was merged; of any other, itself.
CREATE FUNCTION stays_as(bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
    WITH RECURSIVE way AS (
        SELECT i.id, i.merged_into FROM incident AS i WHERE i.id = $1
        UNION SELECT i.id, i.merged_into FROM incident AS i JOIN way AS w ON i.id = w.merged_into
    )
    SELECT id FROM way WHERE merged_into IS NULL
$$;
