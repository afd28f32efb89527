-- Who may decide here, whom this node knows, and what was decided.
CREATE TABLE people (
  name TEXT PRIMARY KEY,
  role TEXT NOT NULL,
  public_key BLOB NOT NULL UNIQUE,
  added_ms INTEGER NOT NULL
) STRICT;

-- Root keys that people here compared by voice: one a name, the one compared last. The roster introduces; this confirms.
CREATE TABLE peers (
  name TEXT PRIMARY KEY,
  root_key BLOB NOT NULL UNIQUE,
  confirmed_ms INTEGER NOT NULL,
  confirmed_by TEXT REFERENCES people (name)
) STRICT;

-- The newest delegation seen under a root key: an older one was replaced.
CREATE TABLE serials (
  root_key BLOB PRIMARY KEY,
  serial INTEGER NOT NULL
) STRICT;

-- As received. With the notice's number and the coordinator's signature anybody can check who proposed it.
CREATE TABLE charters (
  digest BLOB PRIMARY KEY,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  body BLOB NOT NULL,
  notice INTEGER NOT NULL,
  signature BLOB NOT NULL,
  received_ms INTEGER NOT NULL,
  UNIQUE (id, version)
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
