"""Drafts: a log or a traceback does not show their text."""

from crypto.draft import Draft
from crypto.encoding import CaseId, MemberId, new_id
from crypto.labels import Label


def test_the_repr_of_a_draft_shows_no_word_of_it() -> None:
    case, member = CaseId(new_id()), MemberId(new_id())
    draft = Draft(Label.DRAFT.value, case, member, 0, {"reply": "milk for Sam"})
    assert repr(draft) == f"Draft({case})"
