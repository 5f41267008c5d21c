"""The vectors of docs/reference/format.md; the browser client runs the same files."""

import json
import re
from pathlib import Path

import pytest

from crypto import digits, errors
from crypto.encoding import from_json
from crypto.reasons import REASONS
from crypto.signing import Signed
from tests.support.operations import OPERATIONS
from tests.support.vectors import VECTORS

CLIENT = Path(__file__).parents[2] / "intake" / "client"
# Rules that no vector can test, and the test of each.
WITHOUT_A_VECTOR = {
    "a file over the ceiling": "tests/crypto/test_age.py",
}


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_vector(path: Path) -> None:
    vector = json.loads(path.read_bytes())
    operation = OPERATIONS[vector["operation"]]
    if "refused" in vector:
        with pytest.raises(errors.CryptoError) as refusal:
            operation(vector["input"])
        assert (refusal.value.layer, refusal.value.reason) == (vector["refused"], vector["reason"])
    else:
        assert operation(vector["input"]) == vector["output"]


def test_every_operation_has_a_vector() -> None:
    assert {json.loads(path.read_bytes())["operation"] for path in VECTORS} == set(OPERATIONS)


def test_both_implementations_have_the_same_reasons() -> None:
    """The browser has the same list of reasons: a rule that only one implementation has is found here."""
    source = (CLIENT / "src/crypto/reasons.ts").read_text()
    listed = source[source.index("REASONS = [") : source.index("] as const")]
    assert tuple(re.findall(r'^  "(.*)",$', listed, re.MULTILINE)) == REASONS


def test_every_reason_has_a_vector_that_is_refused_only_for_it() -> None:
    """A rule without a vector could be deleted in one of the two implementations without a test turning red."""
    vectors = [json.loads(path.read_bytes()) for path in VECTORS]
    named = {vector["reason"] for vector in vectors if "reason" in vector}
    # The warnings of a whole case name what was left out of it.
    whole = [vector["output"] for vector in vectors if vector["operation"] in ("case", "own case") and "output" in vector]
    named |= {reason for output in whole for _, _, _, reason in output["warnings"]}
    assert set(REASONS) - named == set(WITHOUT_A_VECTOR)


def test_a_shape_is_never_guessed() -> None:
    with pytest.raises(errors.EncodingError):
        from_json(Signed, b'{"body":"","signature":"","more":1}')
    assert digits.check_digit("572") == "4"  # Damm's own example
