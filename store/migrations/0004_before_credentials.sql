-- What devices and vendors' bridges sign in to the broker with. A row outlives its revocation: the door deletes an
-- account at the broker only where it knows the name, so that an empty database cuts nobody off.

CREATE TABLE credential (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    username   text NOT NULL UNIQUE CHECK (username ~ '^[A-Za-z0-9._:-]{1,64}(@bridge)?$'),
    device_id  integer UNIQUE REFERENCES device (id), -- NULL: of a vendor's bridge, which has topics instead
    topics     text[] NOT NULL DEFAULT '{}',
    version    integer NOT NULL DEFAULT 1,   -- grows with each issue and each revocation
    digest     bytea,                        -- of the secret, for brokers that ask us
    sealed     bytea,                        -- the secret, for a broker that keeps its own list and may lose it
    issued_at  timestamptz NOT NULL,
    revoked_at timestamptz,
    applied_version integer NOT NULL DEFAULT 0, -- what the broker was last seen to agree with
    applied_at timestamptz,
    failures   integer NOT NULL DEFAULT 0,   -- of this version, at the broker
    failure    text NOT NULL DEFAULT '',
    try_at     timestamptz NOT NULL,
    CONSTRAINT credential_is_of_one CHECK ((device_id IS NULL) = (cardinality(topics) > 0)),
    CONSTRAINT credential_revoked_holds_no_secret
        CHECK ((revoked_at IS NULL) = (sealed IS NOT NULL) AND (sealed IS NULL) = (digest IS NULL))
);
CREATE INDEX credential_pending ON credential (try_at) WHERE applied_version < version;
