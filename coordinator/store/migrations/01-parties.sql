-- Who may enrol, who has, and the signed rosters.
CREATE TABLE invitations (
  secret_sha256 BLOB PRIMARY KEY,
  name TEXT NOT NULL,
  expires_ms INTEGER NOT NULL,
  used_ms INTEGER
) STRICT;

CREATE TABLE parties (
  name TEXT PRIMARY KEY,
  root_key BLOB NOT NULL UNIQUE,
  certificate_sha256 BLOB NOT NULL UNIQUE,
  previous_certificate_sha256 BLOB,     -- still good until the renewed one was first used
  joined_ms INTEGER NOT NULL,
  seen_ms INTEGER,
  revoked_ms INTEGER
) STRICT;

CREATE TABLE rosters (
  version INTEGER PRIMARY KEY,
  body BLOB NOT NULL
) STRICT;

CREATE TABLE charters (
  digest BLOB PRIMARY KEY,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  body BLOB NOT NULL,
  proposed_ms INTEGER NOT NULL,
  UNIQUE (id, version)
) STRICT;
