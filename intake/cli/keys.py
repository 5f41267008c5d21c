"""`intake keys`, for a coordinator's own keys, and `intake keylist`, for the group's."""

import json
from typing import Annotated, Any

import httpx2 as httpx
import msgspec
import typer
from rich.progress import Progress

from crypto import keyring, unlocker
from crypto.digits import plain
from crypto.encoding import b64, new_id
from crypto.keyring import Keyring
from intake.cli.clocks import own_day
from intake.cli.consoles import err, out
from intake.cli.enrolment import check_passphrase
from intake.cli.errors import CommandError
from intake.cli.member import Member
from intake.cli.options import LOCAL, AsJson, Handle, PassphraseFile, Server
from intake.cli.paths import read_secret
from intake.cli.rotation import rotate as rotate_keys
from intake.cli.signed_in import signed_in
from intake.cli.verified_group import fetch_keys

app = typer.Typer(no_args_is_help=True, help="Your own keys.")
lists = typer.Typer(no_args_is_help=True, help="The group's key list.")
_FINGERPRINT = 40  # digits


@app.command()
def rotate(
    server: Server = LOCAL, handle: Handle = "", passphrase_file: PassphraseFile = None, as_json: AsJson = False
) -> None:
    """Renew your keys.

    Example: intake keys rotate --handle sam

    Every case that you hold is encrypted for your new key, and the old key is destroyed. The command continues a renewal that
    was interrupted, here or in a browser.
    """
    with signed_in(server, handle, passphrase_file) as desk, Progress(console=err, transient=True) as progress:
        bar = progress.add_task("encrypting every case for the new key", total=None)
        lost = rotate_keys(desk.me, lambda done, of: progress.update(bar, completed=done, total=of))
    if as_json:
        out.print(json.dumps({"rotated": True, "unreadable_cases": lost}))
    else:
        out.print("Your keys are renewed." + (f" {lost} cases could not be opened and were left unchanged." if lost else ""))


@app.command()
def passphrase(
    server: Server = LOCAL,
    handle: Handle = "",
    passphrase_file: PassphraseFile = None,
    new_passphrase_file: Annotated[typer.FileText | None, typer.Option(help="Read the new passphrase from a file.")] = None,
) -> None:
    """Change your passphrase and end your other sessions.

    Example: intake keys passphrase --handle sam
    """
    with signed_in(server, handle, passphrase_file) as desk:
        me = desk.me
        typed = read_secret(new_passphrase_file) if new_passphrase_file else ""
        typed = typed or typer.prompt("New passphrase", hide_input=True, confirmation_prompt=True)
        change_passphrase(me, typed)
    out.print("The passphrase is changed.")


def change_passphrase(me: Member, typed: str) -> None:
    """Encrypt the keyring for a new passphrase in place of the old one.

    Raises:
        CommandError: The passphrase is too short or too easy to guess.
    """
    check_passphrase(typed, me.ring.handle)
    fresh, id_ = unlocker.from_passphrase(typed, me.keys.group, me.ring.handle), new_id()
    old = [recipient.id for recipient in me.ring.unlockers if recipient.kind == fresh.kind.value]
    new = keyring.UnlockerRecipient(id=id_, kind=fresh.kind.value, recipient=str(fresh.identity.recipient))

    def with_new(ring: Keyring) -> Keyring:
        return msgspec.structs.replace(
            ring, unlockers=[*(recipient for recipient in ring.unlockers if recipient.id not in old), new]
        )

    added = {
        "id": id_,
        "kind": fresh.kind.value,
        "handle_id": unlocker.handle_id(me.keys.group, me.ring.handle),
        "authentication": b64(fresh.authentication.reveal()),
    }
    proof = {"kind": me.unlocker.kind.value, "authentication": b64(me.unlocker.authentication.reveal())}
    path = "/api/desk/unlockers"
    me.change_ring(with_new, "PUT", path, lambda sealed: {"proof": proof, "keyring": sealed, "add": [added], "drop": old})


@lists.command()
def verify(
    fingerprint: Annotated[str, typer.Option(help="The group's 40 digits, from a poster or a colleague.")] = "",
    server: Server = LOCAL,
    as_json: AsJson = False,
) -> None:
    """Verify the whole key list from its fingerprint.

    Example: intake keylist verify --fingerprint '1234 …'

    Exit code 2 means a fork, a missing signature or another group. One line says which.
    """
    digits = plain(fingerprint)
    if fingerprint and len(digits) != _FINGERPRINT:
        raise CommandError(
            f"the fingerprint has {_FINGERPRINT} digits, not {len(digits)}. Nothing was verified. Compare it with the poster"
        )
    expected: dict[str, Any] = {"fingerprint": digits} if digits else {}
    with httpx.Client(base_url=server, timeout=60) as client:
        keys, newest, _ = fetch_keys(client, own_day, **expected)
    summary = {
        "fingerprint": keys.fingerprint,
        "checked": bool(digits),
        "entries": len(keys.entries),
        "members": len(keys.members),
        "quorum": keys.quorum,
        "epoch_days": keys.epoch_days,
        "recovery": keys.recovery.threshold if keys.recovery else 0,
        "freshness_days": keys.freshness_days,
        "pending": keys.pending is not None,
        "snapshot": newest.day.isoformat() if newest else "",
        "head": keys.head,
    }
    if as_json:
        out.print(json.dumps(summary), soft_wrap=True)
        return
    for name, value in summary.items():
        out.print(f"{name:14} {value}", soft_wrap=True)
    if not digits:
        err.print("No fingerprint was given. The list is consistent, but it may belong to another group.")
