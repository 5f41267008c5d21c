"""Key lists, statements, keyrings and names: rules that the vectors do not reach."""

import datetime as dt
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from crypto import entry, keylist, keyring, names, notice, receipt, recovery, statement
from crypto.age import Identity
from crypto.case.sequence import CaseWarning, WarningKind
from crypto.encoding import CaseId, GroupId, MemberId, new_id, to_json
from crypto.errors import BindingError, KeyListError, SignatureError, StatementError
from crypto.keylist import Body, Change, SignedEntry
from crypto.labels import Label
from crypto.secret import Secret
from crypto.signing import Signed, SigningKey, VerifyingKey

GROUP = GroupId(new_id())
MEMBERS = [MemberId(new_id()) for _ in range(3)]
SIGNERS = [SigningKey.generate() for _ in MEMBERS]
TODAY = dt.date(2026, 11, 20)
DAY = TODAY.isoformat()
FOUNDED = keylist.found_group(GROUP, MEMBERS[0], SIGNERS[0], DAY)
KEYS = keylist.verify([FOUNDED], TODAY)


def body(**changes: object) -> Body:
    fields: dict[str, object] = {
        "format": Label.KEY_LIST.value,
        "group": GROUP,
        "number": 1,
        "previous": KEYS.head,
        "day": DAY,
        "kind": Change.ENROL,
        "member": MEMBERS[1],
        "key": SIGNERS[1].verifying_key.text,
        "value": 0,
    }
    return Body(**{**fields, **changes})  # type: ignore[arg-type]


def signed(**changes: object) -> SignedEntry:
    return keylist.sign(body(**changes), {MEMBERS[0]: SIGNERS[0]})


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "sealed-intake/2/key list"},
        {"group": GroupId(new_id())},
        {"day": "yesterday"},
        {"day": "2026-11-19"},
        {"member": "not an id"},
        {"key": "short"},
        {"kind": Change.FOUND},
        {"kind": Change.QUORUM, "value": 10},
        {"kind": Change.RETENTION, "key": "", "member": ""},
        {"kind": Change.REMOVE, "member": MEMBERS[0], "key": ""},
        {"kind": Change.STOP, "member": ""},
        {"kind": Change.REMOVE, "member": MEMBERS[0], "key": "", "value": 2},
        {"value": 2**31},
        {"value": 2**60},
    ],
)
def test_an_entry_that_breaks_a_rule_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(KeyListError):
        keylist.verify([FOUNDED, signed(**changes)], TODAY)


@pytest.mark.parametrize(
    "written",
    [
        lambda text: text.replace(":", ": "),
        lambda text: text.replace('"value":0', '"value":0.0'),
        lambda text: text.replace('"value":0', '"value":-0'),
        lambda text: text.replace('"value":0', '"value":1,"value":0'),
        lambda text: text.replace("enrol", "\\u0065nrol"),
        lambda text: text + "\n",
    ],
)
def test_a_member_cannot_shut_the_form_by_an_entry_that_browsers_read_otherwise(written: Callable[[str], str]) -> None:
    text = written(to_json(body()).decode())
    entry = SignedEntry(body=text, signatures={MEMBERS[0]: SIGNERS[0].sign(Label.KEY_LIST, text.encode())})
    with pytest.raises(KeyListError, match=r"canonical form|not the JSON"):
        keylist.verify([FOUNDED, entry], TODAY)


def test_an_entry_that_nobody_signed_is_refused() -> None:
    with pytest.raises(KeyListError):
        keylist.verify([FOUNDED, keylist.sign(body(), {})], TODAY)


def test_a_first_entry_that_founds_nothing_is_refused() -> None:
    with pytest.raises(KeyListError):
        keylist.verify([signed(number=0, previous="")], TODAY)


def test_nothing_but_a_stop_may_follow_while_an_entry_is_pending() -> None:
    two = [FOUNDED, signed()]
    third = keylist.next_body(
        keylist.verify(two, TODAY), Change.ENROL, DAY, member=MEMBERS[2], key=SIGNERS[2].verifying_key.text
    )
    pending = [*two, keylist.sign(third, {MEMBERS[0]: SIGNERS[0]})]
    keys = keylist.verify(pending, TODAY)
    assert keys.pending is not None
    assert keys.needed == 2
    hasty = keylist.next_body(keys, Change.QUORUM, DAY, value=1)
    with pytest.raises(KeyListError):
        keylist.verify([*pending, keylist.sign(hasty, {MEMBERS[0]: SIGNERS[0], MEMBERS[1]: SIGNERS[1]})], TODAY)


@pytest.mark.parametrize("kind", [Change.STOP, Change.AGREE])
def test_one_of_two_never_answers_their_own_proposal(kind: Change) -> None:
    """Both entries have the same day, so that only this rule refuses the answer. The other member can answer."""
    of_two = keylist.sign(body(), {MEMBERS[0]: SIGNERS[0]})
    two = keylist.verify([FOUNDED, of_two], TODAY)
    third = keylist.next_body(two, Change.ENROL, DAY, member=MEMBERS[2], key=SIGNERS[2].verifying_key.text)
    alone = keylist.sign(third, {MEMBERS[0]: SIGNERS[0]})
    waiting = keylist.verify([FOUNDED, of_two, alone], TODAY)
    assert waiting.pending is not None
    answer = keylist.next_body(waiting, kind, DAY, key=alone.hash)
    for signers in ({MEMBERS[0]: SIGNERS[0]}, dict(zip(MEMBERS[:2], SIGNERS[:2], strict=True))):
        with pytest.raises(KeyListError) as refusal:
            keylist.verify([FOUNDED, of_two, alone, keylist.sign(answer, signers)], TODAY)
        assert refusal.value.reason == "an answer by a signer of the pending entry"
    answered = keylist.verify([FOUNDED, of_two, alone, keylist.sign(answer, {MEMBERS[1]: SIGNERS[1]})], TODAY)
    assert answered.pending is None
    assert (MEMBERS[2] in answered.members) is (kind is Change.AGREE)


def test_a_former_member_signs_nothing_more() -> None:
    """Their earlier signatures stay valid. Later entries and statements of theirs do not count."""
    enrolled = keylist.sign(body(), {MEMBERS[0]: SIGNERS[0]})
    two = keylist.verify([FOUNDED, enrolled], TODAY)
    left = keylist.sign(keylist.next_body(two, Change.REMOVE, DAY, member=MEMBERS[1]), {MEMBERS[1]: SIGNERS[1]})
    keys = keylist.verify([FOUNDED, enrolled, left], TODAY)
    assert set(keys.members) == {MEMBERS[0]}
    change = keylist.next_body(keys, Change.EPOCH, DAY, value=14)
    both = keylist.sign(change, {MEMBERS[0]: SIGNERS[0], MEMBERS[1]: SIGNERS[1]})
    with pytest.raises(KeyListError) as refusal:
        keylist.verify([FOUNDED, enrolled, left, both], TODAY)
    assert refusal.value.reason == "an entry signed by someone who is not a member"
    said = statement.Body(
        format=Label.STATEMENT.value,
        group=GROUP,
        member=MEMBERS[1],
        recipient=str(Identity.generate().recipient),
        head=keys.head,
        from_=DAY,
        until=DAY,
        tags=[],
    )
    with pytest.raises(StatementError) as refused:
        statement.check(statement.sign(said, SIGNERS[1]), keys, TODAY)
    assert refused.value.reason == "a statement by someone who is not a member"


def test_a_former_members_signatures_stay_readable_a_strangers_never_were() -> None:
    assert KEYS.key_of(MEMBERS[0]) == SIGNERS[0].verifying_key
    with pytest.raises(SignatureError):
        KEYS.key_of(MEMBERS[1])


def test_a_statement_or_candidate_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(StatementError):
        statement.check(Signed(body="{}", signature=""), KEYS, TODAY)
    with pytest.raises(SignatureError):
        statement.verify_candidate(Signed(body="{}", signature=""), GROUP)


def a_keyring(identity: Identity, format_: str = Label.KEYRING.value) -> keyring.Keyring:
    return keyring.Keyring(
        format=format_,
        group=GROUP,
        member=MEMBERS[0],
        number=1,
        handle="sam",
        signing="",
        epochs=[keyring.new_epoch(identity, DAY, DAY)],
        head=keyring.Head(number=0, hash=KEYS.head),
        unlockers=[keyring.UnlockerRecipient(id=new_id(), kind="paper", recipient=str(identity.recipient))],
        shares=[],
        views=[],
    )


def test_a_keyring_keeps_the_first_steps_that_its_member_ticked_in_the_browser() -> None:
    identity = Identity.generate()
    ring = replace(a_keyring(identity), steps=["poster", "hidden"])
    assert keyring.open_(keyring.seal(ring), [identity], GROUP, MEMBERS[0], "sam").steps == ["poster", "hidden"]


def test_a_keyring_of_another_format_is_refused() -> None:
    identity = Identity.generate()
    ring = a_keyring(identity, "sealed-intake/2/keyring")
    with pytest.raises(BindingError):
        keyring.open_(keyring.seal(ring), [identity], GROUP, MEMBERS[0], "sam")


def test_a_printed_keyring_shows_no_secret() -> None:
    ring = a_keyring(Identity.generate())
    assert repr(ring) == "Keyring(number=1)"
    assert repr(ring.epochs[0]) == f"Epoch({ring.epochs[0].id})"


def test_names_of_another_group_are_refused() -> None:
    identity = Identity.generate()
    book = names.Names(format=Label.NAMES.value, group=GroupId(new_id()), number=0, author=MEMBERS[0], members={})
    assert to_json(book).startswith(b'{"format":"sealed-intake/1/names"')
    with pytest.raises(BindingError):
        names.open_(names.seal(book, [identity.recipient], SIGNERS[0]), [identity], GROUP, KEYS.author_key)


def test_a_members_statement_verifies() -> None:
    identity = Identity.generate()
    text = statement.Body(
        format=Label.STATEMENT.value,
        group=GROUP,
        member=MEMBERS[0],
        recipient=str(identity.recipient),
        head=KEYS.head,
        from_=DAY,
        until="2027-01-19",
        tags=[],
    )
    assert statement.check(statement.sign(text, SIGNERS[0]), KEYS, TODAY).recipient == identity.recipient


def test_a_candidates_signature_verifies_and_gives_their_digits() -> None:
    candidate = statement.Candidate(
        format=Label.CANDIDATE.value, group=GROUP, member=MEMBERS[1], key=SIGNERS[1].verifying_key.text
    )
    verified, compared = statement.verify_candidate(statement.sign_candidate(candidate, SIGNERS[1]), GROUP)
    assert verified == candidate
    assert len(compared.replace(" ", "")) == 40


def test_a_receipt_grant_opens_with_its_receipt() -> None:
    case, opened = CaseId(new_id()), receipt.stretch(receipt.generate(), GROUP)
    grant = receipt.ReceiptGrant(
        format=Label.RECEIPT_GRANT.value,
        case=case,
        recipient=str(Identity.generate().recipient),
        mac="A" * 43,
        request="A" * 43,
        shown=True,
        deletion=DAY,
    )
    assert receipt.open_grant(receipt.seal_grant(grant, opened.identity.recipient), opened, case) == grant


def test_a_proposal_that_could_never_continue_the_list_is_nobodys_to_sign() -> None:
    assert keylist.check_proposal(KEYS, signed(), TODAY) == 0
    for changes in ({"number": 2}, {"previous": KEYS.group}, {"group": GroupId(new_id())}, {"day": "2026-11-22"}):
        with pytest.raises(KeyListError):
            keylist.check_proposal(KEYS, signed(**changes), TODAY)


def test_an_address_for_notices_opens_only_for_its_member_and_is_not_in_its_repr() -> None:
    key = notice.key(Secret(bytes(32)))
    address = notice.Address(format=Label.NOTICES.value, member=MEMBERS[0], url="ntfys://example.org/topic", language="ar")
    file = notice.seal(address, key)
    assert notice.open_(file, MEMBERS[0], key) == address
    with pytest.raises(BindingError):
        notice.open_(file, MEMBERS[1], key)
    assert "example" not in repr(address)


def test_shares_do_not_show_themselves() -> None:
    share = recovery.Share(Label.SHARE.value, GROUP, "deal", MEMBERS[0], MEMBERS[1], "secret")
    assert "secret" not in repr(share) + repr(keyring.KeyringShare("deal", "secret"))


def test_a_key_of_another_length_is_refused_where_it_enters() -> None:
    with pytest.raises(SignatureError, match="right length"):
        VerifyingKey("AAAA").check()


def test_a_warning_of_a_case_says_of_which_entry_it_is() -> None:
    missing = CaseWarning(WarningKind.MISSING, "a number is missing", entry.Sequence.SHARED, 3)
    assert missing.why == "shared entry 3: a number is missing"
    assert CaseWarning(WarningKind.LATE, "kept longer than chosen").why == "kept longer than chosen"
