"""Combines the store, the key store and the clock into the running service behind form and desk."""
