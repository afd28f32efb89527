-- Learning: the openers' statements that the present step rests on. Coefficients of all boroughs together, no figure of one.
ALTER TABLE rounds ADD COLUMN model BLOB;
