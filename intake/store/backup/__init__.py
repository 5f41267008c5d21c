"""Reads every row for a backup, and loads the rows of a backup."""
