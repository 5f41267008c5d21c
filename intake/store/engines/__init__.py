"""Opens SQLite and PostgreSQL, and hides their differences from the rest of the store."""
