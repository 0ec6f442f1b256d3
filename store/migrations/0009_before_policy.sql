-- Policies as versions: proposed, approved by a second person, kept for ever, since incidents name the one they opened
-- under. With none active the built-in one is.
CREATE TABLE policy (
    version     text PRIMARY KEY,             -- the name its author gave it, and the digest of its text
    toml        text NOT NULL,                -- the exact text
    state       text NOT NULL CHECK (state IN ('proposed', 'active', 'replaced', 'refused')),
    origin      text NOT NULL CHECK (origin IN ('file', 'api', 'command', 'first_start')),
    proposed_by bigint REFERENCES app_user (id), -- NULL: found in the file that the settings name
    proposed_at timestamptz NOT NULL,
    decided_by  bigint REFERENCES app_user (id),
    decided_at  timestamptz,
    active_from timestamptz,
    reason      text NOT NULL DEFAULT '',
    replay      jsonb                         -- what it would have changed over the last seven days
);
-- At most one active: what is decided now is decided by exactly one text.
CREATE UNIQUE INDEX policy_one_active ON policy ((true)) WHERE state = 'active';
CREATE INDEX policy_active_from ON policy (active_from DESC) WHERE active_from IS NOT NULL;

-- Kinds of deadlines that the field chain, the notices and the plans bring.
ALTER TABLE deadline DROP CONSTRAINT deadline_kind_check;
ALTER TABLE deadline ADD CONSTRAINT deadline_kind_check CHECK (kind IN (
    'escalate', 'test', 'confirm', 'act', 'wrap_up', 'recheck',
    'delay',     -- withdrawn by a clear before anybody hears it
    'dispatch',  -- the machine's next sending
    'services',  -- a person must have called the emergency services
    'family',    -- the contacts are told
    'call_back'  -- a hand-over that was queued is asked about again
)) NOT VALID;
ALTER TABLE deadline VALIDATE CONSTRAINT deadline_kind_check;
