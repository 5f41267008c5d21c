"""The store for deletion runs and restores."""
