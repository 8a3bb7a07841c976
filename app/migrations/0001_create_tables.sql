-- Names compare byte by byte: "Ann" and "ann" are two users, and the index needs no collation.
CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE,
    email text NOT NULL,
    password_hash text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE messages (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    author_id bigint NOT NULL REFERENCES users (id),
    content text NOT NULL,
    published_at timestamptz NOT NULL DEFAULT now(),
    flagged boolean NOT NULL DEFAULT false
-- An index alone answers only for pages that a vacuum has seen. It looks at new pages only, so it may be often.
) WITH (autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 10000);

CREATE INDEX messages_by_author ON messages (author_id, id DESC) WHERE NOT flagged;

CREATE TABLE follows (
    follower_id bigint NOT NULL REFERENCES users (id),
    followed_id bigint NOT NULL REFERENCES users (id),
    PRIMARY KEY (follower_id, followed_id)
);

-- The simulator's progress. Writers spread over slots so that none waits for another's commit;
-- the slot with the highest position holds the last write.
CREATE SEQUENCE latest_position;

CREATE TABLE latest (
    slot integer PRIMARY KEY,
    position bigint NOT NULL,
    value bigint NOT NULL
) WITH (fillfactor = 20);
