"""`intake case follow-up`: set and end the day on which to return to a case."""

from typing import Annotated

import typer
from msgspec import UNSET
from rich.text import Text as RichText

from crypto.content import MAX_FOLLOW_UP
from crypto.encoding import parse_day
from crypto.entry import Content, FollowUp
from crypto.errors import EncodingError
from intake.cli.clocks import local_day
from intake.cli.consoles import out
from intake.cli.desk import Desk
from intake.cli.errors import CommandError
from intake.cli.opened import OpenedCase
from intake.cli.options import LOCAL, CaseArgument, Handle, PassphraseFile, Server
from intake.cli.signed_in import signed_in


def follow_up(
    case: CaseArgument,
    day: Annotated[str, typer.Argument(help="The day, as YYYY-MM-DD. Leave it out with --done.")] = "",
    text: Annotated[str, typer.Option(help="A few words, for example: call back.")] = "",
    only_me: Annotated[bool, typer.Option("--only-me", help="For you alone, and not for everybody who has the case.")] = False,
    done: Annotated[bool, typer.Option("--done", help="End the follow-up.")] = False,
    server: Server = LOCAL,
    handle: Handle = "",
    passphrase_file: PassphraseFile = None,
) -> None:
    """Set the day on which to return to a case, in place of an earlier one, or end it. The requester cannot read it.

    The command refuses a day that is over, and one on which the case is already deleted.

    Example: intake case follow-up CASE 2026-12-03 --text 'call back' --handle sam
    """
    if done == bool(day):
        raise CommandError("nothing was changed. Give either a day or --done")
    if day:
        _check(day, text)
    with signed_in(server, handle, passphrase_file) as desk:
        if done:
            ended = desk.follow_up(case, lambda now: now.new_status(follow_up=UNSET) if now.follow_up else None)
            out.print(RichText("the follow-up is done" if ended else "the case has no follow-up"))
        else:
            plan(desk, case, FollowUp(day=day, text=text, member=desk.me.id if only_me else ""))


def plan(desk: Desk, case: str, follow_up: FollowUp) -> None:
    """Set the follow-up of a case.

    Raises:
        CommandError: The case is deleted by that day. Nothing was changed.
    """

    def content(now: OpenedCase) -> Content:
        if follow_up.day >= now.expires:
            raise CommandError(
                f"the follow-up was not set, because the case is deleted on {now.expires} at 00:00 UTC. Choose an earlier day"
            )
        return now.new_status(follow_up=follow_up)

    desk.follow_up(case, content)


def _check(day: str, text: str) -> None:
    try:
        is_over = parse_day(day) < local_day()
    except EncodingError:
        raise CommandError("the follow-up was not set. Give the day as YYYY-MM-DD") from None
    if is_over:
        raise CommandError("the follow-up was not set, because its day is over. Choose today or a later day")
    if len(text) > MAX_FOLLOW_UP:
        raise CommandError(f"the follow-up was not set. Its text may have at most {MAX_FOLLOW_UP} characters")
