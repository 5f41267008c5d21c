"""The people of the model: members, requesters, and what their adversaries know."""

import datetime as dt
from dataclasses import dataclass, field

from crypto import age
from crypto.age import Identity
from crypto.encoding import CaseId, EpochId, MemberId
from crypto.errors import CryptoError


@dataclass
class Person:
    """A present or former member. The adversary has the keys of the dishonest ones."""

    handle: str
    id: MemberId
    honest: bool = True
    last_seen: dt.date | None = None
    views: list[tuple[str, ...]] = field(default_factory=list)  # hashes of every list that their client accepted


@dataclass
class Epoch:
    """An epoch key as the group knew it."""

    owner: MemberId
    current: bool = True
    named: dt.date = dt.date.min  # the last day on which an honest member's snapshot named it


@dataclass
class Wish:
    """A request: its author, its receipt, and what they have read."""

    case: CaseId
    code: str
    day: dt.date
    honest: bool


@dataclass
class Adversary:
    """What the adversaries know: identities that open grants, and the case keys that they opened."""

    epochs: dict[EpochId, Identity] = field(default_factory=dict)
    keys: dict[str, Identity] = field(default_factory=dict)  # by recipient
    legitimate: dict[tuple[CaseId, str], None] = field(default_factory=dict)  # case keys that a holder gave to one of them

    def own(self, case: CaseId, key: Identity, *, legitimate: bool) -> None:
        """A case key that they made, or that was given to them."""
        self.keys[str(key.recipient)] = key
        if legitimate:
            self.legitimate[case, str(key.recipient)] = None

    def keys_of(self, case: CaseId) -> list[Identity]:
        """The keys of a case that they may have."""
        return [self.keys[text] for of, text in self.legitimate if of == case]

    def opening(self, file: bytes) -> list[str]:
        """The recipients of their keys that open it."""
        return [text for text, key in self.keys.items() if opens(file, [key])]


def opens(file: bytes, identities: list[Identity]) -> bool:
    """Return whether one of these opens an age file."""
    try:
        age.decrypt(file, identities)
    except CryptoError:
        return False
    return True
