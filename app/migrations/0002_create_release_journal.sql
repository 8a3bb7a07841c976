-- What a release has done and is doing, so that another runner can take it from there.
CREATE TABLE releases (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version text NOT NULL,
    previous text NOT NULL,
    -- SHA-256 of the two binaries, in hex.
    checksum text NOT NULL,
    previous_checksum text NOT NULL,
    -- Which droplets held the live IP, and did not, when it began.
    live_droplet bigint NOT NULL,
    standby_droplet bigint NOT NULL,
    state text NOT NULL DEFAULT 'open',
    step text NOT NULL,
    settings jsonb NOT NULL,
    -- Who may act on it, and until when that holds without a sign of life.
    owner text NOT NULL,
    owned_until timestamptz NOT NULL,
    -- What somebody else asks of the owner.
    wish text,
    started_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz
);

-- One at a time.
CREATE UNIQUE INDEX releases_one_open ON releases (state) WHERE state = 'open';

CREATE TABLE release_events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    release_id bigint NOT NULL REFERENCES releases (id),
    step text NOT NULL,
    event text NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}',
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE release_freezes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    who text NOT NULL,
    reason text NOT NULL,
    since timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz
);
