-- What an import lost on the way, for readiness; null in snapshots from before.
ALTER TABLE snapshots ADD COLUMN rows_in INTEGER;
ALTER TABLE snapshots ADD COLUMN losses TEXT; -- JSON: [{ field, reason, count }], field "" for whole rows
