"""`intake enrol`: a newcomer's client. It makes every key, and sends the server only what it cannot open."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

import httpx2 as httpx

from crypto import keylist, keyring, names, snapshot, statement, unlocker
from crypto.age import Identity, Recipient
from crypto.encoding import GroupId, MemberId, as_dict, b64, from_dict, new_id
from crypto.errors import KeyListError, StatementError
from crypto.keylist import Change, KeyList, SignedEntry
from crypto.labels import Label
from crypto.signing import Signed, SigningKey
from crypto.snapshot import Snapshot
from intake.cli.answers import answer
from intake.cli.clocks import Clocks, own_day
from intake.cli.errors import CommandError

MIN_PASSPHRASE = 12  # characters
COMMON = ("sealed intake", "sealed", "intake", "mutual aid", "mutual")  # words that an attacker of this service tries first
MIN_OWN = 6  # letters and digits besides those words
RATED = 72  # characters that zxcvbn rates. More cannot make a passphrase weaker
MIN_SCORE = 3  # of zxcvbn's 0 to 4: at least 10^8 guesses


@dataclass(frozen=True, slots=True)
class Enrolled:
    """The paper code and the check digits, which a newcomer must keep.

    The founder gets the group's digits, for posters. Later newcomers get their candidate's digits, for a colleague to compare.
    """

    joined: bool
    digits: str
    paper_code: str


@dataclass(frozen=True, slots=True)
class _Newcomer:
    """A newcomer's keys."""

    handle: str
    member: MemberId
    signing: SigningKey
    epoch: Identity
    paper_code: str


def enrol(
    link: str,
    handle: str,
    passphrase: str,
    client: httpx.Client,
    clock: Callable[[], dt.date] = own_day,
    prove: Callable[[str], None] | None = None,
) -> Enrolled:
    """Found a group, or send the keys of a newcomer to the group that the link names.

    Args:
        link: the enrolment link.
        handle: the newcomer's sign-in name.
        passphrase: the newcomer's passphrase.
        client: sends requests to the server.
        clock: this machine's day.
        prove: called with the paper code before anything of the newcomer is sent. It returns after the code was entered.

    Raises:
        CommandError: The passphrase is too weak, or the link is not an address.
        RefusedError: The server refused.
        HandleError: The sign-in name is not allowed.
        KeyListError: The server's group is not the one that the link names.
        ClocksError: This machine's clock and the server's do not agree. No keys were made.
    """
    name = unlocker.normalise_handle(handle)
    check_passphrase(passphrase, name)
    invite, _, fingerprint = parts_of(link).fragment.partition(".")
    response = answer(client.post("/api/desk/enrolment/", json={"invite": invite}))
    if fingerprint and not response["founded"]:
        # A newcomer with a colleague's link must not found another group. A dishonest host would learn their name.
        raise KeyListError("a link that names a group, on a server that has none")
    today = Clocks(clock(), dt.date.fromisoformat(str(response["today"]))).signing_day
    newcomer = _Newcomer(name, MemberId(new_id()), SigningKey.generate(), Identity.generate(), unlocker.new_paper_code())
    if prove:
        prove(newcomer.paper_code)
    if response["founded"]:
        keys, newest = _group(client, fingerprint, today)
    else:
        keys = _first_entries(GroupId(new_id()), newcomer.member, newcomer.signing, str(response["retention"]), today)
    candidate = statement.Candidate(
        format=Label.CANDIDATE.value, group=GroupId(keys.group), member=newcomer.member, key=newcomer.signing.verifying_key.text
    )
    signed = statement.sign_candidate(candidate, newcomer.signing)
    signed_statement = _statement(newcomer, keys, today)
    body: dict[str, object] = {
        "invite": invite,
        "candidate": as_dict(signed),
        "statement": as_dict(signed_statement),
        **_keyring(newcomer, keys, passphrase, today),
    }
    if response["founded"]:
        body["name"] = b64(_names(newcomer, keys, 0, _recipients(response["statements"], keys, newest, today)))
        answer(client.post("/api/desk/enrolment/join", json=body))
        return Enrolled(True, statement.verify_candidate(signed, GroupId(keys.group))[1], newcomer.paper_code)
    names_file = _names(newcomer, keys, 1, [newcomer.epoch.recipient])
    body["names"] = b64(names_file)
    body["entries"] = [as_dict(entry) for entry in keys.entries]
    body["snapshot"] = as_dict(_first_snapshot(newcomer, keys, signed_statement, names.digest_of(names_file), today))
    answer(client.post("/api/desk/enrolment/found", json=body))
    return Enrolled(False, keys.fingerprint, newcomer.paper_code)


def parts_of(link: str) -> SplitResult:
    """Split an enrolment link.

    Raises:
        CommandError: The link is not an address.
    """
    try:
        return urlsplit(link)
    except ValueError:
        raise CommandError("the link is not an address. Copy it whole, from https:// to its last character") from None


def check_passphrase(passphrase: str, handle: str) -> None:
    """Check length and guessability, offline: at least 10^8 guesses by zxcvbn's estimate, without rules about characters.

    Raises:
        CommandError: The passphrase is too short or too easy to guess.
    """
    from zxcvbn import zxcvbn  # it imports lists of words, and other commands than these two judge no passphrase

    if len(passphrase) < MIN_PASSPHRASE:
        raise CommandError(f"a passphrase has at least {MIN_PASSPHRASE} characters. Use four or five random words")
    own_text = passphrase.lower()
    for word in (handle.lower(), *COMMON):
        own_text = own_text.replace(word, "") if word else own_text
    own_characters = sum(letter.isalnum() for letter in own_text)  # without the words that an attacker of this service knows
    if own_characters < MIN_OWN or zxcvbn(passphrase[:RATED], [handle, *COMMON], max_length=RATED)["score"] < MIN_SCORE:
        raise CommandError("this passphrase is too easy to guess. Use four or five random words")


def _first_entries(group: GroupId, member: MemberId, signing: SigningKey, retention: str, today: dt.date) -> KeyList:
    first = keylist.found_group(group, member, signing, today.isoformat())
    body = keylist.next_body(keylist.verify([first], today), Change.RETENTION, today.isoformat(), key=retention)
    return keylist.verify([first, keylist.sign(body, {member: signing})], today)


def _group(client: httpx.Client, fingerprint: str, today: dt.date) -> tuple[KeyList, Snapshot | None]:
    response = answer(client.get("/api/form/keylist"))
    keys = keylist.verify([from_dict(SignedEntry, entry) for entry in response["entries"]], today, fingerprint=fingerprint)
    return keys, snapshot.verify(Signed(**response["snapshot"]), keys, today) if response["snapshot"] else None


def _recipients(statements: list[dict[str, str]], keys: KeyList, newest: Snapshot | None, today: dt.date) -> list[Recipient]:
    """Return the keys of all members for whom the newcomer's name can be encrypted.

    Raises:
        CommandError: No coordinator has valid keys now.
    """
    recipients = []
    for signed in statements if newest else []:
        assert newest is not None
        try:
            recipients.append(statement.verify(Signed(**signed), keys, today, newest).recipient)
        except StatementError:
            continue  # The colleague must renew it.
    if not recipients:
        raise CommandError(
            "no coordinator has signed in recently, so your name cannot be encrypted for them. Nothing was sent. "
            "Ask one to sign in, then try again"
        )
    return recipients


def _statement(newcomer: _Newcomer, keys: KeyList, today: dt.date) -> Signed:
    body = statement.Body(
        format=Label.STATEMENT.value,
        group=GroupId(keys.group),
        member=newcomer.member,
        recipient=str(newcomer.epoch.recipient),
        head=keys.head,
        from_=today.isoformat(),
        until=_day_after(today, keys.epoch_days + statement.GRACE_DAYS),
        tags=[],
    )
    return statement.sign(body, newcomer.signing)


def _first_snapshot(newcomer: _Newcomer, keys: KeyList, signed_statement: Signed, names_digest: str, today: dt.date) -> Signed:
    body = snapshot.Body(
        format=Label.SNAPSHOT.value,
        group=GroupId(keys.group),
        member=newcomer.member,
        version=1,
        day=today.isoformat(),
        number=len(keys.entries) - 1,
        head=keys.head,
        statements={newcomer.member: statement.hash_of(signed_statement)},
        names=1,
        names_digest=names_digest,
        cases=snapshot.digest_of([]),
    )
    return snapshot.sign(body, newcomer.signing)


def _keyring(newcomer: _Newcomer, keys: KeyList, passphrase: str, today: dt.date) -> dict[str, object]:
    group = GroupId(keys.group)
    unlockers = {
        new_id(): unlocker.from_passphrase(passphrase, group, newcomer.handle),
        new_id(): unlocker.from_paper_code(newcomer.paper_code, group, newcomer.handle),
    }
    ring = keyring.Keyring(
        format=Label.KEYRING.value,
        group=group,
        member=newcomer.member,
        number=1,
        handle=newcomer.handle,
        signing=b64(newcomer.signing.seed.reveal()),
        epochs=[keyring.new_epoch(newcomer.epoch, today.isoformat(), _day_after(today, keys.epoch_days))],
        head=keyring.Head(number=len(keys.entries) - 1, hash=keys.head),
        unlockers=[
            keyring.UnlockerRecipient(id=id_, kind=new.kind.value, recipient=str(new.identity.recipient))
            for id_, new in unlockers.items()
        ],
        shares=[],
        views=[],
    )
    handle_id = unlocker.handle_id(group, newcomer.handle)
    return {
        "keyring": b64(keyring.seal(ring)),
        "unlockers": [
            {"id": id_, "kind": new.kind.value, "handle_id": handle_id, "authentication": b64(new.authentication.reveal())}
            for id_, new in unlockers.items()
        ],
    }


def _names(newcomer: _Newcomer, keys: KeyList, number: int, recipients: list[Recipient]) -> bytes:
    members = {str(newcomer.member): newcomer.handle}
    names_file = names.Names(
        format=Label.NAMES.value,
        group=GroupId(keys.group),
        number=number,
        author=newcomer.member,
        members=members,
        head=keys.head,
    )
    return names.seal(names_file, recipients, newcomer.signing)


def _day_after(today: dt.date, days: int) -> str:
    return (today + dt.timedelta(days=days)).isoformat()
