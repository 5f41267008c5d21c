"""`intake …`: the composition root; the only place that joins everything.

Exit codes: 0 done; 1 done in part (something is not yet scrubbed); 2 refused, with one line that says why.
"""

import contextlib
import json
from dataclasses import replace
from typing import Annotated, NoReturn

import httpx2 as httpx
import typer
from rich.console import Console

from crypto import keylist
from crypto.digits import in_groups
from crypto.errors import CryptoError
from intake import settings
from intake.cli import backups, case, clock, doctor, enrolment, forms, group, keys, retention, sessions
from intake.cli.paths import read_secret
from intake.cli.read_only import looking
from intake.desk.access.enrolment import founding_link
from intake.errors import IntakeError
from intake.server.hardening import harden
from intake.server.run import serve
from intake.service import operator_log
from intake.service.quota import WARN, Quota
from intake.service.service import Service, utc_now
from intake.site.render import Site
from intake.store.clock import known_days
from intake.store.deletion.purge_store import PurgeStore
from intake.store.errors import StoreError
from intake.store.members import members
from intake.store.migrations import earlier_keylist
from retention.clock import contradiction
from retention.errors import BusyError, RetentionError
from retention.health import damaged
from retention.run import CLEAN

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="Sealed Intake.")
app.add_typer(retention.app, name="retention")
app.add_typer(clock.app, name="clock")
app.add_typer(forms.app, name="form")
app.command("flyer")(forms.flyers)
app.command("backup")(backups.backup)
app.command("restore")(backups.restore)
app.command("doctor")(doctor.doctor)
app.add_typer(doctor.keepers, name="keeper")
app.add_typer(sessions.app, name="sessions")
app.add_typer(case.app, name="case")
app.add_typer(group.app, name="group")
app.add_typer(group.recoveries, name="recovery")
app.add_typer(keys.app, name="keys")
app.add_typer(keys.lists, name="keylist")
out, err = Console(highlight=False), Console(stderr=True, highlight=False)
REFUSED = 2
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


def main() -> None:
    """Run a command. Errors that a person can act on are one line, never a traceback."""
    harden()
    try:
        app()
    except (IntakeError, StoreError, RetentionError, CryptoError, httpx.HTTPError, httpx.InvalidURL) as error:
        _refuse(str(error))
    except OSError as error:  # a path that cannot be opened, an address that is in use
        path = f"{error.filename}: " if error.filename else ""
        _refuse(f"{path}{error.strerror or type(error).__name__}")
    except Exception as error:  # A bug. The message could contain what somebody typed, so only type and line are printed.
        _refuse(f"internal error: {type(error).__name__} at {operator_log.source_line(error)}. Please report this line")


def _refuse(message: str) -> NoReturn:
    err.print(f"intake: {message}", markup=False, soft_wrap=True)
    raise SystemExit(REFUSED) from None


@app.command()
def run() -> None:
    """Set up what is missing, purge what is due, and serve. Example: INTAKE_PORT=8080 intake run"""
    found = settings.read()
    site = Site(found)
    service = Service.open(found, upgrade=not found.database_url, alone=True)
    try:
        _prepare(service)
    except BaseException:
        service.close()
        raise
    for weak in damaged(service.job.key_store):
        err.print(f"intake: warning: {weak}", markup=False, soft_wrap=True)
    link = founding_link(service, found.address)
    if link:
        out.print("  no coordinator yet; this link, good once and for a day, enrols the first:")
        out.print(f"  {link}", soft_wrap=True)
    out.print(f"  serving [bold]{found.address}[/bold]  (stop with Ctrl-C)")
    serve(service, site)


def _prepare(service: Service) -> None:
    """Purge what is due, if this login may, and remember the day.

    Raises:
        ClockError, RetentionError: the clock contradicts what is known, or the run could not begin.
    """
    if service.may_purge():
        with out.status("purging what is due, making day keys ahead") as shown:
            told = replace(
                service.job, progress=lambda step: shown.update(f"purging what is due, making day keys ahead: {step}")
            )
            with contextlib.suppress(BusyError):  # another process is at it
                told.run(service.clock_day)
    service.guard.refresh()
    service.guard.note_day()


@app.command()
def enrol(
    link: Annotated[str, typer.Argument(help="The one-time link that the server printed, or a colleague's.")],
    handle: Annotated[str, typer.Option(prompt=True, help="What you sign in as.")],
    passphrase_file: Annotated[
        typer.FileText | None, typer.Option(help="Read the passphrase from a file (- for standard input), do not ask.")
    ] = None,
) -> None:
    """Become a coordinator, the first or a later one. Example: intake enrol 'http://127.0.0.1:8000/en/desk/enrol/#…'"""
    # Never an argument: the list of processes and the shell's history would keep it.
    if passphrase_file:
        passphrase = read_secret(passphrase_file)
    else:
        passphrase = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=True)
    parts = enrolment.parts_of(link)
    with httpx.Client(base_url=f"{parts.scheme}://{parts.netloc}", timeout=60) as client:
        done = enrolment.enrol(link, handle, passphrase, client)
    if done.joined:
        out.print(f"Read these digits to a colleague, who compares them and lets you in:\n  {done.digits}")
    else:
        out.print(f"The group's fingerprint, for posters and for comparing:\n  {done.digits}")
    out.print("Your paper code, the second way to open your keyring. Write it down, keep it offline:")
    out.print(f"  {in_groups(done.paper_code)}")


@app.command()
def migrate() -> None:
    """Bring the store's schema up to date. Example: intake migrate"""
    service = Service.open(settings.read(), upgrade=True)
    try:
        waiting = service.database.run(earlier_keylist.waits_again, looks=True)
        left = service.job.store.scrub()  # what a migration took away lies nowhere any more
    finally:
        service.close()
    out.print("The store is up to date.")
    if waiting:
        out.print(f"Note: {waiting}.", markup=False, soft_wrap=True)
    if left != CLEAN:
        err.print(f"intake: warning: what was deleted is not scrubbed yet: {left}", markup=False, soft_wrap=True)


@app.command()
def status(as_json: AsJson = False) -> None:
    """Who this is: the store, the key list's fingerprint, the members. Example: intake status --json"""
    with looking() as database:
        told: dict[str, object] = {"store": PurgeStore(database).store_id, "fingerprint": "", "members": 0}
        with database.transaction() as tx:
            entries = members.entries(tx)
            told["clock"] = contradiction(utc_now().date(), known_days(tx)) or ""
            told["full"] = full = Quota(settings.read().quota).share(tx, utc_now().date().isoformat())
    if entries:
        keys = keylist.verify(entries, utc_now().date())
        told |= {"fingerprint": keys.fingerprint, "members": len(keys.members)}
    if as_json:
        out.print(json.dumps(told), soft_wrap=True)
        return
    out.print(f"store        {told['store']}")
    out.print(f"fingerprint  {told['fingerprint'] or 'none yet: no coordinator has enrolled'}")
    out.print(f"members      {told['members']}")
    out.print(f"clock        {told['clock'] or 'nothing speaks against it'}", markup=False, soft_wrap=True)
    out.print(f"full         {told['full']} of 100{'; nearly nothing more can be taken' if full >= WARN else ''}")
