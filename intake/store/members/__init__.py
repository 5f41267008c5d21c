"""Members and their decisions as stored."""
