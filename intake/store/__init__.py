"""SQLAlchemy Core over the sealed store. Every blob of a case is row-sealed in memory before it is written."""
