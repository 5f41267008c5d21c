"""Gives deletion runs, restores and scans access to the store."""
