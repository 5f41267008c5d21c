"""The puncturable root of a day: a GGM tree over HMAC-SHA256. docs/reference/format.md, Day root.

Source: Goldreich, Goldwasser, Micali (1986); puncturing as in Boneh and Waters (2013). This module is pure. `retention` decides
when to puncture.
"""

import hmac
import os
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crypto.encoding import netstrings
from crypto.errors import PuncturedError, RowError
from crypto.labels import Label, derive
from crypto.secret import Secret

DEPTH = 32
KEY = 32  # bytes
NONCE = 12  # bytes
_BITS = (b"\0", b"\1")
_RECORD = 1 + 4 + KEY  # bytes: depth, prefix, value
_SMALLEST_RANGE = 16  # leaves
_DRAWS = 64  # draws from a range that is at least half free: all miss once in 2^64


@dataclass(frozen=True, slots=True)
class DayRoot:
    """A root: nodes by (depth, left-aligned prefix). No node is below another."""

    nodes: dict[tuple[int, int], Secret]

    @classmethod
    def generate(cls) -> "DayRoot":
        """Generate a whole tree: one random node at depth 0."""
        return cls({(0, 0): Secret(os.urandom(KEY))})

    def evaluate(self, leaf: int) -> Secret:
        """Return the 32-byte wrapping key of `leaf`.

        Raises:
            PuncturedError: the leaf was punctured.
        """
        return LeafReader(self).evaluate(leaf)

    def covers(self, leaf: int) -> bool:
        """Return whether `leaf` can still be evaluated."""
        return any((depth, _prefix(leaf, depth)) in self.nodes for depth in range(DEPTH + 1))

    def puncture(self, leaves: Collection[int]) -> "DayRoot":
        """Return a root that evaluates every leaf that this one does, except `leaves`.

        Leaves that are already punctured are ignored.
        """
        root = DayRoot(dict(self.nodes))
        for leaf in leaves:
            if root.covers(leaf):
                root._remove(leaf)
        return root

    def to_bytes(self) -> bytes:
        """Serialise the nodes as records of 37 bytes, ascending by prefix."""
        ordered = sorted(self.nodes.items(), key=lambda item: item[0][1])
        return b"".join(bytes([d]) + p.to_bytes(4, "big") + value.reveal() for (d, p), value in ordered)

    @classmethod
    def from_bytes(cls, data: bytes) -> "DayRoot":
        """Parse what `to_bytes` writes.

        Raises:
            RowError: truncated, out of order, or with a node below another.
        """
        if len(data) % _RECORD:
            raise RowError("a day root of the wrong length")
        nodes = {}
        free = 0  # the first leaf that no earlier node covers
        for i in range(0, len(data), _RECORD):
            depth, prefix = data[i], int.from_bytes(data[i + 1 : i + 5], "big")
            if depth > DEPTH or prefix != _prefix(prefix, depth) or prefix < free:
                raise RowError("a day root with nodes out of order")
            free = prefix + (1 << (DEPTH - depth))
            nodes[depth, prefix] = Secret(data[i + 5 : i + _RECORD])
        return cls(nodes)

    def above(self, leaf: int) -> tuple[int, Secret]:
        """Return the depth and the value of the node above `leaf`. Raises as `evaluate`."""
        for depth in range(DEPTH + 1):
            value = self.nodes.get((depth, _prefix(leaf, depth)))
            if value is not None:
                return depth, value
        raise PuncturedError("data that was destroyed")

    def _remove(self, leaf: int) -> None:
        depth, above = self.above(leaf)
        value = above.reveal()
        del self.nodes[depth, _prefix(leaf, depth)]
        for level in range(depth, DEPTH):
            bit = _bit(leaf, level)
            sibling = _prefix(leaf, level + 1) ^ (1 << (DEPTH - 1 - level))
            self.nodes[level + 1, sibling] = Secret(_child(value, 1 - bit))
            value = _child(value, bit)


@dataclass(frozen=True, slots=True)
class DeletionKeyName:
    """The name of a deletion key: the store (b64 id), the purpose and the generation."""

    store: str
    purpose: str
    generation: int

    @property
    def parts(self) -> tuple[bytes, ...]:
        """The parts for `derive` and for associated data."""
        return self.store.encode(), self.purpose.encode(), str(self.generation).encode()


def seal(root: DayRoot, deletion_key: Secret, name: DeletionKeyName) -> bytes:
    """Encrypt the root under its deletion key: nonce and AES-256-GCM."""
    return seal_under(deletion_key, Label.DAY_ROOT, name, root.to_bytes())


def open_(sealed: bytes, deletion_key: Secret, name: DeletionKeyName) -> DayRoot:
    """Decrypt what `seal` encrypted.

    Raises:
        RowError: altered, or of another store, day or generation.
    """
    return DayRoot.from_bytes(open_under(deletion_key, Label.DAY_ROOT, name, sealed))


def seal_under(deletion_key: Secret, label: Label, name: DeletionKeyName, data: bytes, *row: bytes) -> bytes:
    """Encrypt `data` under a deletion key. Bind it to the key's name and, if one key is for many rows, to its `row`."""
    key = derive(deletion_key, label, *name.parts)
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(key.reveal()).encrypt(nonce, data, netstrings(label.encode(), *name.parts, *row))


def open_under(deletion_key: Secret, label: Label, name: DeletionKeyName, sealed: bytes, *row: bytes) -> bytes:
    """Decrypt what `seal_under` encrypted.

    Raises:
        RowError: altered, or under another key, name or row.
    """
    key = derive(deletion_key, label, *name.parts)
    try:
        return AESGCM(key.reveal()).decrypt(sealed[:NONCE], sealed[NONCE:], netstrings(label.encode(), *name.parts, *row))
    except (InvalidTag, ValueError):
        kind = name.purpose.partition(" ")[0]  # leaves out whose data it was
        raise RowError("a file under a deletion key that was altered or moved", kind) from None


class LeafReader:
    """Evaluates many leaves of one root and computes the shared part of neighbouring paths once.

    It keeps the nodes between root and leaf in memory, so it lives for one transaction only.
    """

    def __init__(self, root: DayRoot) -> None:
        self._root = root
        self._leaf = 0
        self._path: list[bytes] = []  # from the root's node above the leaf down to the leaf

    def evaluate(self, leaf: int) -> Secret:
        """Evaluate a leaf like `DayRoot.evaluate`."""
        depth, above = self._root.above(leaf)
        shared = DEPTH - (leaf ^ self._leaf).bit_length()  # bits
        # Leaves share a node as far as their bits agree, first within the root's own node and then below it.
        path = self._path[: shared - depth + 1] if self._path and shared >= depth else [above.reveal()]
        for level in range(depth + len(path) - 1, DEPTH):
            path.append(_child(path[-1], _bit(leaf, level)))
        self._leaf, self._path = leaf, path
        return Secret(path[-1])


class LeafDraw:
    """Draws free leaves of a day, uniformly from a range that doubles with the number of leaves ever taken.

    Leaves are dense, so that the punctured root stays small. They are random, so that a leaf does not tell the order of
    arrival.
    The caller looks up which candidates are taken between two calls, for several days at once.

    Args:
        ever_taken: the number of leaves of this day that were ever given out; at least half of the range is free.
        count: how many leaves are wanted.
    """

    def __init__(self, root: DayRoot, ever_taken: int, count: int) -> None:
        self._root = root
        self._count = count
        self._drawn = 0
        self._size = _SMALLEST_RANGE
        while self._size < 2 * (ever_taken + count):
            self._size *= 2
        self.leaves: list[int] = []

    def candidates(self) -> list[int]:
        """Return candidates, or none once enough leaves are found.

        The caller must check which candidates belong to a live case or wait to be punctured.
        """
        missing = self._count - len(self.leaves)
        free: list[int] = []
        while missing and not free:
            self._drawn += 1
            if self._drawn % _DRAWS == 0:
                self._size *= 2  # a restored store may not know how many were taken
            # Draw twice as many as are missing: half of the range may be taken, and a look-up costs more than a draw.
            drawn = dict.fromkeys(secrets.randbelow(self._size) for _ in range(2 * missing + 2))  # keeps the order
            free = [leaf for leaf in drawn if leaf not in self.leaves and self._root.covers(leaf)]
        return free

    def keep(self, candidates: Iterable[int], taken: Collection[int]) -> None:
        """Keep the candidates that are not taken, up to the wanted number."""
        free = [leaf for leaf in candidates if leaf not in taken]
        self.leaves += free[: self._count - len(self.leaves)]


def _child(value: bytes, bit: int) -> bytes:
    return hmac.digest(value, _BITS[bit], "sha256")


def _bit(leaf: int, level: int) -> int:
    return leaf >> (DEPTH - 1 - level) & 1


def _prefix(leaf: int, depth: int) -> int:
    return leaf >> (DEPTH - depth) << (DEPTH - depth)
