-- Which own rows matched a partner's: the borough's own data, told by the pair's matcher after a release.
CREATE TABLE own_side_lists (
  round BLOB NOT NULL,
  pair_left INTEGER NOT NULL,       -- by charter position
  pair_right INTEGER NOT NULL,
  charter BLOB NOT NULL,
  partner TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('here', 'refused', 'missing')),
  at_ms INTEGER NOT NULL,
  keep_until_ms INTEGER NOT NULL,   -- the charter's ownSideListDays
  PRIMARY KEY (round, pair_left, pair_right)
) STRICT;

CREATE TABLE own_side_rows (
  round BLOB NOT NULL,
  pair_left INTEGER NOT NULL,
  pair_right INTEGER NOT NULL,
  row INTEGER NOT NULL,             -- of the snapshot that was matched
  reference TEXT,                   -- the borough's own, where it has one
  key TEXT NOT NULL,                -- the match key that agreed
  PRIMARY KEY (round, pair_left, pair_right, row),
  FOREIGN KEY (round, pair_left, pair_right)
    REFERENCES own_side_lists (round, pair_left, pair_right) ON DELETE CASCADE
) STRICT;
