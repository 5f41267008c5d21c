"""The store as deletion runs and restores see it."""
