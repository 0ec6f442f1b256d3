-- Who is reached beyond the desks: the rota, what became of each notice, and the daily test of every channel.

ALTER TABLE app_user ADD COLUMN phone text;        -- normalised
ALTER TABLE app_user ADD COLUMN phone_typed text;
ALTER TABLE app_user ADD COLUMN email text;
ALTER TABLE app_user ADD COLUMN channels text[] NOT NULL DEFAULT '{}'; -- kinds in the order tried; empty: as the notice needs
ALTER TABLE contact ADD COLUMN email text;
CREATE INDEX contact_phone ON contact (phone) WHERE phone IS NOT NULL; -- a number that is barred, under whichever role

-- Who is on duty beside the desks, and who is rung at night; `rank` is the order in which the on-call list is rung.
CREATE TABLE shift (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    role         text NOT NULL CHECK (role IN ('desk', 'supervisor', 'on_call', 'county_duty', 'community_worker', 'responder')),
    user_id      bigint REFERENCES app_user (id),
    responder_id bigint,
    from_at      timestamptz NOT NULL,
    to_at        timestamptz NOT NULL,
    areas        ltree[] NOT NULL DEFAULT '{}', -- empty: everywhere
    rank         smallint NOT NULL DEFAULT 1,
    cancelled_at timestamptz,
    version      integer NOT NULL DEFAULT 1,
    CHECK (to_at > from_at),
    CHECK ((user_id IS NULL) <> (responder_id IS NULL))
);
CREATE INDEX shift_now ON shift (role, to_at) WHERE cancelled_at IS NULL;
CREATE INDEX shift_user ON shift (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX shift_responder ON shift (responder_id) WHERE responder_id IS NOT NULL;

ALTER TABLE outbox ADD COLUMN begun_at timestamptz;  -- when it was last given to a channel
ALTER TABLE outbox ADD COLUMN reference text;        -- the provider's, named by its callback
ALTER TABLE outbox ADD COLUMN answer text CHECK (answer IN ('take', 'cannot', 'heard', 'delivered', 'no_answer', 'refused'));
ALTER TABLE outbox ADD COLUMN answer_by timestamptz; -- no callback by then counts as no answer
ALTER TABLE outbox ADD COLUMN tried text[] NOT NULL DEFAULT '{}';     -- channels that could not, and are not asked again
ALTER TABLE outbox ADD COLUMN failures smallint NOT NULL DEFAULT 0;   -- of the channel it is with
ALTER TABLE outbox ADD COLUMN round_over boolean NOT NULL DEFAULT false; -- somebody claimed the case since: "cannot" counts no more
CREATE INDEX outbox_incident ON outbox (incident_id) WHERE incident_id IS NOT NULL;
CREATE INDEX outbox_begun ON outbox (begun_at) WHERE begun_at IS NOT NULL;
CREATE INDEX outbox_reference ON outbox (channel, reference) WHERE reference IS NOT NULL;
CREATE INDEX outbox_awaited ON outbox (answer_by) WHERE answer IS NULL AND answer_by IS NOT NULL;

-- One row a test: a channel that did not reach a person on duty within a day is broken until it does.
CREATE TABLE channel_test (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel   text NOT NULL,
    kind      text NOT NULL,
    outbox_id bigint REFERENCES outbox (id),
    recipient text,
    begun_at  timestamptz NOT NULL,
    ended_at  timestamptz,
    passed    boolean,
    reason    text NOT NULL DEFAULT ''
);
CREATE INDEX channel_test_last ON channel_test (channel, begun_at DESC);

-- A demonstration sends nothing outside, and says so instead of warning; real work takes the row away at its start.
CREATE TABLE demonstration (
    one_row boolean PRIMARY KEY DEFAULT true CHECK (one_row),
    since   timestamptz NOT NULL
);
