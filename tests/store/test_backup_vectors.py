"""The content of backups against known answers that `tests/vectors/stored.py` computes from docs/reference/format.md alone."""

import io
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from crypto.dayroot import DeletionKeyName
from crypto.encoding import b64, unb64
from crypto.secret import Secret
from crypto.sign_in import SignInKey
from intake.service import backup
from intake.store.errors import StoreError
from retention.key_stores.file import FileKeyStore

FOLDER = Path(__file__).parents[1] / "vectors/store"
VECTORS = sorted(FOLDER.glob("backup*.json"))
Given = dict[str, Any]


class OneKey(FileKeyStore):
    """The sign-in key of a vector, and no file."""

    def __init__(self, given: Given) -> None:
        self._given = given

    def bound_to(self) -> str:
        return str(self._given["store"])

    def expect(self, store: str) -> None:
        assert store == self._given["store"]

    def existing(self) -> list[tuple[str, int]]:
        return [(self._given["purpose"], self._given["generation"])]

    def key(self, purpose: str, generation: int) -> Secret:
        assert (purpose, generation) == self.existing()[0]
        return Secret(unb64(self._given["deletion_key"]))


def read(given: Given) -> dict[str, object]:
    content = io.BytesIO(unb64(given["content"]))
    backup._check_mac(content, OneKey(given))
    content.seek(len(backup._FIRST_LINE))
    head = msgspec.msgpack.decode(backup._next_frame(content, backup._MAX_HEAD), type=backup._Head)
    rows = [[table, *map(shown, values)] for table, values in backup._rows(content, list(head.tables))]
    return {"schema": head.schema, "tables": head.tables, "rows": rows}


def written(given: Given, output: dict[str, Any]) -> bytes:
    name = DeletionKeyName(given["store"], given["purpose"], given["generation"])
    rows = [(table, [meant(value) for value in values]) for table, *values in output["rows"]]
    framed = backup._framed(backup._Head(output["schema"], output["tables"]), rows)
    return b"".join(backup._closed(framed, SignInKey(Secret(unb64(given["deletion_key"])), name).backup_key()))


def shown(value: object) -> object:
    return {"b64": b64(value)} if isinstance(value, bytes) else value


def meant(value: Any) -> object:
    return unb64(value["b64"]) if isinstance(value, dict) else value


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_backup_vector(path: Path) -> None:
    vector = json.loads(path.read_bytes())
    if "reason" in vector:
        with pytest.raises(StoreError, match=vector["reason"]):
            read(vector["input"])
    else:
        assert read(vector["input"]) == vector["output"]
        assert written(vector["input"], vector["output"]) == unb64(vector["input"]["content"])
