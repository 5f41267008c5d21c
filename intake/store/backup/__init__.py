"""Reads every row of a store for a backup, and loads the rows of a backup into a new store."""
