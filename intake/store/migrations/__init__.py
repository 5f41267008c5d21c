"""Upgrades the schema of a store."""
