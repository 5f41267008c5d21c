"""The intake service: forms, desk, store, server and command line."""
