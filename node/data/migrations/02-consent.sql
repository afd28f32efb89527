-- Who may decide here, whom this node knows, and what was decided.
CREATE TABLE people (
  name TEXT PRIMARY KEY,
  role TEXT NOT NULL,
  public_key BLOB NOT NULL UNIQUE,
  added_ms INTEGER NOT NULL
) STRICT;

-- Root keys that people here compared by voice. The roster introduces; this table confirms.
CREATE TABLE peers (
  root_key BLOB PRIMARY KEY,
  name TEXT NOT NULL,
  confirmed_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE charters (
  digest BLOB PRIMARY KEY,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  body BLOB NOT NULL,
  received_ms INTEGER NOT NULL
) STRICT;

-- Every decision, for good; the newest of a charter counts.
CREATE TABLE decisions (
  number INTEGER PRIMARY KEY,
  charter BLOB NOT NULL,
  decision TEXT NOT NULL,
  person TEXT NOT NULL,
  statement BLOB NOT NULL,
  decided_ms INTEGER NOT NULL
) STRICT;

-- The newest roster seen: nothing older is believed.
CREATE TABLE roster (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  version INTEGER NOT NULL,
  body BLOB NOT NULL
) STRICT;
