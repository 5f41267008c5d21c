"""Stores rows with SQLAlchemy Core. Every blob of a case is encrypted in memory before it is written."""
