"""The people, keys and cases of the vectors, and how to write a vector. Every generator uses them."""

import json
from pathlib import Path
from typing import Any

from crypto import entry
from crypto.age import Identity
from crypto.encoding import CaseId, b64
from crypto.secret import Secret
from crypto.signing import SigningKey

HERE = Path(__file__).parent
GROUP, CASE, OTHER_CASE = (b64(bytes([n]) * 16) for n in (1, 2, 3))
MEMBERS = [b64(bytes([n]) * 16) for n in (11, 12, 13, 14)]
SIGNERS = [SigningKey(Secret(bytes([n]) * 32)) for n in (21, 22, 23, 24)]
CASE_KEY, DESK_KEY, RECEIPT_KEY, EPOCH = (Identity(Secret(bytes([n]) * 32)) for n in (31, 32, 33, 34))
SHARED_MAC, DESK_MAC = entry.shared_mac_key(CASE_KEY, CaseId(CASE)), entry.desk_mac_key(DESK_KEY, CaseId(CASE))
KEYS = {member: key.verifying_key.text for member, key in zip(MEMBERS, SIGNERS, strict=True)}
DAY = "2026-11-20"
HEAD = b64(bytes([41]) * 32)


def save(
    name: str,
    about: str,
    operation: str,
    given: dict[str, Any],
    *,
    output: object = None,
    refused: str | None = None,
    reason: str | None = None,
) -> None:
    """Write a vector with its output, or with the layer that refuses and its one reason (crypto/reasons.py)."""
    assert bool(refused) == bool(reason), name
    outcome = {"refused": refused, "reason": reason} if refused else {"output": output}
    vector = {"about": about, "operation": operation, "input": given, **outcome}
    (HERE / f"{name}.json").write_text(json.dumps(vector, ensure_ascii=operation == "key list", indent=1) + "\n")


def bad(name: str, about: str, operation: str, given: dict[str, Any], layer: str, reason: str) -> None:
    """Write a vector that must be refused."""
    save(name, about, operation, given, refused=layer, reason=reason)
