"""The entry with the reason for a hold: only a member writes it, and its day is a real day."""

import pytest

from crypto import entry
from crypto.age import Identity
from crypto.encoding import CaseId, MemberId, new_id
from crypto.errors import BindingError, EncodingError
from crypto.signing import Author, SigningKey

CASE, KEY, MEMBER, SIGNING = CaseId(new_id()), Identity.generate(), MemberId(new_id()), SigningKey.generate()
HEAD = "A" * 43
MAC, POSITION = entry.shared_mac_key(KEY, CASE), entry.Position(CASE, entry.Sequence.SHARED, 1)


AUTHOR = Author(MEMBER, SIGNING, HEAD)


def sealed(until: str, author: Author | None = AUTHOR) -> bytes:
    content, to = entry.HoldReason(text="the hearing", until=until), [KEY.recipient]
    return entry.seal(
        POSITION, entry.Kind.HOLD, content, day="2026-11-20", previous="x", recipients=to, mac_key=MAC, author=author
    )


def test_a_hold_says_why_and_until_when() -> None:
    opened = entry.open_(sealed("2026-12-10"), POSITION, [KEY], {0: MAC}, lambda *_: SIGNING.verifying_key)
    assert (opened.author, opened.content) == (MEMBER, entry.HoldReason(text="the hearing", until="2026-12-10"))


def test_a_hold_until_no_day_or_by_the_requester_is_refused() -> None:
    for wrong, error in ((sealed("2026-02-30"), EncodingError), (sealed("2026-12-10", None), BindingError)):
        with pytest.raises(error):
            entry.open_(wrong, POSITION, [KEY], {0: MAC}, lambda *_: SIGNING.verifying_key)
