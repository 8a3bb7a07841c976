-- Not applied anywhere but in `make test-schemas`: one of each kind of statement that a release may expand the schema with. The
-- version that runs must not notice. No column bears a name that another table has: statements that join tables don't all say whose
-- column they mean.
ALTER TABLE users ADD COLUMN bio text, ADD COLUMN muted boolean NOT NULL DEFAULT false;
ALTER TABLE users ADD COLUMN seen_at timestamptz DEFAULT now();
ALTER TABLE messages ADD COLUMN edited_at timestamptz, ADD COLUMN title text NOT NULL DEFAULT '';
ALTER TABLE follows ADD COLUMN followed_at timestamptz NOT NULL DEFAULT now(), ADD COLUMN number bigint GENERATED ALWAYS AS IDENTITY;
ALTER TABLE latest ADD COLUMN label text;
ALTER TABLE releases ADD COLUMN notes text NOT NULL DEFAULT '';

CREATE TYPE visibility AS ENUM ('public', 'followers');
CREATE SEQUENCE like_position;
CREATE TABLE likes (
    user_id bigint NOT NULL REFERENCES users (id),
    message_id bigint NOT NULL REFERENCES messages (id),
    visibility visibility NOT NULL DEFAULT 'public',
    PRIMARY KEY (user_id, message_id)
);
CREATE UNIQUE INDEX likes_by_message ON likes (message_id, user_id);
CREATE INDEX users_by_creation ON users (created_at);
CREATE INDEX messages_by_time ON messages (published_at) WHERE NOT flagged;
CREATE VIEW popular AS SELECT message_id, count(*) AS likes FROM likes GROUP BY message_id;
COMMENT ON TABLE likes IS 'who likes which message';
