-- one by one
-- What the monthly report reads that no record held, and the work it reports on: complaints, audited calls, exports.

-- Cases of a period are found by the block; an index of every row would make each alarm dearer.
CREATE INDEX CONCURRENTLY IF NOT EXISTS incident_opened ON incident USING brin (opened_at) WITH (pages_per_range = 16, autosummarize = on);

CREATE INDEX CONCURRENTLY IF NOT EXISTS audit_action ON audit (action, at);

-- How many residents of an area had a working life-safety device, once an hour: how it stood is not in the register.
CREATE TABLE IF NOT EXISTS protection_hour (
    hour       timestamptz NOT NULL,
    area       text NOT NULL DEFAULT '',     -- '' of those without one
    residents  integer NOT NULL,
    protected  integer NOT NULL,
    PRIMARY KEY (hour, area),
    CHECK (protected BETWEEN 0 AND residents)
);

-- A complaint: acknowledged in one working day, answered in fifteen (centre.md, 37). Who complains, of what, and what
-- they were told are personal and sealed under a key of its own.
CREATE TABLE IF NOT EXISTS complaint (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number          text NOT NULL UNIQUE,    -- C20261119-003, in site time
    channel         text NOT NULL CHECK (channel IN ('phone', 'hotline', 'letter', 'in_person', 'online', 'other')),
    subject         text NOT NULL CHECK (subject IN ('answer', 'dispatch', 'conduct', 'device', 'privacy', 'fees', 'other')),
    area            ltree,
    resident_id     bigint REFERENCES resident (id),
    key_owner       text NOT NULL REFERENCES text_key (owner),
    sealed          bytea NOT NULL,
    received_at     timestamptz NOT NULL,
    acknowledge_by  timestamptz NOT NULL,
    answer_by       timestamptz NOT NULL,
    acknowledged_at timestamptz,
    acknowledged_by bigint REFERENCES app_user (id),
    answered_at     timestamptz,
    answered_by     bigint REFERENCES app_user (id),
    finding         text CHECK (finding IN ('upheld', 'partly_upheld', 'not_upheld', 'withdrawn')),
    made_by         bigint NOT NULL REFERENCES app_user (id),
    made_at         timestamptz NOT NULL,
    version         integer NOT NULL DEFAULT 1,
    CHECK ((answered_at IS NULL) = (finding IS NULL)),
    CHECK (answered_at IS NULL OR acknowledged_at IS NOT NULL)
);
CREATE INDEX CONCURRENTLY IF NOT EXISTS complaint_received ON complaint (received_at);
CREATE TABLE IF NOT EXISTS complaint_day (
    day   date PRIMARY KEY,
    count integer NOT NULL
);

-- The cases it is about; each is on legal hold from the moment it is linked.
CREATE TABLE IF NOT EXISTS complaint_case (
    complaint_id bigint NOT NULL REFERENCES complaint (id),
    incident_id  bigint NOT NULL REFERENCES incident (id),
    hold_id      bigint NOT NULL REFERENCES legal_hold (id),
    PRIMARY KEY (complaint_id, incident_id)
);
CREATE INDEX CONCURRENTLY IF NOT EXISTS complaint_case_incident ON complaint_case (incident_id);

-- A monthly sample of calls, drawn by a recorded seed: who draws again with it draws the same.
CREATE TABLE IF NOT EXISTS call_sample (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    month      date NOT NULL,
    seed       bigint NOT NULL,
    per_user   smallint NOT NULL CHECK (per_user BETWEEN 2 AND 20),
    areas      ltree[] NOT NULL DEFAULT '{}', -- the sight of who drew it: empty, everywhere
    candidates integer NOT NULL,             -- how many calls it was drawn from
    drawn_by   bigint NOT NULL REFERENCES app_user (id),
    drawn_at   timestamptz NOT NULL,
    CHECK (extract(day FROM month) = 1)
);

CREATE TABLE IF NOT EXISTS call_audit (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sample_id      bigint NOT NULL REFERENCES call_sample (id),
    incident_id    bigint NOT NULL REFERENCES incident (id),
    entry_seq      integer NOT NULL,         -- the call in the case's timeline
    user_id        bigint NOT NULL REFERENCES app_user (id), -- whose call it was
    called_at      timestamptz NOT NULL,
    stratum        text NOT NULL CHECK (stratum IN ('emergency', 'night', 'accidental', 'other')),
    reviewer       bigint REFERENCES app_user (id),
    scores         jsonb,
    reviewed_at    timestamptz,
    second_wanted  boolean NOT NULL DEFAULT false, -- the first reviewer asks for one, or the dispatcher disagrees
    second_reviewer bigint REFERENCES app_user (id),
    second_scores  jsonb,
    second_at      timestamptz,
    note_owner     text REFERENCES text_key (owner),
    note_sealed    bytea,
    signed_at      timestamptz,              -- the dispatcher has read the feedback
    disagrees      boolean NOT NULL DEFAULT false,
    version        integer NOT NULL DEFAULT 1,
    UNIQUE (sample_id, incident_id, entry_seq),
    CHECK ((scores IS NULL) = (reviewer IS NULL) AND (scores IS NULL) = (reviewed_at IS NULL)),
    CHECK ((second_scores IS NULL) = (second_reviewer IS NULL) AND (second_scores IS NULL) = (second_at IS NULL)),
    CHECK (second_reviewer IS DISTINCT FROM reviewer OR reviewer IS NULL),
    CHECK (reviewer IS DISTINCT FROM user_id AND second_reviewer IS DISTINCT FROM user_id)
);
CREATE INDEX CONCURRENTLY IF NOT EXISTS call_audit_user ON call_audit (user_id, called_at);

-- What left the system as a file: who asked, who agreed, for what, until when (centre.md, 35).
CREATE TABLE IF NOT EXISTS export (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind         text NOT NULL CHECK (kind IN ('residents', 'devices', 'incidents')),
    area         ltree,
    areas        ltree[] NOT NULL DEFAULT '{}', -- the sight of who asked
    reason       text NOT NULL,
    people       integer NOT NULL,           -- of whom it tells, when it was asked for
    state        text NOT NULL CHECK (state IN ('waiting', 'ready', 'refused', 'ended')),
    asked_by     bigint NOT NULL REFERENCES app_user (id),
    asked_at     timestamptz NOT NULL,
    decided_by   bigint REFERENCES app_user (id),
    decided_at   timestamptz,
    until_at     timestamptz NOT NULL,
    taken_at     timestamptz,                -- the first time its file was made
    takings      integer NOT NULL DEFAULT 0,
    ended_at     timestamptz,
    version      integer NOT NULL DEFAULT 1,
    CHECK (until_at > asked_at),
    CHECK (decided_by IS DISTINCT FROM asked_by OR decided_by IS NULL),
    CHECK (people <= 50 OR state <> 'ready' OR decided_by IS NOT NULL)
);

-- Up to when the clocks of Answer and Arrival have been counted into the metrics: each once, whichever engine does it.
CREATE TABLE IF NOT EXISTS kpi_counted (
    one_row boolean PRIMARY KEY DEFAULT true CHECK (one_row),
    until   timestamptz NOT NULL
);

-- A home nobody is served at any more stands in the register with its end.
ALTER TABLE premises ADD COLUMN IF NOT EXISTS ended_at timestamptz;

ALTER TABLE token ADD COLUMN IF NOT EXISTS version integer NOT NULL DEFAULT 1;
