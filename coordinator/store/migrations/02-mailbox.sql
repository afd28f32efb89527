-- Bodies under way: sealed, masked or signed. A sealed body stays until its recipient acknowledged it or the round ended.
CREATE TABLE messages (
  message_id BLOB PRIMARY KEY,
  sender TEXT NOT NULL,
  recipient TEXT NOT NULL,
  type TEXT NOT NULL,
  round BLOB,
  attempt INTEGER NOT NULL,
  pair_left INTEGER,
  pair_right INTEGER,
  size_bytes INTEGER NOT NULL,
  sha256 BLOB NOT NULL,
  held_bytes INTEGER NOT NULL DEFAULT 0,
  complete_ms INTEGER,
  receipt_signature BLOB
) STRICT;
CREATE INDEX messages_by_round ON messages (round, attempt, type);
CREATE INDEX messages_by_recipient ON messages (recipient);

CREATE TABLE chunks (
  message_id BLOB NOT NULL REFERENCES messages (message_id) ON DELETE CASCADE,
  offset_bytes INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (message_id, offset_bytes)
) STRICT;

CREATE TABLE notices (
  recipient TEXT NOT NULL,
  number INTEGER NOT NULL,
  type TEXT NOT NULL,
  round BLOB,
  attempt INTEGER NOT NULL,
  body BLOB NOT NULL,
  signature BLOB NOT NULL,
  PRIMARY KEY (recipient, number)
) STRICT;

-- One message of a kind from one party to another in an attempt: the same again is the same, another is refused.
CREATE UNIQUE INDEX messages_by_route
  ON messages (round, attempt, type, sender, recipient, ifnull(pair_left, -1), ifnull(pair_right, -1))
  WHERE round IS NOT NULL;
