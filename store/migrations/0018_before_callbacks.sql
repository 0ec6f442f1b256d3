-- What providers report of messages sent earlier, kept until the engine has taken it: a key press is never lost because
-- the case's row was busy. No number and no body stands here, only the reference and our word for what happened.
CREATE TABLE callback (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel     text NOT NULL,
    reference   text NOT NULL,                -- the provider's or ours, as the outbox keeps it
    outcome     text NOT NULL CHECK (outcome IN ('answered', 'no_answer', 'delivered', 'refused')),
    key         text CHECK (key IN ('1', '2', 'other')), -- only where answered
    detail      text NOT NULL DEFAULT '',     -- the provider's code
    received_at timestamptz NOT NULL,
    taken_at    timestamptz
);
-- Providers send again until they are thanked, and some once more: the same is one row.
CREATE UNIQUE INDEX callback_once ON callback (channel, reference, outcome, key) NULLS NOT DISTINCT;
CREATE INDEX callback_waiting ON callback (id) WHERE taken_at IS NULL;
CREATE INDEX callback_taken ON callback (taken_at) WHERE taken_at IS NOT NULL;
