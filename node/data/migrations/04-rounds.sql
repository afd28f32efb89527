-- Rounds as this node sees them. One row an attempt; states move by compare-and-swap on version.
CREATE TABLE attempts (
  round BLOB NOT NULL,
  attempt INTEGER NOT NULL,
  charter BLOB NOT NULL,
  match_attempt INTEGER NOT NULL,
  state TEXT NOT NULL,
  reason TEXT,
  started_ms INTEGER NOT NULL,
  deadline_ms INTEGER NOT NULL,   -- this node's own: past it the attempt is aborted here
  snapshot INTEGER,               -- of the dataset, so that all lists of an attempt show one population
  commitment BLOB,
  job BLOB,
  entries BLOB,
  inputs BLOB,                    -- U3 and the digests this node signed
  version INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (round, attempt)
) STRICT;

-- Secrets of a round, each wrapped under the round's key file, which is not in this database nor in its backups.
CREATE TABLE round_secrets (
  round BLOB NOT NULL,
  attempt INTEGER NOT NULL,
  name TEXT NOT NULL,
  wrapped BLOB NOT NULL,
  PRIMARY KEY (round, attempt, name)
) STRICT;

-- Sealed bodies from other nodes that wait at the coordinator.
CREATE TABLE waiting (
  message_id BLOB PRIMARY KEY,
  round BLOB NOT NULL,
  attempt INTEGER NOT NULL,
  type TEXT NOT NULL,
  sender INTEGER NOT NULL,
  pair_left INTEGER NOT NULL,
  pair_right INTEGER NOT NULL,
  size_bytes INTEGER NOT NULL,
  sha256 BLOB NOT NULL,
  taken INTEGER NOT NULL DEFAULT 0
) STRICT;

-- For good: the cohorts this node has signed for, by question (the question rule).
CREATE TABLE questions (
  question BLOB NOT NULL,
  members TEXT NOT NULL,
  signed_ms INTEGER NOT NULL,
  PRIMARY KEY (question, members)
) STRICT;

-- Released results, as received and verified.
CREATE TABLE results (
  round BLOB PRIMARY KEY,
  charter BLOB NOT NULL,
  body BLOB NOT NULL,
  at_ms INTEGER NOT NULL
) STRICT;

-- The last notice handled.
CREATE TABLE notice_cursor (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  number INTEGER NOT NULL
) STRICT;
INSERT INTO notice_cursor (one, number) VALUES (1, 0);
