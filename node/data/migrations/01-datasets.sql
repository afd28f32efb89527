-- One row a dataset; each snapshot has a table of its own, `rows_N`, with the raw text and the standardised value of
-- every mapped column. A dataset's snapshot changes in one statement.
CREATE TABLE snapshots (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  dataset TEXT NOT NULL,
  file_sha256 BLOB,                -- null while the import is under way
  columns TEXT NOT NULL,           -- JSON: { fields: [name], attributes: [name] }
  rows INTEGER NOT NULL DEFAULT 0,
  imported_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE datasets (
  name TEXT PRIMARY KEY,
  snapshot INTEGER NOT NULL REFERENCES snapshots (id)
) STRICT;
