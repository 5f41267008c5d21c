"""Cases as stored."""
