"""Stores cases: their entries, grants, drafts, holds and expiry days."""
