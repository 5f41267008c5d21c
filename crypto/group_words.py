"""Group words: reply templates, tags and names of statuses that the members share. docs/reference/format.md, Group words.

They are part of the names file, so this module encrypts nothing.
"""

from collections.abc import Iterable

from crypto.content import STATUSES
from crypto.encoding import GroupId, MemberId, Shape, Whole, from_json, parse_day, unb64
from crypto.errors import BindingError, CryptoError, EncodingError
from crypto.labels import Label
from crypto.sheet import AuthorKey
from crypto.signing import Signed, SigningKey

COLOURS = ("grey", "red", "orange", "green", "blue", "purple")


class TemplateText(Shape, frozen=True):
    """A template in one language."""

    language: str
    text: str


class Template(Shape, frozen=True):
    """A reply template. The first of its texts is in the group's first language."""

    id: str
    title: str
    texts: list[TemplateText]


class Tag(Shape, frozen=True):
    """A tag of the group. Cases name it by its id."""

    id: str
    label: str
    colour: str


class GroupWords(Shape, frozen=True):
    """The signed fields. `number` is that of the names file in which they were first written. `statuses` is by status."""

    format: str
    group: GroupId
    number: Whole
    author: MemberId
    day: str
    head: str
    templates: list[Template]
    tags: list[Tag]
    statuses: dict[str, str]


def sign(words: GroupWords, key: SigningKey) -> Signed:
    """Sign group words as their author."""
    return key.sign_json(Label.GROUP_WORDS, words)


def verify(signed: Signed, group: GroupId, number: int, key_of: AuthorKey) -> GroupWords:
    """Read the words that a names file contains.

    Args:
        signed: the words and their signature.
        group: the reader's group.
        number: the number of the names file.
        key_of: finds the key of a member who signed under a head.

    Raises:
        CryptoError: they are another group's, newer than their file, or not signed by a member.
    """
    words = from_json(GroupWords, signed.body)
    if words.format != Label.GROUP_WORDS or words.group != group:
        raise BindingError("the words of another group")
    if words.number > number:
        raise BindingError("words with a number above that of their file")
    parse_day(words.day)
    unb64(words.head, 32)
    if any(tag.colour not in COLOURS for tag in words.tags) or any(status not in STATUSES for status in words.statuses):
        raise EncodingError("not the JSON of this shape", "an unknown colour or status")
    key_of(words.author, words.head).verify(Label.GROUP_WORDS, signed.body.encode(), signed.signature)
    return words


def present(served: Iterable[Signed], group: GroupId, number: int, key_of: AuthorKey) -> list[GroupWords]:
    """Return the words of a names file that verify, the newest first."""
    verified = []
    for signed in served:
        try:
            verified.append(verify(signed, group, number, key_of))
        except CryptoError:
            continue  # The names and the other words stay readable.
    return sorted(verified, key=lambda words: -words.number)
