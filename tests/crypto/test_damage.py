"""Every changed byte of an encrypted or signed file is refused with the name of its layer, and never crashes a reader.

The vectors of docs/reference/format.md are what is changed: every byte of small files, every 31st of large ones.
"""

import json
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto import receipt, snapshot
from crypto.encoding import b64, unb64
from crypto.errors import CryptoError, SnapshotError
from crypto.signing import Signed
from tests.support.casework import Group
from tests.support.operations import OPERATIONS
from tests.support.vectors import VECTORS

pytestmark = pytest.mark.uncounted

SMALL, STEP = 3000, 31  # bytes: in files larger than SMALL, one byte in STEP is changed
UNTRUSTED = {"file", "entries", "signed", "body", "signatures", "shares", "typed", "text"}  # what other people send

MAX_ENTRIES = 6  # entries: each changed letter costs one verification of the whole list


@cache
def vectors(operation: str) -> list[dict[str, Any]]:
    all_vectors = [json.loads(path.read_bytes()) for path in VECTORS]
    return [vector for vector in all_vectors if vector["operation"] == operation and "output" in vector]


def changed(text: str) -> Iterator[str]:
    """A file in base64url, with one byte changed each time, then cut short, then one byte longer."""
    file = unb64(text)
    for index in range(0, len(file), 1 if len(file) < SMALL else STEP):
        yield b64(file[:index] + bytes([file[index] ^ 1]) + file[index + 1 :])
    yield b64(file[:-1])
    yield b64(file + b"\0")


def refused(operation: str, sent: dict[str, Any]) -> str:
    with pytest.raises(CryptoError) as caught:
        OPERATIONS[operation](sent)
    return f"{type(caught.value).__name__}: {caught.value}"


@pytest.mark.parametrize("operation", ["entry", "grant", "receipt grant", "keyring", "names", "share"])
def test_any_changed_byte_of_a_sealed_file_is_noticed_and_named(operation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipt, "stretch", cache(receipt.stretch))
    said = set()
    for vector in vectors(operation)[:1]:
        for file in changed(vector["input"]["file"]):
            said.add(refused(operation, {**vector["input"], "file": file}))
    assert len(said) >= 3, "header, header MAC and payload each say so themselves"
    assert all(len(words.split(": ", 1)[1]) > 8 for words in said)


@pytest.mark.parametrize("field", ["body", "signatures"])
def test_any_changed_letter_of_the_key_list_is_noticed_and_named(field: str) -> None:
    short = [vector for vector in vectors("key list") if len(vector["input"]["entries"]) <= MAX_ENTRIES]
    vector = max(short, key=lambda candidate: len(candidate["input"]["entries"]))
    entries = vector["input"]["entries"]
    for number, entry in enumerate(entries):
        written = json.dumps(entry[field]) if field == "signatures" else entry[field]
        for index in range(len(written)):
            other = chr(ord(written[index]) ^ 1)
            if field == "signatures":
                try:
                    value = json.loads(written[:index] + other + written[index + 1 :])
                except ValueError:
                    continue
            else:
                value = written[:index] + other + written[index + 1 :]
            broken = deepcopy(entries)
            broken[number][field] = value
            sent = {**vector["input"], "entries": broken}
            try:
                output = OPERATIONS["key list"](sent)
            except CryptoError as error:
                assert len(str(error)) > 8  # noqa: PT017  # it is refused with a message
            else:  # or one signature was not needed, and the list still means the same
                assert output == vector["output"]
                assert field == "signatures"


@pytest.mark.parametrize("operation", ["statement", "candidate", "hold"])
def test_any_changed_letter_of_a_signed_text_is_refused(operation: str) -> None:
    vector = vectors(operation)[0]
    sent = vector["input"]
    body = sent["body"] if operation == "hold" else sent["signed"]["body"]
    for index in range(len(body)):
        other = body[:index] + chr(ord(body[index]) ^ 1) + body[index + 1 :]
        if operation == "hold":
            refused(operation, {**sent, "body": other})
        else:
            refused(operation, {**sent, "signed": {**sent["signed"], "body": other}})


def leaves(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all texts that other people send."""
    if isinstance(value, dict):
        for key, item in value.items():
            if path or key in UNTRUSTED:
                yield from leaves(item, (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from leaves(item, (*path, number))
    elif isinstance(value, str):
        yield path


def replaced(value: Any, path: tuple[Any, ...], text: str) -> Any:
    if not path:
        return text
    copy = value.copy()
    copy[path[0]] = replaced(value[path[0]], path[1:], text)
    return copy


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_rubbish_in_any_place_is_refused_and_never_a_crash(operation: str, data: st.DataObject) -> None:
    vector = data.draw(st.sampled_from(vectors(operation)))
    places = list(leaves(vector["input"]))
    if not places:
        return
    path = data.draw(st.sampled_from(places))
    was = vector["input"]
    for key in path:
        was = was[key]
    cut = data.draw(st.integers(0, len(was)))
    text = data.draw(
        st.text(max_size=80) | st.just(was[:cut]) | st.text(max_size=8).map(lambda some: was[:cut] + some + was[cut:])
    )
    try:
        OPERATIONS[operation](replaced(vector["input"], path, text))
    except CryptoError as error:
        assert str(error)  # noqa: PT017


def test_a_snapshot_with_half_a_character_is_refused_and_breaks_nothing() -> None:
    """A host can send half a character in JSON as `\\ud800`. No member can have signed it."""
    keys = Group(2).keys
    with pytest.raises(SnapshotError):
        snapshot.read(Signed(body='{"format":"\ud800"}', signature=""), keys)
