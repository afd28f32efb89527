-- Learning: the state that an attempt's sum is computed at, as openers signed it, and whose first sum fixed the set.
ALTER TABLE attempts ADD COLUMN model BLOB;
