"""Entries, grants and sheets beyond the vectors: what our code never writes, and what an attacker may send."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import age, digits, entry, grant, receipt, sheet, unlocker
from crypto.age import Identity
from crypto.case.sequence import broken_numbers
from crypto.encoding import CaseId, EpochId, MemberId, as_dict, b64, from_dict, new_id, parse_day, to_json, unb64
from crypto.entry import Kind, Position, Sequence, Text
from crypto.errors import BindingError, CryptoError, EncodingError, MacError, SignatureError, SizeError
from crypto.labels import Label
from crypto.secret import Secret
from crypto.signing import Author, SigningKey, VerifyingKey

CASE = CaseId(new_id())
KEY, RECEIPT = Identity.generate(), Identity.generate()
MAC = entry.shared_mac_key(KEY, CASE)
HEAD = "A" * 43
MEMBER, SIGNER = MemberId(new_id()), SigningKey.generate()
FIRST, SECOND, NOTE = Position(CASE, Sequence.SHARED, 0), Position(CASE, Sequence.SHARED, 1), Position(CASE, Sequence.DESK, 0)

SUMMARY = entry.Summary(
    arrived="2026-11-20",
    name="",
    kinds=["food"],
    line="x",
    language="ar",
    direction="need",
    deletion="2026-12-20",
    area="",
    urgency="",
    contact="",
)


def key_of(member: str, head: str | None) -> VerifyingKey:
    if member != MEMBER:
        raise SignatureError("a signature by someone who was never a member")
    return SIGNER.verifying_key


def request(words: str = "bread", case: str = "", kind: str = "browser") -> entry.Request:
    return entry.Request(
        form="sample",
        language="en",
        direction="need",
        answers=[entry.Answer(question="words", text="?", values=[words], labels=[])],
        contact=entry.Contact(how="", voicemail="", say_who="", safe_time="", return_only=True),
        name="",
        deletion="2026-12-20",
        shown=True,
        recipients=entry.Recipients(case=case or str(KEY.recipient), receipt=str(RECEIPT.recipient)),
        sealed_by=kind,
    )


def seal(position: Position, kind: Kind, content: entry.Content, *, previous: str = "", signed: bool = False) -> bytes:
    author = Author(MEMBER, SIGNER, HEAD) if signed else None
    return entry.seal(
        position, kind, content, day="2026-11-20", previous=previous, recipients=[KEY.recipient], mac_key=MAC, author=author
    )


def open_(file: bytes, position: Position) -> entry.Entry:
    return entry.open_(file, position, [KEY], {0: MAC}, key_of)


@given(st.text(max_size=4000))
def test_any_text_comes_back_as_it_was_typed(words: str) -> None:
    clean = words.encode("utf-8", "replace").decode()
    content = open_(seal(FIRST, Kind.REQUEST, request(clean)), FIRST).content
    assert isinstance(content, entry.Request)
    assert content.answers[0].values == [clean]


@pytest.mark.parametrize(("length", "size"), [(10, 11), (10_000, 16), (20_000, 64), (100_000, 128), (250_000, 256)])
def test_a_request_shows_only_its_size_class(length: int, size: int) -> None:
    file = seal(FIRST, Kind.REQUEST, request("x" * length))
    assert age.inspect(file).plaintext_size == size * 1024


def test_more_than_the_largest_size_holds_is_refused_before_sealing() -> None:
    with pytest.raises(SizeError):
        seal(FIRST, Kind.REQUEST, request("x" * 262_144))


def test_our_side_never_makes_an_entry_that_does_not_belong() -> None:
    for position, kind in ((FIRST, Kind.MESSAGE), (SECOND, Kind.REQUEST), (NOTE, Kind.MESSAGE), (SECOND, Kind.NOTE)):
        with pytest.raises(ValueError):
            seal(position, kind, Text(text="x"), signed=True)


def forged(position: Position, **changes: object) -> bytes:
    envelope = {
        "format": Label.ENTRY.value, "case": position.case, "sequence": position.sequence.value, "number": position.number,
        "kind": "message", "key": 0, "previous": "", "author": "", "day": "2026-11-20", "content": {"text": "x"}, **changes,
    }  # fmt: skip
    page = sheet.write(msgspec.json.encode(envelope), entry.sizes_of(position), Label.ENTRY, mac_key=MAC)
    return age.encrypt(page, [KEY.recipient])


@pytest.mark.parametrize(
    ("position", "changes"),
    [
        (SECOND, {"kind": "request"}),
        (SECOND, {"kind": "note"}),
        (FIRST, {"kind": "message"}),
        (FIRST, {"kind": "request", "author": MEMBER}),
        (SECOND, {"kind": "correction", "author": MEMBER}),
        (SECOND, {"kind": "keys"}),
        (NOTE, {"kind": "note"}),
        (SECOND, {"format": "sealed-intake/2/entry"}),
        (SECOND, {"key": 1}),
    ],
)
def test_a_forged_entry_of_another_kind_or_author_is_refused(position: Position, changes: dict[str, object]) -> None:
    with pytest.raises(BindingError):
        open_(forged(position, **changes), position)


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (Kind.STATUS, {"status": "lost", "summary": as_dict(SUMMARY)}),
        (Kind.KEYS, {"number": 1, "recipient": str(KEY.recipient), "mac": "AA"}),
        (Kind.KEYS, {"number": 1, "recipient": "age1pq1", "mac": "A" * 43}),
        (Kind.NOTE, {"text": "x"}),
    ],
)
def test_content_of_another_shape_is_refused(kind: Kind, content: dict[str, object]) -> None:
    with pytest.raises(EncodingError):
        entry._content(entry._SHAPES[kind], content)


def test_a_request_with_an_invalid_recipient_is_refused() -> None:
    with pytest.raises(EncodingError):
        open_(seal(FIRST, Kind.REQUEST, request(case="age1pq1x")), FIRST)


def test_a_receipt_grant_with_an_invalid_recipient_is_refused_when_it_is_opened() -> None:
    made = receipt.ReceiptGrant(
        format=Label.RECEIPT_GRANT.value, case=CASE, recipient="age1pq1x", mac=b64(bytes(32)), request=HEAD, shown=True,
        deletion="2026-12-20",
    )  # fmt: skip
    file = receipt.seal_grant(made, RECEIPT.recipient)
    with pytest.raises(EncodingError):
        receipt.open_grant(file, receipt.Receipt(Secret(bytes(32)), RECEIPT), CASE)


def test_keys_and_status_of_the_desk_are_read_back() -> None:
    keys = entry.Keys(number=1, recipient=str(KEY.recipient), mac=b64(MAC.reveal()))
    assert open_(seal(SECOND, Kind.KEYS, keys, signed=True), SECOND).content == keys
    status = entry.Status(status="new", summary=SUMMARY)
    assert open_(seal(NOTE, Kind.STATUS, status, signed=True), NOTE).content == status
    assert entry.desk_mac_key(KEY, CASE) != MAC


def test_a_gap_and_a_fork_are_shown() -> None:
    first = seal(FIRST, Kind.REQUEST, request())
    second = seal(SECOND, Kind.MESSAGE, Text(text="a"), previous=entry.digest_of(first))
    other = seal(SECOND, Kind.MESSAGE, Text(text="b"), previous=entry.digest_of(second))
    opened = [open_(first, FIRST), open_(second, SECOND)]
    digests = {0: entry.digest_of(first), 1: entry.digest_of(second)}
    assert broken_numbers(opened, digests) == []
    assert broken_numbers(opened[1:], {}) == [0, 1]
    assert broken_numbers([opened[0], open_(other, SECOND)], {}) == [1]
    assert broken_numbers(opened, {**digests, 1: "another"}) == [1]
    assert broken_numbers([], {}) == []


def test_a_sheet_with_a_mac_or_signature_where_none_is_due_is_refused() -> None:
    closed = sheet.parse(sheet.write(b"{}", sheet.Sizes.ENTRY, Label.ENTRY, mac_key=MAC), sheet.Sizes.ENTRY)
    signed = sheet.parse(sheet.write(b"{}", sheet.Sizes.ENTRY, Label.ENTRY, author=SIGNER), sheet.Sizes.ENTRY)
    with pytest.raises(MacError):
        closed.check_mac(None)
    with pytest.raises(MacError):
        signed.check_mac(MAC)
    with pytest.raises(SignatureError):
        signed.check_signature(Label.ENTRY, None)
    with pytest.raises(SignatureError):
        signed.check_signature(Label.GRANT, SIGNER.verifying_key)
    with pytest.raises(SignatureError):
        signed.check_signature(Label.ENTRY, VerifyingKey("not a key"))


@pytest.mark.parametrize("ending", [b"\nx\n-", b"\n-\n" + b"!" * 43, b"\n-\n" + b"\xff" * 43])
def test_a_sheet_with_a_malformed_closing_line_is_refused(ending: bytes) -> None:
    with pytest.raises(EncodingError):
        sheet.parse(b"{}".ljust(4096 - len(ending)) + ending, sheet.Sizes.ENTRY)


def test_a_grant_for_another_key_or_an_unsigned_desk_key_is_never_made() -> None:
    other = grant.Address(CASE, MEMBER, EpochId(new_id()))
    with pytest.raises(ValueError):
        grant.seal(other, grant.CaseKeys((KEY,), ()), KEY.recipient)
    address = grant.Address(CASE, MEMBER, KEY.recipient.id)
    with pytest.raises(ValueError):
        grant.seal(address, grant.CaseKeys((KEY,), (RECEIPT,)), KEY.recipient)


def test_a_grant_without_a_key_or_with_two_of_the_requesters_is_refused() -> None:
    address = grant.Address(CASE, MEMBER, KEY.recipient.id)
    seed = b64(KEY.seed.reveal())
    for keys in ([], [seed, seed]):
        body = grant._Body(
            format=Label.GRANT.value, case=CASE, grantee=MEMBER, epoch=address.epoch, author="", case_keys=keys, desk_keys=[]
        )
        file = age.encrypt(sheet.write(to_json(body), sheet.Sizes.GRANT, Label.GRANT), [KEY.recipient])
        with pytest.raises(BindingError):
            grant.open_(file, address, [KEY], key_of)


def test_a_grant_of_many_keys_takes_the_next_size() -> None:
    address = grant.Address(CASE, MEMBER, KEY.recipient.id)
    many = grant.CaseKeys((KEY,) * 12, (RECEIPT,) * 12)
    file = grant.seal(address, many, KEY.recipient, Author(MEMBER, SIGNER, HEAD))
    assert age.inspect(file).plaintext_size == 4096
    assert len(grant.open_(file, address, [KEY], key_of).keys.desk_keys) == 12


@given(st.text(alphabet="0123456789", min_size=23, max_size=23), st.integers(0, 23), st.integers(1, 9))
def test_every_wrong_digit_of_a_receipt_is_noticed(body: str, position: int, change: int) -> None:
    code = body + digits.check_digit(body)
    assert receipt.normalise(digits.in_groups(code)) == code
    wrong = code[:position] + str((int(code[position]) + change) % 10) + code[position + 1 :]
    with pytest.raises(CryptoError):
        receipt.normalise(wrong)


def test_fresh_codes_check() -> None:
    assert receipt.normalise(receipt.generate())
    code = unlocker.new_paper_code()
    assert digits.normalise(code, unlocker.PAPER_LENGTH) == code


@given(st.binary(max_size=60))
def test_base64url_has_one_form(data: bytes) -> None:
    assert unb64(b64(data)) == data


@pytest.mark.parametrize("text", ["2026-13-01", "2026-1-1", "20261120", "２０２６-11-20", "", "2026-11-20T00"])
def test_a_day_has_one_form(text: str) -> None:
    with pytest.raises(EncodingError):
        parse_day(text)


def test_text_that_is_not_ascii_is_no_base64url() -> None:
    for text in ("é", "A"):
        with pytest.raises(EncodingError):
            unb64(text)
    with pytest.raises(EncodingError):
        from_dict(Text, {"text": 1})
    assert Secret(b"1234").__len__() == 4
