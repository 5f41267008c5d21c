"""The formats of docs/reference/format.md: bytes in, verified values out.

Pure: no I/O, no clock, no environment, no web, no database. Where a day or a size limit matters it is an argument.
"""
