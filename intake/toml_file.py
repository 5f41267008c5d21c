"""Read TOML files that an operator wrote. Bounds are checked before parsing, and each key's line is known.

`tomllib` decides what is TOML and returns the values. It recurses with each bracket, and a key of many parts costs the square
of its length. So tree-sitter reads the text first, in time and memory proportional to its size. It measures depth and lengths,
and finds the lines of keys (docs/adr/0027).
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tree_sitter
import tree_sitter_toml

from intake.errors import IntakeError
from retention.files import read_regular

MAX_BYTES = 256 * 1024  # of a file. The sample's form in 25 languages takes 70 KiB
MAX_DEPTH = 8  # arrays and tables within each other. A form has 3
MAX_PARTS, MAX_KEY = 8, 256  # parts and bytes of one dotted key
_PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_toml.language()))
_NESTS, _KEYS = ("array", "inline_table"), ("bare_key", "quoted_key")
_LONG_KEY = re.compile(r"(?:\.[^.\n]{0,256}){32}")
_AT = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")

KeyPath = tuple[str | int, ...]  # ("questions", 2, "options", 0)


class TomlError(IntakeError):
    """Raised for a text that is not TOML or exceeds a bound. It carries the line (from 1)."""

    def __init__(self, line: int, words: str) -> None:
        super().__init__(words)
        self.line = line


@dataclass(frozen=True, slots=True)
class TomlFile:
    """The values of a file, and their lines."""

    values: dict[str, Any]
    _lines: dict[KeyPath, int] = field(repr=False)

    def line_of(self, position: KeyPath) -> int:
        """Return the line (from 1) of a key or an item. If the text lacks it, return its parent's line, or else 1."""
        return next((self._lines[position[:n]] for n in range(len(position), 0, -1) if position[:n] in self._lines), 1)


def read(path: Path) -> TomlFile:
    """Read a file.

    Raises:
        TomlError: As for `parse`, or the file is not text.
        OSError: The file cannot be read, is not a regular file, or is larger than `MAX_BYTES`.
    """
    try:
        return parse(read_regular(path, MAX_BYTES).decode("utf-8"))
    except UnicodeDecodeError:
        raise TomlError(1, "it is not UTF-8 text") from None


def parse(source: str) -> TomlFile:
    """Parse a text.

    Raises:
        TomlError: The text is not TOML, or exceeds a bound.
    """
    data = source.encode("utf-8", "surrogatepass")
    if len(data) > MAX_BYTES:
        raise TomlError(1, f"it is larger than {MAX_BYTES:,} bytes")
    root = _PARSER.parse(data).root_node
    _check_bounds(root)
    if root.has_error and _is_expensive(source):
        raise TomlError(_first_error(root), "not TOML")
    try:
        values = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        at = _AT.search(str(error))
        end = source.count("\n") + 1
        raise TomlError(int(at[1] or end) if at else 1, f"not TOML: {error}") from None
    except (RecursionError, ValueError):  # a number of thousands of digits is a plain ValueError
        raise TomlError(_first_error(root), "not TOML") from None
    return TomlFile(values, dict(_Lines().of(root)))


def _check_bounds(root: tree_sitter.Node) -> None:
    """Walk the whole tree without recursion, down to the allowed depth."""
    cursor, depth, steps = root.walk(), 0, 0
    while True:
        node = cursor.node
        assert node is not None
        depth += node.type in _NESTS
        if depth > MAX_DEPTH:
            raise TomlError(_line(node), f"more than {MAX_DEPTH} lists or tables within each other")
        if node.type == "dotted_key":
            _check_key(node)
        if node.type != "dotted_key" and cursor.goto_first_child():
            steps += 1
            continue
        depth -= node.type in _NESTS
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return
            depth -= cursor.node is not None and cursor.node.type in _NESTS


def _check_key(node: tree_sitter.Node) -> None:
    if node.end_byte - node.start_byte > MAX_KEY or sum(1 for _ in _parts(node)) > MAX_PARTS:
        raise TomlError(_line(node), f"a key of more than {MAX_PARTS} parts or {MAX_KEY} bytes")


def _is_expensive(source: str) -> bool:
    """Return whether `tomllib` may spend long on a text before it reaches the error. In doubt, return True."""
    depth = most = 0
    for bracket in re.findall(r"[\[\]{}]", source):
        depth = depth + 1 if bracket in "[{" else max(0, depth - 1)
        most = max(most, depth)
    return most > 8 * MAX_DEPTH or _LONG_KEY.search(source) is not None


def _first_error(root: tree_sitter.Node) -> int:
    """Return the line of the first error, as tree-sitter sees it."""
    node = root
    while wrong := next((child for child in node.children if child.has_error or child.is_missing), None):
        if wrong.is_error or wrong.is_missing:
            return _line(wrong)
        node = wrong
    return _line(node)


def _line(node: tree_sitter.Node) -> int:
    return node.start_point[0] + 1


def _parts(key: tree_sitter.Node) -> Iterator[str]:
    """Return the parts of a key. A dotted key of three nests one of two."""
    waiting = [key]
    while waiting:
        node = waiting.pop()
        if node.type in _KEYS:
            text = (node.text or b"").decode("utf-8", "replace")
            yield text[1:-1] if node.type == "quoted_key" else text
        waiting += reversed(node.named_children)


class _Lines:
    """Find the line of each key, table and item of a tree within the bounds."""

    def __init__(self) -> None:
        self._count: dict[KeyPath, int] = {}  # of the tables of each array

    def of(self, root: tree_sitter.Node) -> Iterator[tuple[KeyPath, int]]:
        lines: dict[KeyPath, int] = {}
        for position, line in self._document(root):
            lines.setdefault(position, line)
        yield from lines.items()

    def _document(self, root: tree_sitter.Node) -> Iterator[tuple[KeyPath, int]]:
        for node in root.named_children:
            if node.type == "pair":
                yield from self._pair((), node)
            elif node.type in ("table", "table_array_element"):
                key, *inside = node.named_children
                position = self._table(key, several=node.type == "table_array_element")
                yield from ((position[:n], _line(node)) for n in range(1, len(position) + 1))
                for pair in inside:
                    if pair.type == "pair":
                        yield from self._pair(position, pair)

    def _table(self, key: tree_sitter.Node, *, several: bool) -> KeyPath:
        position: KeyPath = ()
        parts = list(_parts(key))
        for number, part in enumerate(parts, 1):
            position = (*position, part)
            if several and number == len(parts):
                self._count[position] = self._count.get(position, 0) + 1
            if position in self._count:
                position = (*position, self._count[position] - 1)
        return position

    def _pair(self, within: KeyPath, pair: tree_sitter.Node) -> Iterator[tuple[KeyPath, int]]:
        key, *_, value = pair.named_children or [pair, pair]
        position = within
        for part in _parts(key):
            position = (*position, part)
            yield position, _line(key)
        yield from self._value(position, value)

    def _value(self, position: KeyPath, value: tree_sitter.Node) -> Iterator[tuple[KeyPath, int]]:
        if value.type == "inline_table":
            for pair in value.named_children:
                if pair.type == "pair":
                    yield from self._pair(position, pair)
        elif value.type == "array":
            items = [item for item in value.named_children if item.type != "comment"]
            for number, item in enumerate(items):
                yield (*position, number), _line(item)
                yield from self._value((*position, number), item)
