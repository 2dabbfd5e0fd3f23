"""Public reference data of France: built from a public package, stored as files, loaded in tables."""
