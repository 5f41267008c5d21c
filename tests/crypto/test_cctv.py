"""The public age vectors (C2SP CCTV): all that concern hybrid recipients and the syntax of header and payload.

X25519 is not ours: for such a vector the header is parsed, and the file key that the vector gives opens the payload.
"""

import base64
import json
import subprocess
import zlib
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import pytest

from crypto import age
from crypto.age import Identity, stream
from crypto.age import header as age_header
from crypto.errors import HeaderError, HeaderMacError, NoMatchError, PayloadError

CLIENT = Path(__file__).parents[2] / "intake" / "client"
EXPORT = """import * as vectors from "cctv-age";
const out = {};
for (const [name, data] of Object.entries(vectors)) out[name] = Buffer.from(data).toString("base64");
console.log(JSON.stringify(out));"""
REFUSALS = {
    "no match": NoMatchError,
    "HMAC failure": HeaderMacError,
    "header failure": HeaderError,
    "payload failure": PayloadError,
}


class Vector(NamedTuple):
    name: str
    fields: dict[str, str]
    file: bytes


def load() -> list[Vector]:
    command = ["node", "--input-type=module", "-e", EXPORT]
    made = subprocess.run(command, cwd=CLIENT, capture_output=True, check=True).stdout
    vectors = []
    for name, text in json.loads(made).items():
        head, _, file = base64.b64decode(text).partition(b"\n\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\n"))
        if "armored" in fields or "passphrase" in fields or name.startswith("scrypt"):
            continue
        vectors.append(Vector(name, fields, zlib.decompress(file) if "compressed" in fields else file))
    return vectors


VECTORS = load()
# `hybrid_x25519_arg` is about a malformed X25519 stanza, a type that is not ours to read.
HYBRID = [v for v in VECTORS if "-PQ-" in v.fields.get("identity", "") and v.name != "hybrid_x25519_arg"]
SYNTAX = [v for v in VECTORS if not v.name.startswith(("x25519", "hybrid"))]


def name_of(vector: Vector) -> str:
    return vector.name


def test_there_are_as_many_as_were_published() -> None:
    assert len(HYBRID) == 17
    assert len(SYNTAX) >= 50


@pytest.mark.parametrize("vector", HYBRID, ids=name_of)
def test_hybrid_recipients(vector: Vector) -> None:
    identity = Identity.parse(vector.fields["identity"])
    if vector.fields["expect"] == "success":
        assert sha256(age.decrypt(vector.file, [identity])).hexdigest() == vector.fields["payload"]
    else:
        with pytest.raises(REFUSALS[vector.fields["expect"]]):
            age.decrypt(vector.file, [identity])


@pytest.mark.parametrize("vector", SYNTAX, ids=name_of)
def test_header_and_payload_syntax(vector: Vector) -> None:
    file_key = bytes.fromhex(vector.fields["file key"])

    def read() -> bytes:
        header = age_header.parse(vector.file)
        age_header.check_mac(header, file_key)
        return stream.open_(file_key, vector.file[header.size :])

    if vector.fields["expect"] == "success":
        assert sha256(read()).hexdigest() == vector.fields["payload"]
    else:
        with pytest.raises(REFUSALS[vector.fields["expect"]]):
            read()
