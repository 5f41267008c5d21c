"""On which line of a form file something stands: the parser gives values alone, and people look for lines."""

import re

Where = tuple[str | int, ...]  # ("questions", 2, "options", 0); a table in an array is counted by its headers
_HEADER = re.compile(r"\s*\[\[?\s*([\w.-]+)\s*\]\]?")
_ENTRY = re.compile(r"\{\s*[\w-]+\s*=")  # an inline table


def line_of(source: str, where: Where) -> int:
    """The line (from 1) of a key, of its table where the key is not written, else 1."""
    lines = source.splitlines()
    first, last = 0, next((i for i, line in enumerate(lines) if _HEADER.match(line)), len(lines))
    if len(where) > 1 and isinstance(where[0], str):
        headers = [i for i, line in enumerate(lines) if (found := _HEADER.match(line)) and found[1] == where[0]]
        index = where[1] if isinstance(where[1], int) else 0
        if 0 <= index < len(headers):
            first = headers[index]
            last = next((i for i in range(first + 1, len(lines)) if _HEADER.match(lines[i])), len(lines))
            where = where[2:] if isinstance(where[1], int) else where[1:]
    key = _key_line(lines, first, last, where[0] if where else "")
    if len(where) > 1 and isinstance(where[1], int):
        key = _entry_line(lines, key, last, where[1])
    return key + 1


def _key_line(lines: list[str], first: int, last: int, key: str | int) -> int:
    wanted = re.compile(rf"\s*{re.escape(str(key))}\s*[.=]")
    return next((i for i in range(first, last) if key != "" and wanted.match(lines[i])), first)


def _entry_line(lines: list[str], first: int, last: int, index: int) -> int:
    """The line of an inline table within a list."""
    found = [i for i in range(first, last) for _ in _ENTRY.findall(lines[i])]
    return found[index] if 0 <= index < len(found) else first
