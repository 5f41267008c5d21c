"""`intake case`: work on your cases at a terminal, on any server."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer
from msgspec import UNSET
from rich.table import Column, Table
from rich.text import Text as RichText

from crypto.encoding import as_dict
from crypto.entry import Contact
from intake.cli.consoles import err, out
from intake.cli.desk import Desk
from intake.cli.due import case_in_words, mark_in_words
from intake.cli.entry_words import text_of, words_of
from intake.cli.escape import escape, indented
from intake.cli.follow_ups import follow_up
from intake.cli.group_labels import status_label, tag_labels
from intake.cli.opened import OpenedCase
from intake.cli.options import BY_ID, LOCAL, AsJson, CaseArgument, Handle, PassphraseFile, Server
from intake.cli.rows import Row
from intake.cli.signed_in import signed_in

app = typer.Typer(no_args_is_help=True, help="Your cases.")
ID_WIDTH, MIN_WORDS, OTHER_COLUMNS = 22, 16, 66  # characters


@app.command("list")
def list_(server: Server = LOCAL, handle: Handle = "", passphrase_file: PassphraseFile = None, as_json: AsJson = False) -> None:
    """List your cases, the newest first.

    Example: intake case list --handle sam
    """
    with signed_in(server, handle, passphrase_file) as desk:
        rows, broken = desk.opened_rows()
        positions = {row.id: desk.read_up_to(row.id) for row in rows}
    if broken:
        err.print(f"{broken} more cases cannot be opened. Either your keys do not fit, or a deletion key is damaged.")
    _warn_of_changed_cases(desk)
    if as_json:
        out.print_json(json.dumps([_row_as_json(desk, row, positions[row.id]) for row in rows]))
        return
    table = Table(
        Column("case", no_wrap=True, min_width=ID_WIDTH),
        "came, expires",
        Column("status, marks", overflow="fold"),
        "in their words",
    )
    room = max(MIN_WORDS, out.width - OTHER_COLUMNS)
    for row in rows:
        words = RichText(escape(row.summary.line))
        words.truncate(2 * room - 2, overflow="ellipsis")
        marks = _marks(desk, row, positions[row.id])
        label = status_label(row.status, desk.me.group_words)
        status = "\n".join([label if row.open else f"{label}, closed", *marks])
        table.add_row(row.id, f"{row.summary.arrived}\n{row.expires}", RichText(status), words)
    out.print(table)


def _marks(desk: Desk, row: Row, read_up_to: int) -> list[str]:
    """Return the marks that the browser's desk shows as well."""
    follow_up, writer = row.own_follow_up(desk.me.id), row.summary.on_behalf
    return [
        *([escape(mark_in_words(follow_up))] if follow_up else []),
        *(["handed over to you"] if row.is_new_from_a_colleague(read_up_to) else []),
        *(["unread"] if row.is_unread(read_up_to) else []),
        *(["needs a reply"] if row.needs_reply(read_up_to) else []),
        *([] if writer is UNSET else [desk.written_down(writer)]),
        *tag_labels(row.tags, desk.me.group_words),
    ]


def _row_as_json(desk: Desk, row: Row, read_up_to: int) -> dict[str, object]:
    follow_up = row.own_follow_up(desk.me.id)
    return {
        "case": row.id,
        "status": row.status,
        "tags": tag_labels(row.tags, desk.me.group_words),
        "arrived": row.summary.arrived,
        "expires": row.expires,
        "open": row.open,
        "unread": row.is_unread(read_up_to),
        "needs_reply": row.needs_reply(read_up_to),
        "follow_up": {"day": follow_up.day, "text": follow_up.text} if follow_up else None,
        "handed_over": row.is_new_from_a_colleague(read_up_to),
        "written_down": None if row.summary.on_behalf is UNSET else as_dict(row.summary.on_behalf),
        "line": row.summary.line,
    }


def _warn_of_changed_cases(desk: Desk) -> None:
    changed = desk.me.changed
    if changed and changed.missing:
        err.print(
            f"{len(changed.missing)} cases that you held at your last sign-in are missing, and they had not expired. "
            "If nobody withdrew, closed or took them over, tell your colleagues."
        )
    if changed and changed.replaced:
        err.print(
            f"{len(changed.replaced)} cases hold another request than at your last sign-in: {', '.join(changed.replaced)}. "
            "Tell your colleagues."
        )


@app.command(context_settings=BY_ID)
def show(
    case: CaseArgument,
    server: Server = LOCAL,
    handle: Handle = "",
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Show one case. Its requester can then see that somebody has read it, and the day.

    Example: intake case show CASE --handle sam
    """
    with signed_in(server, handle, passphrase_file) as desk:
        opened = desk.show(case)
    if as_json:
        out.print_json(json.dumps(_as_json(desk, opened)))
        return
    request, words = opened.request, desk.me.group_words
    contact = request.contact
    written_down = desk.written_down(opened.writer) if opened.writer else ""
    for label, value in (
        ("status", status_label(opened.status, words)), ("tags", ", ".join(tag_labels(opened.tags, words))),
        ("came", written_down), ("follow-up", case_in_words(opened.follow_up, desk.name_of)),
        ("they see", opened.progress.stage.value),
        ("expires", opened.expires), ("sealed by", opened.sealed_by), ("name", request.name),
        ("reach", contact.how), ("voicemail", _yes_no(contact, contact.voicemail)),
        ("text", _yes_no(contact, contact.text_message)), ("say who", _yes_no(contact, contact.say_who)),
        ("others", contact.who_else), ("safe time", contact.safe_time), ("call in", contact.call_language),
        ("contact", "do not contact: they return with their receipt" if contact.return_only else ""),
    ):  # fmt: skip
        if value or label not in ("came", "tags"):
            out.print(RichText(f"{label:10} {indented(value)}"))
    for answer in request.answers:
        out.print(RichText(f"{indented(answer.text)}\n  {indented('; '.join(answer.labels or answer.values))}"))
    for entry in (*opened.shared[1:], *opened.desk):
        writer = "desk" if entry.author else "requester"
        out.print(RichText(f"{entry.day} {entry.kind:10} {writer:9} {indented(words_of(entry, desk))}"))
    if opened.hold:
        hold = "kept until" if opened.hold.in_force else "one member asks to keep it until"
        out.print(RichText(f"{hold} {opened.hold.until}, even when it is closed: {indented(opened.hold.reason)}"))
    for warning in opened.warnings:
        out.print(RichText(f"warning: {warning}"))


def _yes_no(contact: Contact, answer: str) -> str:
    """Return an answer about what is safe. A question that was not answered means no, if there is a way to reach the person."""
    return answer or ("no (not answered)" if contact.how else "")


@app.command(context_settings=BY_ID)
def reply(
    case: CaseArgument, text: str, server: Server = LOCAL, handle: Handle = "", passphrase_file: PassphraseFile = None
) -> None:
    """Write to the requester.

    Example: intake case reply CASE 'Tomorrow at six.' --handle sam
    """
    with signed_in(server, handle, passphrase_file) as desk:
        desk.reply(case, text)


@app.command(context_settings=BY_ID)
def note(
    case: CaseArgument, text: str, server: Server = LOCAL, handle: Handle = "", passphrase_file: PassphraseFile = None
) -> None:
    """Write a note that the requester cannot read.

    Example: intake case note CASE 'call after six' --handle sam
    """
    with signed_in(server, handle, passphrase_file) as desk:
        desk.note(case, text)


@app.command(context_settings=BY_ID)
def status(
    case: CaseArgument, status: str, server: Server = LOCAL, handle: Handle = "", passphrase_file: PassphraseFile = None
) -> None:
    """Set the status of a case.

    Example: intake case status CASE in-progress --handle sam
    """
    with signed_in(server, handle, passphrase_file) as desk:
        desk.set_status(case, status)


@app.command(context_settings=BY_ID)
def share(
    case: CaseArgument, colleague: str, server: Server = LOCAL, handle: Handle = "", passphrase_file: PassphraseFile = None
) -> None:
    """Share a case with a colleague.

    Example: intake case share CASE kim --handle sam
    """
    with signed_in(server, handle, passphrase_file) as desk:
        desk.share(case, colleague)


@app.command("hand-over", context_settings=BY_ID)
def hand_over(
    case: CaseArgument, colleague: str, server: Server = LOCAL, handle: Handle = "", passphrase_file: PassphraseFile = None
) -> None:
    """Hand a case over to a colleague, under new keys.

    Example: intake case hand-over CASE kim --handle sam
    """
    with signed_in(server, handle, passphrase_file) as desk:
        desk.hand_over(case, colleague)


@app.command(context_settings=BY_ID)
def export(
    case: CaseArgument,
    folder: Annotated[Path, typer.Argument(help="A new folder for the age files and their identities.")],
    server: Server = LOCAL,
    handle: Handle = "",
    passphrase_file: PassphraseFile = None,
) -> None:
    """Export a case's age files and keys, for any age tool.

    Example: intake case export CASE ./out --handle sam

    Nobody deletes the exported files when the case expires. Delete them yourself.

    To read one: age -d -i out/identity.txt out/shared-0.age
    """
    with signed_in(server, handle, passphrase_file) as desk:
        files, identities = desk.files(case)
    folder.mkdir(mode=0o700, parents=True)
    keys = "\n".join(identity.reveal() for identity in identities)
    for name, data in {**files, "identity.txt": f"{keys}\n".encode()}.items():
        with os.fdopen(os.open(folder / name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(data)
    out.print(RichText(f"{len(files)} files and identity.txt in {folder}. They stay until you delete them."))


@app.command(context_settings=BY_ID)
def close(case: CaseArgument, server: Server = LOCAL, handle: Handle = "", passphrase_file: PassphraseFile = None) -> None:
    """Close a case. It is deleted some days later.

    Example: intake case close CASE --handle sam
    """
    with signed_in(server, handle, passphrase_file) as desk:
        out.print(f"expires on {desk.close(case)} at 00:00 UTC")


app.command(context_settings=BY_ID)(follow_up)


def _as_json(desk: Desk, case: OpenedCase) -> dict[str, object]:
    return {
        "case": case.id,
        "status": case.status,
        "tags": tag_labels(case.tags, desk.me.group_words),
        "requester_sees": case.progress.stage.value,
        "expires": case.expires,
        "sealed_by": case.sealed_by,
        "written_down": as_dict(case.writer) if case.writer else None,
        "language": case.request.language,
        "direction": case.request.direction,
        "name": case.request.name,
        "contact": as_dict(case.request.contact),
        "answers": {answer.question: answer.values for answer in case.request.answers},
        "entries": [
            {"kind": entry.kind.value, "day": entry.day, "by_desk": bool(entry.author), "text": text_of(entry, desk)}
            for entry in (*case.shared[1:], *case.desk)
        ],
        "warnings": list(case.warnings),
    }
