"""age files: a reader opens what our writer makes, and nothing else."""

import os
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto import age
from crypto.age import Identity, Recipient, bech32, stream
from crypto.age import header as age_header
from crypto.errors import CryptoError, EncodingError, HeaderError, HeaderMacError, NoMatchError, PayloadError, SizeError
from crypto.secret import Secret

ALICE, BOB = Identity(Secret(b"a" * 32)), Identity(Secret(b"b" * 32))
FILE = age.encrypt(b"milk and bread", [ALICE.recipient, BOB.recipient])


@pytest.mark.parametrize("size", [0, 1, stream.CHUNK - 1, stream.CHUNK, stream.CHUNK + 1, 3 * stream.CHUNK])
def test_every_recipient_opens_all_of_it(size: int) -> None:
    file = age.encrypt(b"x" * size, [ALICE.recipient, BOB.recipient])
    assert age.decrypt(file, [ALICE]) == age.decrypt(file, [BOB]) == b"x" * size
    assert age.inspect(file) == age.FileInfo(2, size)


def test_nobody_else_opens_it() -> None:
    with pytest.raises(NoMatchError):
        age.decrypt(FILE, [Identity.generate()])


@given(st.integers(0, len(FILE) - 1), st.integers(1, 255))
@settings(max_examples=200, deadline=None)
def test_any_changed_byte_is_noticed(position: int, change: int) -> None:
    broken = bytearray(FILE)
    broken[position] ^= change
    with pytest.raises(CryptoError):
        age.decrypt(bytes(broken), [BOB])


@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda b: age_header.VERSION_LINE + b))
def test_rubbish_is_refused_and_never_a_crash(data: bytes) -> None:
    with pytest.raises(CryptoError):
        age.decrypt(data, [ALICE])
    with pytest.raises(CryptoError):
        age.inspect(data)


@given(
    st.integers(0, FILE.index(b"---") + 47),
    st.sampled_from([b"", b"A", b"B", b"=", b"\n", b" ", b"-", b"\r\n", b"AA"]),
    st.booleans(),
)
@settings(max_examples=500, deadline=None)
def test_the_stored_header_is_accepted_by_both_parsers_or_by_none(position: int, put: bytes, over: bool) -> None:
    data = FILE[:position] + put + FILE[position + over :]
    try:
        outline = age.inspect(data)
    except CryptoError:
        with pytest.raises(CryptoError):
            age.decrypt(data, [Identity.generate(), ALICE, BOB])
        return
    with suppress(NoMatchError, HeaderMacError, PayloadError):  # never HeaderError: the reader knows the syntax
        age.decrypt(data, [ALICE])
    header = age_header.parse(data)
    assert len(header.stanzas) == outline.recipients == 2
    assert outline.plaintext_size == len(data) - header.size - stream.NONCE - stream.TAG


@pytest.mark.parametrize("line", [1, 2, 5])
def test_base64_that_is_not_canonical_is_not_stored(line: int) -> None:
    lines = FILE.split(b"\n", 6)
    last = lines[line][-1:]
    lines[line] = lines[line][:-1] + bytes([last[0] + 1])  # the next sign of the alphabet sets a bit that must be zero
    with pytest.raises(HeaderError):
        age.inspect(b"\n".join(lines))
    with pytest.raises(HeaderError):
        age.decrypt(b"\n".join(lines), [ALICE])


@pytest.mark.parametrize("count", [1, age.MAX_RECIPIENTS])
def test_as_many_recipients_as_allowed_are_counted(count: int) -> None:
    file_key = bytes(16)
    header = age_header.build((ALICE.recipient.wrap(file_key),) * count, file_key)
    assert age.inspect(header + stream.seal(file_key, b"")) == age.FileInfo(count, 0)


def test_a_file_over_the_ceiling_is_refused_before_any_work() -> None:
    for operation in (age.inspect, lambda file: age.decrypt(file, [ALICE])):
        with pytest.raises(SizeError):
            operation(FILE + bytes(age.MAX_FILE))


def test_a_header_without_end_is_refused() -> None:
    with pytest.raises(HeaderError):
        age_header.parse(age_header.VERSION_LINE + b"-> a b\n" + (b"A" * 64 + b"\n") * (age_header.MAX_HEADER // 64))


def test_stanzas_of_another_kind_are_not_stored() -> None:
    file_key = bytes(16)
    other = age_header.Stanza("X25519", ("A",), b"x" * 32)
    with pytest.raises(HeaderError):
        age.inspect(age_header.build((other,), file_key) + stream.seal(file_key, b""))


def test_more_recipients_than_allowed_are_not_stored() -> None:
    file_key = bytes(16)
    header = age_header.build((ALICE.recipient.wrap(file_key),) * (age.MAX_RECIPIENTS + 1), file_key)
    with pytest.raises(HeaderError):
        age.inspect(header + stream.seal(file_key, b""))
    with pytest.raises(ValueError):
        age.encrypt(b"", [])


def test_a_stanza_body_of_a_multiple_of_48_bytes_ends_in_an_empty_line() -> None:
    stanza = age_header.Stanza("x", ("y",), b"z" * 96)
    file = age_header.build((stanza,), bytes(16))
    assert age_header.parse(file).stanzas == (stanza,)


def test_a_payload_cut_within_its_tag_is_refused() -> None:
    with pytest.raises(PayloadError):
        stream.check_size(stream.NONCE + stream.CHUNK + 2 * stream.TAG - 1)


def test_keys_are_written_and_read_as_age_writes_them() -> None:
    assert Identity.parse(ALICE.reveal()).seed == ALICE.seed
    assert Recipient.parse(str(ALICE.recipient)) == ALICE.recipient
    assert len(str(ALICE.recipient)) == 1959
    assert ALICE.recipient.id != BOB.recipient.id


@pytest.mark.parametrize(
    "text",
    [
        "",
        "age1pq1",
        str(ALICE.recipient)[:-1] + "q",
        str(ALICE.recipient).replace("age1pq", "age"),
        str(ALICE.recipient).upper(),
        "age1pq1b" + str(ALICE.recipient)[8:],
        bech32.encode("age1pq", b"short"),
    ],
)
def test_a_mistyped_recipient_is_refused(text: str) -> None:
    with pytest.raises(EncodingError):
        Recipient.parse(text)


def test_a_mistyped_identity_is_refused() -> None:
    for text in (ALICE.reveal().lower(), bech32.encode("age-secret-key-pq-", b"short").upper()):
        with pytest.raises(EncodingError):
            Identity.parse(text)


def bech32_of(words: bytes) -> str:
    """Return words of five bits as Bech32 with the prefix `a` and the right checksum."""
    checksum = bech32._polymod([*bech32._expand("a"), *words, *bytes(6)]) ^ 1
    words += bytes((checksum >> 5 * (5 - i)) & 31 for i in range(6))
    return "a1" + words.translate(bech32._FROM_WORDS).decode()


def test_stray_bits_in_bech32_are_refused() -> None:
    words = bech32._words(b"x")
    with pytest.raises(EncodingError):
        bech32.decode("a", bech32_of(words[:-1] + bytes([words[-1] | 1])))


@pytest.mark.parametrize("count", [1, 3, 6])
def test_bech32_that_ends_within_a_byte_is_refused(count: int) -> None:
    with pytest.raises(EncodingError):
        bech32.decode("a", bech32_of(bytes(count)))


def test_a_recipient_that_is_no_point_is_refused() -> None:
    for raw in (b"\xff" * 1216, ALICE.recipient.raw[:1184] + bytes(32)):
        with pytest.raises(EncodingError):
            Recipient(raw)


def test_secrets_do_not_show_themselves() -> None:
    secret = Secret(b"canary")
    assert "canary" not in f"{secret} {secret!r} {ALICE!r}"
    assert "a" * 32 not in repr(ALICE)
    assert secret == Secret(b"canary")
    assert secret != b"canary"
    with pytest.raises(TypeError):
        secret.__reduce__()


def test_base64_of_an_impossible_length_is_refused() -> None:
    with pytest.raises(HeaderError):
        age_header.decode_base64(b"A")


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 131_072, 300_001])
def test_a_file_in_parts_is_the_same_as_a_whole_one(size: int) -> None:
    key, plain = Identity.generate(), bytes(range(256)) * (size // 256 + 1)
    plain = plain[:size]
    parts = [plain[i : i + 70_001] for i in range(0, size, 70_001)]
    file = b"".join(age.encrypt_parts(parts, [key.recipient]))
    assert age.decrypt(file, [key]) == plain
    pieces = [file[i : i + 9_999] for i in range(0, len(file), 9_999)]
    assert b"".join(age.decrypt_parts(pieces, [key])) == plain


def test_a_file_in_parts_that_is_cut_altered_or_not_ours_is_refused() -> None:
    key, plain = Identity.generate(), os.urandom(200_000)
    file = b"".join(age.encrypt_parts([plain], [key.recipient]))
    header = len(file) - len(stream.seal(b"k" * 16, plain))
    for broken in (file[:-1], file[: header + 16 + 65_552], file + b"x", file[: header + 99] + b"x" + file[header + 100 :]):
        with pytest.raises(PayloadError):
            b"".join(age.decrypt_parts([broken], [key]))
    with pytest.raises(HeaderError):
        b"".join(age.decrypt_parts([file[: header + 5]], [key]))
    with pytest.raises(NoMatchError):
        b"".join(age.decrypt_parts([file], [Identity.generate()]))
    with pytest.raises(ValueError, match="recipients"):
        b"".join(age.encrypt_parts([plain], []))
    # An empty last chunk after a full one, which only a broken writer makes.
    cipher = stream._cipher(b"k" * 16, b"n" * 16)
    payload = b"n" * 16 + cipher.encrypt(stream._chunk_nonce(0, final=False), bytes(65_536), None)
    payload += cipher.encrypt(stream._chunk_nonce(1, final=True), b"", None)
    with pytest.raises(PayloadError, match="empty last chunk"):
        b"".join(stream.open_parts(b"k" * 16, [payload]))
