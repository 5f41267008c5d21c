"""Benchmarks of the server, the store and the browser client."""
