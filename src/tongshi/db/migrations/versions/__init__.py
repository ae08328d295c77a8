"""The steps, oldest first; each writes out the schema of its time and imports no table."""
