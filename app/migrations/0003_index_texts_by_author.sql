-- One user's messages lie on as many pages of the table as there are messages. This index holds their texts too, side by side,
-- so that reading them costs the same however large the table is. Long texts have no room in an index (an entry takes 2,704
-- bytes at most) and are found by the other one; a message is in one of the two.
CREATE INDEX messages_short_by_author ON messages (author_id, id DESC) INCLUDE (content, published_at)
    WHERE NOT flagged AND octet_length(content) <= 1000;

CREATE INDEX messages_long_by_author ON messages (author_id, id DESC)
    WHERE NOT flagged AND octet_length(content) > 1000;
