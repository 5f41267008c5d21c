"""The rules of conditions and sizes, one by one and over cases that the browser's client must answer alike."""

import json
from typing import Any

import pytest

from intake.form import rules
from intake.form.rules import Limits, Problem, Rule
from tests.vectors import forms

CASES: list[dict[str, Any]] = json.loads(forms.RULES.read_text("ascii"))
KINDS = {"id": "kinds", "kind": "several", "options": [{"id": "meals", "text": "?"}, {"id": "ride", "text": "?"}]}
OFTEN = {"id": "often", "kind": "often", "required": True, "when": {"question": "kinds", "is": ["meals"]}}
DETAIL = {"id": "detail", "kind": "short", "required": True, "when": {"question": "often", "is": ["weekly"]}}
WORDS = {"id": "words", "kind": "long"}
CONTACT = {"id": "contact", "kind": "contact"}


def form(*questions: dict[str, Any]) -> Any:
    return forms.described({"questions": list(questions)})


def test_both_paths_answer_the_generated_cases_alike() -> None:
    """The client's test reads the same file: intake/client/src/tests/form/rules.test.ts."""
    for number, case in enumerate(CASES, 1):
        limits = Limits(**case["limits"])
        assert forms.outcome(forms.described(case["form"]), case["fields"], limits) == case["output"], f"case {number}"


def test_the_generated_cases_reach_every_rule() -> None:
    reached = {rule for case in CASES for _, rule in case["output"]["problems"]}
    assert reached == {str(rule) for rule in Rule}
    assert any(not case["output"]["problems"] for case in CASES)
    assert any(set(case["output"]["can_be_request"].values()) == {True, False} for case in CASES)


def test_a_required_question_below_one_that_no_longer_applies_is_not_demanded() -> None:
    asked = form(KINDS, OFTEN, DETAIL)
    fields = {"q-kinds": ["ride"], "q-often": ["weekly"]}
    assert [question.id for question in rules.applicable(asked, fields)] == ["kinds"]
    assert rules.problems(asked, fields) == []


def test_an_answer_to_a_question_that_does_not_apply_is_no_request() -> None:
    asked = form({**KINDS, "kind": "choice"}, {**OFTEN, "required": False}, CONTACT)
    assert rules.problems(asked, {"q-often": ["weekly"]}) == [Problem("kinds", Rule.NOTHING_ASKED)]


def test_a_text_that_is_not_sent_needs_no_correction() -> None:
    asked = form(KINDS, {**DETAIL, "when": {"question": "kinds", "is": ["meals"]}})
    assert rules.problems(asked, {"q-kinds": ["ride"], "q-detail": ["x" * 2000]}) == []


def test_a_line_end_of_a_browser_counts_as_one_byte() -> None:
    assert rules.problems(form(WORDS), {"q-words": ["\r\n".join("x" * 25_000)]}) == []


def test_contact_that_does_not_apply_is_not_sent() -> None:
    asked = form(KINDS, {**CONTACT, "when": {"question": "kinds", "is": ["meals"]}})
    assert rules.contact(asked, {"q-kinds": ["meals"], "how": ["12"]})["how"] == "12"
    assert rules.contact(asked, {"q-kinds": ["ride"], "how": ["12"]})["how"] == ""


@pytest.mark.parametrize(
    ("fields", "after", "can"),
    [
        ({}, "kinds", True),  # the next question may still say it
        ({}, "words", False),
        ({"q-area": ["by the bridge"]}, "words", False),
        ({"q-kinds": ["ride"]}, "words", True),
    ],
)
def test_an_empty_request_is_found_at_the_last_question_that_could_make_one(
    fields: dict[str, list[str]], after: str, *, can: bool
) -> None:
    asked = form({**KINDS, "subject": True}, {**WORDS, "subject": True}, {"id": "area", "kind": "area"}, CONTACT)
    assert rules.can_be_request(asked, fields, after) is can


def test_a_question_that_a_later_answer_may_add_can_still_make_a_request() -> None:
    later = {"id": "other", "kind": "short", "subject": True, "when": {"question": "often", "is": ["weekly"]}}
    asked = form(WORDS, {"id": "often", "kind": "often"}, later)
    assert rules.can_be_request(asked, {}, "words")
    assert rules.can_be_request(asked, {"q-often": ["once"]}, "words")
    assert not rules.can_be_request(asked, {"q-often": ["once"]}, "often")
