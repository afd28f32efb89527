-- What left, what may leave, what came back. node/egress is the only writer.

-- Hash-chained, signed entries; `statement` is the whole truth, the other columns only find it.
CREATE TABLE ledger (
  sequence INTEGER PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE,
  statement BLOB NOT NULL
) STRICT;

CREATE TRIGGER ledger_keeps_entries BEFORE UPDATE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is only appended to'); END;
CREATE TRIGGER ledger_loses_no_entry BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is only appended to'); END;

-- One row a message, in the order of their entries.
--   waiting    committed, to be delivered
--   receipted  the coordinator's signed receipt is here
--   dropped    not to be delivered any more; it may have left before
--   handed     sent outside the outbox (enrolment), no answer yet
--   answered   sent outside the outbox and answered
--   received   came in
CREATE TABLE spool (
  sequence INTEGER PRIMARY KEY REFERENCES ledger (sequence),
  message_id BLOB NOT NULL UNIQUE,
  type TEXT NOT NULL,
  round BLOB,
  attempt INTEGER NOT NULL,
  charter BLOB,
  recipient TEXT NOT NULL,
  pair TEXT NOT NULL,               -- "left-right" by charter position, or empty
  size_bytes INTEGER NOT NULL,
  sha256 BLOB NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'receipted', 'dropped', 'handed', 'answered', 'received')),
  has_body INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE UNIQUE INDEX spool_says_once ON spool (round, attempt, type, recipient, pair) WHERE round IS NOT NULL;
CREATE INDEX spool_waits ON spool (sequence) WHERE state = 'waiting';

-- Bodies as sent, in the chunks in which they travel.
CREATE TABLE spool_chunks (
  message_id BLOB NOT NULL,
  offset_bytes INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (message_id, offset_bytes)
) STRICT;

-- The coordinator's signed word that it holds a message.
CREATE TABLE receipts (
  message_id BLOB PRIMARY KEY REFERENCES spool (message_id),
  sha256 BLOB NOT NULL,
  at_ms INTEGER NOT NULL,
  signature BLOB NOT NULL
) STRICT;

-- Control messages are a closed list with fixed content: counted, not logged one by one.
CREATE TABLE control_counts (
  kind TEXT PRIMARY KEY,
  count INTEGER NOT NULL,
  last_ms INTEGER NOT NULL
) STRICT;
