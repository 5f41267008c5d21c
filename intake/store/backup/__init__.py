"""Reads every row for a backup, and takes the rows of a backup back in."""
