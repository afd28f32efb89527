-- Released models, by digest: public, so kept as they are. Scores are never stored here.
CREATE TABLE models (
  digest BLOB PRIMARY KEY,
  body BLOB NOT NULL,               -- canonical encoding
  origin TEXT NOT NULL CHECK (origin IN ('round', 'file')),
  added_ms INTEGER NOT NULL
) STRICT;
