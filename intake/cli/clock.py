"""`intake clock`: compare the machine's clock with the known days, and confirm the clock."""

import json

import typer

from intake import settings
from intake.cli.consoles import out
from intake.cli.options import AsJson
from intake.cli.read_only import read_only
from intake.service.service import Service, utc_now
from intake.store import clock as stored
from intake.store.clock import Corrections
from retention import clock

app = typer.Typer(no_args_is_help=True, help="Compare the machine's clock with the days that are known, and confirm it.")


@app.command("show")
def show(as_json: AsJson = False) -> None:
    """Show the clock's day and the known days. Exit 1 if they contradict each other.

    Example: intake clock show
    """
    today = utc_now().date()
    with read_only() as database:
        known_days = database.run(stored.known_days)
    wrong = clock.contradiction(today, known_days)
    if as_json:
        days = {known_day.source: known_day.day.isoformat() for known_day in known_days}
        out.print(json.dumps({"clock": today.isoformat(), "known": days, "wrong": wrong}), soft_wrap=True)
    else:
        out.print(f"{'the clock says':28} {today}")
        for known_day in known_days:
            out.print(f"{known_day.source:28} {known_day.day}")
        out.print(f"Wrong: {wrong}. {clock.remedy(today)}" if wrong else "The clock contradicts no known day.", soft_wrap=True)
    raise typer.Exit(1 if wrong else 0)


@app.command("confirm")
def confirm(as_json: AsJson = False) -> None:
    """Confirm that the machine's clock is right, and correct every later date in the store.

    Run this first: intake clock show

    Example: intake clock confirm
    """
    service = Service.open(settings.read())
    try:
        corrections = service.guard.confirm()
        day = service.guard.clock_day
    finally:
        service.close()
    if as_json:
        out.print(json.dumps({"clock": day.isoformat(), "corrected": corrections.nonzero()}), soft_wrap=True)
        return
    out.print(f"The clock is confirmed: {day}.")
    for line in in_words(corrections):
        out.print(f"  {line}", soft_wrap=True)


def in_words(corrections: Corrections) -> list[str]:
    """Return the corrections in words, a line for each kind."""
    words = {
        "entries": "{} entries of the key list were dated in the future and were removed. The group must decide them again",
        "proposals": "{} proposals were dated in the future and were removed",
        "group_log": "{} entries of the log now have today's date",
        "presences": "{} members were last seen in the future. The date is now today",
        "cases": "{} cases arrived in the future. The date is now today",
        "sessions": "{} sessions began in the future and were ended",
        "invites": "{} enrolment links would have been valid for too long and were revoked",
        "rotations": "{} key renewals began in the future. The time is now the present",
        "tokens": "{} used tokens would have been kept for too long",
        "snapshots": "{} snapshots of members were dated in the future and were removed",
    }
    return [words[name].format(count) for name, count in corrections.nonzero().items()]
