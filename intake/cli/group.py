"""`intake group`, for decisions of the group, and `intake recovery`, for its recovery key."""

from typing import Annotated, Any

import typer
from rich.progress import Progress
from rich.text import Text

from crypto import keylist
from crypto.digits import plain
from crypto.encoding import as_dict
from crypto.keylist import Body, Change
from crypto.keylist.signing import check_signing
from intake.cli import recovery, snapshots
from intake.cli.consoles import err, out
from intake.cli.errors import CommandError
from intake.cli.member import Member
from intake.cli.options import LOCAL, Handle, PassphraseFile, Server
from intake.cli.proposals import in_words, newcomers, open_proposals
from intake.cli.signed_in import signed_in

app = typer.Typer(no_args_is_help=True, help="Members, and decisions of the group.")
recoveries = typer.Typer(no_args_is_help=True, help="The recovery key. One member makes it, and several open it together.")
Digits = Annotated[str, typer.Argument(help="The 40 digits that the newcomer read to you.")]


@app.command()
def show(server: Server = LOCAL, handle: Handle = "", passphrase_file: PassphraseFile = None) -> None:
    """Show members, proposals, newcomers and cases of former members.

    Example: intake group show --handle sam
    """
    with signed_in(server, handle, passphrase_file) as desk:
        me = desk.me
        for member in me.keys.members:
            seat = me.seats.get(member)
            until = f"keys from {seat.first}" if seat else "no valid keys"
            out.print(Text(f"{me.names.get(member, member):20} {me.group['open'].get(member, 0):4} open cases  {until}"))
        for number, proposal in enumerate(open_proposals(me), 1):
            signers = ", ".join(me.names.get(signer, signer) for signer in proposal.signatures)
            out.print(Text(f"proposal {number}: {in_words(me, keylist.body_of(proposal))} (signed by {signers})"))
        for candidate, digits in newcomers(me):
            out.print(Text(f"waits for approval: {me.names.get(candidate.member, candidate.member)}\n  {digits}"))
        departed = me.group["departed"]
        if any(departed.values()):
            out.print(f"cases of members who left: {departed['by_colleagues']} that a colleague can take over, "
                      f"{departed['by_recovery']} that need the recovery key, "
                      f"{departed['lost']} that nobody can open")  # fmt: skip
        if me.group["waiting"]:
            out.print(f"cases that nobody has opened for two days: {me.group['waiting']}")


@app.command()
def invite(server: Server = LOCAL, handle: Handle = "", passphrase_file: PassphraseFile = None) -> None:
    """Print a link for a newcomer. It works once, within three days.

    Example: intake group invite --handle sam
    """
    with signed_in(server, handle, passphrase_file) as desk:
        token = desk.me.ask("POST", "/api/desk/invites")["invite"]
        digits = plain(keylist.fingerprint_digits(desk.me.keys))
        # Browsers never send the part after # to a server.
        typer.echo(f"{server.rstrip('/')}/en/desk/enrol/#{token}.{digits}")


@app.command("approve")
@app.command("let-in", hidden=True)  # the earlier spelling
def approve(digits: Digits, server: Server = LOCAL, handle: Handle = "", passphrase_file: PassphraseFile = None) -> None:
    """Approve the newcomer with these check digits.

    Example: intake group approve '1234 5678 …' --handle sam
    """
    wanted = plain(digits)
    with signed_in(server, handle, passphrase_file) as desk:
        matching = [candidate for candidate, theirs in newcomers(desk.me) if plain(theirs) == wanted]
        if not matching:
            raise CommandError("no newcomer has these digits, so nobody was approved. Compare the digits again")
        print_result(desk.me, decide(desk.me, Change.ENROL, member=matching[0].member, key=matching[0].key))


@app.command()
def remove(colleague: str, server: Server = LOCAL, handle: Handle = "", passphrase_file: PassphraseFile = None) -> None:
    """Sign to remove a colleague, or leave the group yourself.

    Example: intake group remove kim --handle sam
    """
    with signed_in(server, handle, passphrase_file) as desk:
        print_result(desk.me, decide(desk.me, Change.REMOVE, member=desk.me.colleague(colleague)))


@app.command()
def quorum(number: int, server: Server = LOCAL, handle: Handle = "", passphrase_file: PassphraseFile = None) -> None:
    """Propose how many members must sign a decision.

    Example: intake group quorum 3 --handle sam
    """
    with signed_in(server, handle, passphrase_file) as desk:
        print_result(desk.me, decide(desk.me, Change.QUORUM, value=number))


@app.command("epoch-days")
def epoch_days(days: int, server: Server = LOCAL, handle: Handle = "", passphrase_file: PassphraseFile = None) -> None:
    """Propose after how many days members renew their keys.

    Example: intake group epoch-days 14 --handle sam
    """
    with signed_in(server, handle, passphrase_file) as desk:
        print_result(desk.me, decide(desk.me, Change.EPOCH, value=days))


@app.command("freshness-days")
def freshness_days(days: int, server: Server = LOCAL, handle: Handle = "", passphrase_file: PassphraseFile = None) -> None:
    """Propose how many days the form stays open while nobody signs in.

    Example: intake group freshness-days 7 --handle sam
    """
    with signed_in(server, handle, passphrase_file) as desk:
        print_result(desk.me, decide(desk.me, Change.FRESHNESS, value=days))


@app.command()
def stop(server: Server = LOCAL, handle: Handle = "", passphrase_file: PassphraseFile = None) -> None:
    """In a group of two, stop a decision that the other member signed.

    Example: intake group stop --handle sam
    """
    with signed_in(server, handle, passphrase_file) as desk:
        if not desk.me.keys.pending:
            raise CommandError("no decision is pending, so nothing was stopped")
        print_result(desk.me, decide(desk.me, Change.STOP, key=desk.me.keys.pending.entry.hash))


@app.command()
def sign(number: int, server: Server = LOCAL, handle: Handle = "", passphrase_file: PassphraseFile = None) -> None:
    """Sign a proposal of `intake group show`.

    Example: intake group sign 1 --handle sam
    """
    with signed_in(server, handle, passphrase_file) as desk:
        waiting_proposals = open_proposals(desk.me)
        if not 1 <= number <= len(waiting_proposals):
            raise CommandError("there is no proposal with this number, so nothing was signed. See: intake group show")
        body = keylist.body_of(waiting_proposals[number - 1])
        if body.kind is Change.ENROL:
            raise CommandError(
                "this proposal adds a newcomer. Nothing was signed. Compare their digits, then run: intake group approve DIGITS"
            )
        if body.kind is Change.RECOVER:
            print_result(desk.me, recovery.agree(desk.me, body))
        elif body.kind is Change.RECOVERY and body.key:
            print_result(desk.me, recovery.agree_to_deal(desk.me, waiting_proposals[number - 1]))
        else:
            print_result(desk.me, send(desk.me, body))


@recoveries.command("create")
@recoveries.command("deal", hidden=True)  # the earlier spelling
def create(
    threshold: Annotated[int, typer.Argument(help="How many members must open it together.")],
    server: Server = LOCAL,
    handle: Handle = "",
    passphrase_file: PassphraseFile = None,
    tested_by: Annotated[str, typer.Option(help="The colleague who tests the key before it is in force.")] = "",
    tried_by: Annotated[str, typer.Option(hidden=True)] = "",  # the earlier spelling
) -> None:
    """Make a recovery key and split it among all members.

    Example: intake recovery create 2 --handle sam
    """
    with signed_in(server, handle, passphrase_file) as desk:
        tester = tested_by or tried_by
        print_result(desk.me, recovery.deal(desk.me, threshold, desk.me.colleague(tester) if tester else ""))


@recoveries.command()
def propose(
    of: Annotated[
        str, typer.Argument(help="The member whose cases are recovered: a sign-in name, or the id of a member who left.")
    ],
    to: Annotated[str, typer.Argument(help="The member who receives the cases.")],
    server: Server = LOCAL,
    handle: Handle = "",
    passphrase_file: PassphraseFile = None,
) -> None:
    """Propose to recover a member's cases with the recovery key.

    Example: intake recovery propose kim kim2 --handle sam
    """
    with signed_in(server, handle, passphrase_file) as desk:
        me = desk.me
        key = me.keys.all_members[me.colleague(of)].text
        body = keylist.next_body(me.keys, Change.RECOVER, me.signing_day, member=me.colleague(to), key=key)
        print_result(me, recovery.agree(me, body))


@recoveries.command("open")
def open_(server: Server = LOCAL, handle: Handle = "", passphrase_file: PassphraseFile = None) -> None:
    """Open the recovery key and move the cases, once enough members signed.

    Example: intake recovery open --handle sam
    """
    with signed_in(server, handle, passphrase_file) as desk, Progress(console=err, transient=True) as progress:
        bar = progress.add_task("moving cases", total=None)
        moved, failed = recovery.open_all(desk, lambda n, of: progress.update(bar, completed=n, total=of))
    out.print(f"{moved} cases moved, {failed} could not be moved. Now make a new recovery key: intake recovery create")
    raise typer.Exit(1 if failed else 0)


def decide(me: Member, kind: Change, **what: Any) -> int:
    """Sign the next entry, or a colleague's proposal of the same change.

    Returns:
        How many signatures are missing.
    """
    body = keylist.next_body(me.keys, kind, me.signing_day, **what)
    pending = me.keys.pending
    if pending and _is_same_change(pending.body, body) and me.id not in pending.entry.signatures:
        return send(me, keylist.next_body(me.keys, Change.AGREE, me.signing_day, key=pending.entry.hash))
    for proposal in open_proposals(me):
        proposed = keylist.body_of(proposal)
        if _is_same_change(proposed, body):
            body = proposed
    return send(me, body)


def _is_same_change(body: Body, other: Body) -> bool:
    return (body.kind, body.member, body.key, body.value) == (other.kind, other.member, other.key, other.value)


def send(me: Member, body: Body) -> int:
    """Sign an entry and send it.

    Returns:
        How many signatures are missing.
    """
    check_signing(me.keys, body)
    entry = keylist.sign(body, me.signers)
    missing = int(me.ask("POST", "/api/desk/keylist", {"number": body.number, "entry": as_dict(entry)})["missing_signatures"])
    if body.kind is Change.REMOVE and body.member == me.id and not missing:
        out.print("You have left the group. The server has destroyed your keys.")
        raise typer.Exit(0)
    me.refresh()
    snapshots.sign_present(me)
    named = {member: name for member, name in me.names.items() if member in me.keys.members}
    # Without a recent snapshot, no key is known to encrypt the names for.
    if not missing and named and me.seats and me.may_write_names:
        me.ask("PUT", "/api/desk/names", me.sealed_names())
        me.refresh()
        snapshots.sign_present(me)
    return missing


def print_result(me: Member, missing: int) -> None:
    """Print the result of a signature, and propose a new recovery key if the members have changed."""
    if not missing and recovery.renew(me):
        out.print(
            "Signed. The decision is in force. The members have changed, so a new recovery key is proposed. Colleagues must "
            "sign it."
        )
    elif me.keys.pending:
        out.print(
            f"Signed. The decision takes effect {keylist.SEEN_DAYS} days after your colleague has signed in and seen it, or "
            f"after {keylist.UNSEEN_DAYS} days, unless they stop it."
        )
    else:
        out.print(f"Signed. {missing} more must sign." if missing else "Signed. The decision is in force.")
