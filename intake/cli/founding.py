"""`intake enrol`: the first coordinator's client at a terminal. Every key is made here; the server gets what it cannot open."""

import datetime as dt
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
from zxcvbn import zxcvbn

from crypto import keylist, keyring, names, statement, unlocker
from crypto.age import Identity
from crypto.encoding import GroupId, MemberId, as_dict, b64, new_id
from crypto.keylist import Change, KeyList
from crypto.labels import Label
from crypto.signing import SigningKey
from crypto.unlocker import Unlocker

MIN_PASSPHRASE = 12  # characters
LOOKED_AT = 72  # characters: what follows cannot make it weaker
REFUSED = 1  # zxcvbn's score: guessed within 10^8 tries or fewer


@dataclass(frozen=True, slots=True)
class Founded:
    """What the first coordinator must keep: the fingerprint for posters, the paper code for the drawer."""

    fingerprint: str
    paper_code: str


def enrol(link: str, handle: str, passphrase: str, client: httpx.Client) -> Founded:
    """Found the group that `link` opens.

    Raises:
        ValueError: a passphrase that is too short, or what the server answered, in words.
        HandleError: not a handle.
    """
    name = unlocker.normalise_handle(handle)
    check_passphrase(passphrase, name)
    invite = urlsplit(link).fragment
    told = _ask(client, "/api/desk/enrolment/", {"invite": invite})
    today = dt.date.fromisoformat(str(told["today"]))
    group, member, signing, epoch = GroupId(new_id()), MemberId(new_id()), SigningKey.generate(), Identity.generate()
    keys = _first_entries(group, member, signing, str(told["retention"]), today)
    paper_code = unlocker.new_paper_code()
    ways = [unlocker.from_passphrase(passphrase, group, name), unlocker.from_paper_code(paper_code, group, name)]
    ids = [new_id() for _ in ways]
    ring = keyring.Keyring(
        format=Label.KEYRING.value,
        group=group,
        member=member,
        number=1,
        handle=name,
        signing=b64(signing.seed.reveal()),
        epochs=[keyring.new_epoch(epoch, today.isoformat(), _after(today, statement.EPOCH_DAYS))],
        head=keyring.Head(number=len(keys.entries) - 1, hash=keys.head),
        unlockers=[_recipient(way, id_) for way, id_ in zip(ways, ids, strict=True)],
    )
    book = names.Names(format=Label.NAMES.value, group=group, number=1, author=member, members={member: name})
    candidate = statement.Candidate(format=Label.CANDIDATE.value, group=group, member=member, key=signing.verifying_key.text)
    stated = statement.Body(
        format=Label.STATEMENT.value,
        group=group,
        member=member,
        recipient=str(epoch.recipient),
        head=keys.head,
        from_=today.isoformat(),
        until=_after(today, statement.VALID_DAYS),
    )
    body: dict[str, object] = {
        "invite": invite,
        "entries": [as_dict(entry) for entry in keys.entries],
        "candidate": as_dict(statement.sign_candidate(candidate, signing)),
        "statement": as_dict(statement.sign(stated, signing)),
        "keyring": b64(keyring.seal(ring)),
        "unlockers": [
            {
                "id": id_,
                "kind": way.kind.value,
                "handle_id": unlocker.handle_id(group, name),
                "authentication": b64(way.authentication.reveal()),
            }
            for way, id_ in zip(ways, ids, strict=True)
        ],
        "names": b64(names.seal(book, [epoch.recipient], signing)),
    }
    _ask(client, "/api/desk/enrolment/found", body)
    return Founded(keys.fingerprint, paper_code)


def check_passphrase(passphrase: str, handle: str) -> None:
    """Length over rules; what is on lists of common and breached passwords, or close to them, is refused, offline.

    Raises:
        ValueError: why it will not do.
    """
    if len(passphrase) < MIN_PASSPHRASE:
        raise ValueError(f"a passphrase has at least {MIN_PASSPHRASE} characters; four or five random words are good")
    if zxcvbn(passphrase[:LOOKED_AT], [handle], max_length=LOOKED_AT)["score"] <= REFUSED:
        raise ValueError(
            "this passphrase is on lists of common passwords, or close to them; four or five random words are good"
        )


def _first_entries(group: GroupId, member: MemberId, signing: SigningKey, retention: str, today: dt.date) -> KeyList:
    first = keylist.found(group, member, signing, today.isoformat())
    body = keylist.next_body(keylist.verify([first], today), Change.RETENTION, today.isoformat(), key=retention)
    return keylist.verify([first, keylist.sign(body, {member: signing})], today)


def _recipient(way: Unlocker, id_: str) -> keyring.UnlockerRecipient:
    return keyring.UnlockerRecipient(id=id_, kind=way.kind.value, recipient=str(way.identity.recipient))


def _after(today: dt.date, days: int) -> str:
    return (today + dt.timedelta(days=days)).isoformat()


def _ask(client: httpx.Client, path: str, body: dict[str, object]) -> dict[str, object]:
    answer = client.post(path, json=body)
    told: dict[str, object] = answer.json()
    if answer.is_error:
        raise ValueError(str(told.get("detail", told.get("title"))))
    return told
