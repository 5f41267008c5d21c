"""Drafts: their member alone opens them, and a log or a traceback does not show their text."""

from crypto import draft
from crypto.draft import Draft
from crypto.encoding import CaseId, MemberId, new_id
from crypto.labels import Label
from crypto.signing import SigningKey

CASE, MEMBER = CaseId(new_id()), MemberId(new_id())
DRAFT = Draft(Label.DRAFT.value, CASE, MEMBER, 0, {"reply": "milk for Sam"})


def test_a_sealed_draft_opens_with_its_members_key() -> None:
    key = SigningKey.generate()
    assert draft.open_(draft.seal(DRAFT, key), key, CASE, MEMBER) == DRAFT


def test_the_repr_of_a_draft_shows_no_word_of_it() -> None:
    assert repr(DRAFT) == f"Draft({CASE})"
