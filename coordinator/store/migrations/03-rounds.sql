-- Rounds: public facts, signed statements and the released result. No count, sum, tag or unmask answer ever stands here.
CREATE TABLE rounds (
  id BLOB PRIMARY KEY,
  charter BLOB NOT NULL,
  state TEXT NOT NULL,
  reason TEXT,
  attempt INTEGER NOT NULL,
  match_attempt INTEGER NOT NULL,
  excluded TEXT NOT NULL,          -- JSON list of charter positions
  started_ms INTEGER NOT NULL,
  deadline_ms INTEGER NOT NULL,    -- of the present state
  version INTEGER NOT NULL DEFAULT 0,
  job BLOB,
  entries BLOB,
  cohort TEXT,                     -- JSON: U2
  inputs TEXT,                     -- JSON: U3
  agreements BLOB,
  release BLOB
) STRICT;

-- What the operator sees of a round: states and names, no figures of a borough.
CREATE TABLE round_events (
  number INTEGER PRIMARY KEY,
  round BLOB NOT NULL,
  at_ms INTEGER NOT NULL,
  state TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT;

-- `round step` asks the serving process for one step of the driver (--driver manual).
CREATE TABLE step_requests (
  number INTEGER PRIMARY KEY,
  done INTEGER NOT NULL DEFAULT 0,
  moved INTEGER NOT NULL DEFAULT 0
) STRICT;
