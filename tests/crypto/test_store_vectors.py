"""Vectors of stored rows, which `tests/vectors/stored.py` computes from docs/reference/format.md. The code reads them here."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crypto import certificate, dayroot, notice, rows
from crypto.dayroot import DayRoot, DeletionKeyName
from crypto.encoding import b64, unb64
from crypto.errors import CryptoError
from crypto.labels import Label
from crypto.rows import RowName
from crypto.secret import Secret
from crypto.sign_in import SignInKey
from crypto.signing import VerifyingKey

# A token makes its own deletion keys: tests/retention/test_tokens.py compares a vector with a real token.
# `intake` reads backups: tests/store/test_backup_vectors.py.
FOLDER = Path(__file__).parents[1] / "vectors/store"
VECTORS = [path for path in sorted(FOLDER.glob("*.json")) if not path.stem.startswith(("deletion-key", "backup"))]
Given = dict[str, Any]


def secret(text: str) -> Secret:
    return Secret(unb64(text))


def deletion_key_name(given: Given) -> DeletionKeyName:
    return DeletionKeyName(given["store"], given["purpose"], given["generation"])


def open_row(given: Given) -> str:
    name = RowName(**{field: given[field] for field in ("store", "table", "case", "item", "day", "leaf")})
    epoch = secret(given["epoch"]) if given.get("epoch") else None
    return b64(rows.open_(unb64(given["sealed"]), name, secret(given["key"]), epoch))


def sign_in_key(given: Given) -> SignInKey:
    return SignInKey(secret(given["deletion_key"]), deletion_key_name(given))


def verify_certificate(given: Given) -> dict[str, object]:
    previous = given["previous"].encode() if given["previous"] is not None else None
    verified = certificate.verify(given["text"].encode(), given["signature"], VerifyingKey(given["key"]), previous)
    return {"number": verified.number, "keys": verified.keys}


def open_notice(given: Given) -> dict[str, str]:
    opened = notice.open_(unb64(given["file"]), given["member"], notice.key(secret(given["secret"])))
    return {"url": opened.url, "language": opened.language}


OPERATIONS: dict[str, Callable[[Given], object]] = {
    "leaf": lambda given: b64(DayRoot.from_bytes(unb64(given["root"])).evaluate(given["leaf"]).reveal()),
    "puncture": lambda given: b64(DayRoot.from_bytes(unb64(given["root"])).puncture(given["leaves"]).to_bytes()),
    "open day root": lambda given: b64(
        dayroot.open_(unb64(given["sealed"]), secret(given["deletion_key"]), deletion_key_name(given)).to_bytes()
    ),
    "row": open_row,
    "deletion key row": lambda given: b64(
        dayroot.open_under(
            secret(given["deletion_key"]), Label(given["label"]), deletion_key_name(given), unb64(given["sealed"])
        )
    ),
    "sign-in handle": lambda given: sign_in_key(given).handle(given["handle_id"]),
    "sign-in row": lambda given: b64(sign_in_key(given).open(unb64(given["sealed"]), *given["row"])),
    "decoy": lambda given: b64(sign_in_key(given).decoy(given["handle_id"], given["length"], given["number"])),
    "certificate": verify_certificate,
    "notice": open_notice,
}


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_store_vector(path: Path) -> None:
    vector = json.loads(path.read_bytes())
    operation = OPERATIONS[vector["operation"]]
    if "reason" in vector:
        with pytest.raises(CryptoError) as refusal:
            operation(vector["input"])
        assert refusal.value.reason == vector["reason"]
    else:
        assert operation(vector["input"]) == vector["output"]


def test_every_operation_of_the_store_has_a_vector() -> None:
    assert {json.loads(path.read_bytes())["operation"] for path in VECTORS} == set(OPERATIONS)
