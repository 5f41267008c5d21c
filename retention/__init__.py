"""Expiry policy, deletion runs, and the key stores that hold deletion keys. Knows stores only through `retention.ports`."""
