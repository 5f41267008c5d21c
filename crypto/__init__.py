"""The formats of docs/reference/format.md: bytes in, verified values out.

This package is pure. It does no I/O and reads no clock, environment, network or database. Days and size limits are arguments.
"""
