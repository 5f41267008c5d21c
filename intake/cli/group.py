"""`intake group …`: what the group decides together, at a terminal; and `intake recovery …`."""

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress
from rich.text import Text

from crypto import keylist, statement
from crypto.digits import plain
from crypto.encoding import as_dict
from crypto.errors import CryptoError
from crypto.keylist import Body, Change, SignedEntry
from crypto.keylist.signing import check_signing
from crypto.signing import Signed
from crypto.statement import Candidate
from intake.cli import recovery, snapshots
from intake.cli.case import LOCAL, Handle, PassphraseFile, Server, signed_in
from intake.cli.errors import CommandError
from intake.cli.member import Member

app = typer.Typer(no_args_is_help=True, help="What the group decides together.")
recoveries = typer.Typer(no_args_is_help=True, help="The recovery key: made by one, opened by several.")
out, err = Console(highlight=False), Console(stderr=True, highlight=False)
Digits = Annotated[str, typer.Argument(help="The 40 digits that the newcomer read to you.")]


@app.command()
def show(server: Server = LOCAL, handle: Handle = "", passphrase_file: PassphraseFile = None) -> None:
    """Who is in it, what waits for signatures, what cannot be moved. Example: intake group show --handle sam"""
    with signed_in(server, handle, passphrase_file) as desk:
        me = desk.me
        for member in me.keys.members:
            seat = me.seats.get(member)
            until = f"keys from {seat.first}" if seat else "no valid keys"
            out.print(Text(f"{me.names.get(member, member):20} {me.told['open'].get(member, 0):4} open cases  {until}"))
        for number, proposal in enumerate(proposals(me), 1):
            signers = ", ".join(me.names.get(one, one) for one in proposal.signatures)
            out.print(Text(f"proposal {number}: {in_words(me, keylist.body_of(proposal))} (signed by {signers})"))
        for candidate, digits in waiting(me):
            out.print(Text(f"waits to be let in: {me.names.get(candidate.member, candidate.member)}\n  {digits}"))
        left = me.told["departed"]
        if any(left.values()):
            out.print(f"cases of people who left: {left['by_colleagues']} for a colleague to move, "
                      f"{left['by_recovery']} for the recovery key, {left['lost']} that nobody opens")  # fmt: skip
        if me.told["waiting"]:
            out.print(f"cases that nobody has opened for two days: {me.told['waiting']}")


@app.command()
def invite(server: Server = LOCAL, handle: Handle = "", passphrase_file: PassphraseFile = None) -> None:
    """Print a link for a newcomer; it works once and for three days. Example: intake group invite --handle sam"""
    with signed_in(server, handle, passphrase_file) as desk:
        token = desk.me.ask("POST", "/api/desk/invites")["invite"]
        digits = plain(keylist.fingerprint_digits(desk.me.keys))
        # What stands after # is never sent to a server by a browser.
        typer.echo(f"{server.rstrip('/')}/en/desk/enrol/#{token}.{digits}")


@app.command("let-in")
def let_in(digits: Digits, server: Server = LOCAL, handle: Handle = "", passphrase_file: PassphraseFile = None) -> None:
    """Sign for the newcomer whose digits these are. Example: intake group let-in '1234 5678 …' --handle sam"""
    wanted = plain(digits)
    with signed_in(server, handle, passphrase_file) as desk:
        found = [one for one, theirs in waiting(desk.me) if plain(theirs) == wanted]
        if not found:
            raise CommandError("nobody who waits has these digits: do not let anyone in whose digits differ")
        done(desk.me, decide(desk.me, Change.ENROL, member=found[0].member, key=found[0].key))


@app.command()
def remove(colleague: str, server: Server = LOCAL, handle: Handle = "", passphrase_file: PassphraseFile = None) -> None:
    """Sign to remove a colleague, or leave oneself. Example: intake group remove kim --handle sam"""
    with signed_in(server, handle, passphrase_file) as desk:
        done(desk.me, decide(desk.me, Change.REMOVE, member=desk.me.colleague(colleague)))


@app.command()
def quorum(number: int, server: Server = LOCAL, handle: Handle = "", passphrase_file: PassphraseFile = None) -> None:
    """Propose how many must agree. Example: intake group quorum 3 --handle sam"""
    with signed_in(server, handle, passphrase_file) as desk:
        done(desk.me, decide(desk.me, Change.QUORUM, value=number))


@app.command("epoch-days")
def epoch_days(days: int, server: Server = LOCAL, handle: Handle = "", passphrase_file: PassphraseFile = None) -> None:
    """Propose after how many days keys are renewed. Example: intake group epoch-days 14 --handle sam"""
    with signed_in(server, handle, passphrase_file) as desk:
        done(desk.me, decide(desk.me, Change.EPOCH, value=days))


@app.command("freshness-days")
def freshness_days(days: int, server: Server = LOCAL, handle: Handle = "", passphrase_file: PassphraseFile = None) -> None:
    """Propose how many days the form stays open when nobody signs in. Example: intake group freshness-days 7 --handle sam"""
    with signed_in(server, handle, passphrase_file) as desk:
        done(desk.me, decide(desk.me, Change.FRESHNESS, value=days))


@app.command()
def stop(server: Server = LOCAL, handle: Handle = "", passphrase_file: PassphraseFile = None) -> None:
    """Of two members: stop what the other signed alone. Example: intake group stop --handle sam"""
    with signed_in(server, handle, passphrase_file) as desk:
        if not desk.me.keys.pending:
            raise CommandError("nothing is pending")
        done(desk.me, decide(desk.me, Change.STOP, key=desk.me.keys.pending.entry.hash))


@app.command()
def sign(number: int, server: Server = LOCAL, handle: Handle = "", passphrase_file: PassphraseFile = None) -> None:
    """Agree with a proposal of `intake group show`. Example: intake group sign 1 --handle sam"""
    with signed_in(server, handle, passphrase_file) as desk:
        found = proposals(desk.me)
        if not 1 <= number <= len(found):
            raise CommandError("there is no proposal of this number")
        body = keylist.body_of(found[number - 1])
        if body.kind is Change.ENROL:
            raise CommandError("to let someone in, compare their digits: intake group let-in DIGITS")
        if body.kind is Change.RECOVER:
            done(desk.me, recovery.agree(desk.me, body))
        elif body.kind is Change.RECOVERY and body.key:
            done(desk.me, recovery.agree_to_deal(desk.me, found[number - 1]))
        else:
            done(desk.me, send(desk.me, body))


@recoveries.command()
def deal(
    threshold: Annotated[int, typer.Argument(help="How many members open it together.")],
    server: Server = LOCAL,
    handle: Handle = "",
    passphrase_file: PassphraseFile = None,
    tried_by: Annotated[str, typer.Option(help="The colleague who tries the key before it counts.")] = "",
) -> None:
    """Make a recovery key, split it among all members, forget it. Example: intake recovery deal 2 --handle sam"""
    with signed_in(server, handle, passphrase_file) as desk:
        done(desk.me, recovery.deal(desk.me, threshold, desk.me.colleague(tried_by) if tried_by else ""))


@recoveries.command()
def propose(
    of: Annotated[str, typer.Argument(help="Whose cases: a handle, or the id of someone who left.")],
    to: Annotated[str, typer.Argument(help="Who gets them.")],
    server: Server = LOCAL,
    handle: Handle = "",
    passphrase_file: PassphraseFile = None,
) -> None:
    """Ask colleagues to open someone's cases with you. Example: intake recovery propose kim kim2 --handle sam"""
    with signed_in(server, handle, passphrase_file) as desk:
        me = desk.me
        key = me.keys.known[me.colleague(of)].text
        body = keylist.next_body(me.keys, Change.RECOVER, me.signing_day, member=me.colleague(to), key=key)
        done(me, recovery.agree(me, body))


@recoveries.command("open")
def open_(server: Server = LOCAL, handle: Handle = "", passphrase_file: PassphraseFile = None) -> None:
    """Once enough have signed: put the key together, move the cases, forget it. Example: intake recovery open --handle sam"""
    with signed_in(server, handle, passphrase_file) as desk, Progress(console=err, transient=True) as shown:
        bar = shown.add_task("moving cases", total=None)
        moved, left = recovery.open_all(desk, lambda n, of: shown.update(bar, completed=n, total=of))
    out.print(f"{moved} cases moved, {left} could not be. Now make a new recovery key: intake recovery deal")
    raise typer.Exit(1 if left else 0)


def proposals(me: Member) -> list[SignedEntry]:
    """What waits for signatures and could stand in the list."""
    found = []
    for told in me.told["proposals"]:
        entry = SignedEntry(**told)
        try:
            keylist.check_proposal(me.keys, entry, me.today)
        except CryptoError:
            continue  # what could never stand there is nobody's to sign
        found.append(entry)
    return found


def waiting(me: Member) -> list[tuple[Candidate, str]]:
    """Who has handed in keys and is not a member yet, with the digits to compare."""
    found = []
    for told in me.told["candidates"]:
        try:
            candidate, digits = statement.verify_candidate(Signed(**told["signed"]), me.keys.group)
        except CryptoError:
            continue
        if candidate.member not in me.keys.known:
            found.append((candidate, digits))
    return found


def decide(me: Member, kind: Change, **what: Any) -> int:
    """Sign the next entry; the very text of a colleague's proposal where there is one. Returns how many lack."""
    body = keylist.next_body(me.keys, kind, me.signing_day, **what)
    pending = me.keys.pending
    if pending and _same(pending.body, body) and me.id not in pending.entry.signatures:
        return send(me, keylist.next_body(me.keys, Change.AGREE, me.signing_day, key=pending.entry.hash))
    for one in proposals(me):
        proposed = keylist.body_of(one)
        if _same(proposed, body):
            body = proposed
    return send(me, body)


def _same(one: Body, other: Body) -> bool:
    return (one.kind, one.member, one.key, one.value) == (other.kind, other.member, other.key, other.value)


def send(me: Member, body: Body) -> int:
    """Hand in one's signature."""
    check_signing(me.keys, body)
    entry = keylist.sign(body, me.signers)
    lacking = int(me.ask("POST", "/api/desk/keylist", {"number": body.number, "entry": as_dict(entry)})["lacking"])
    if body.kind is Change.REMOVE and body.member == me.id and not lacking:
        out.print("You have left the group. Your keys are destroyed.")
        raise typer.Exit(0)
    me.refresh()
    snapshots.sign_present(me)
    known = {member: name for member, name in me.names.items() if member in me.keys.members}
    if not lacking and known:
        me.ask("PUT", "/api/desk/names", me.sealed_names())
        me.refresh()
        snapshots.sign_present(me)
    return lacking


def done(me: Member, lacking: int) -> None:
    """Say how it stands; with other members than before, propose a new recovery key."""
    if not lacking and recovery.renew(me):
        out.print("Signed. It stands. Members have changed, so a new recovery key is proposed: colleagues must sign it.")
    elif me.keys.pending:
        out.print(
            f"Signed. It takes effect {keylist.SEEN_DAYS} days after your colleague has signed in and seen it, or after "
            f"{keylist.UNSEEN_DAYS} days, unless they stop it."
        )
    else:
        out.print(f"Signed. {lacking} more must sign." if lacking else "Signed. It stands.")


def in_words(me: Member, body: Body) -> str:
    """What a proposal says."""
    name = me.names.get(body.member, body.member)
    said = {
        Change.ENROL: f"let in {name}",
        Change.REMOVE: f"remove {name}",
        Change.QUORUM: f"{body.value} must agree",
        Change.FRESHNESS: f"keep the form open for {body.value} days when nobody signs in",
        Change.EPOCH: f"renew keys every {body.value} days",
        Change.RECOVERY: f"a recovery key that {body.value} open, tried by {name}" if body.key else "no recovery key",
        Change.RECOVER: f"give the cases of {me.names.get(me.keys.member_of(body.key) or '', body.key)} to {name}",
    }
    return said.get(body.kind, body.kind.value)
