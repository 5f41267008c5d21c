"""The `intake` command and its subcommands.

Exit codes: 0 for done, 1 for done in part, 2 for refused or failed, with one line that gives the reason.
"""

import contextlib
import io
import json
import sys
from dataclasses import replace
from importlib import metadata
from typing import Annotated, NoReturn

import httpx2 as httpx
import typer
from rich.console import Console
from rich.markup import escape

from crypto import keylist
from crypto.digits import in_groups
from crypto.errors import CryptoError
from intake import settings
from intake.cli import backups, case, clock, doctor, enrolment, follow_ups, forms, group, keys, retention, sessions, setup, site
from intake.cli.errors import CommandError
from intake.cli.paper_code import prove
from intake.cli.paths import read_secret
from intake.cli.read_only import read_only
from intake.cli.unusable import of_a_file, of_a_server
from intake.desk.access.enrolment import founding_link
from intake.errors import IntakeError
from intake.server.hardening import harden
from intake.server.run import serve
from intake.service import operator_log
from intake.service.automatic_backups import BackupState, state_of
from intake.service.quota import WARN_PERCENT, Quota
from intake.service.service import Service, utc_now
from intake.site.render import Site
from intake.store.clock import known_days
from intake.store.deletion.purge_store import PurgeStore
from intake.store.engines.engine import Database
from intake.store.errors import StoreError
from intake.store.members import members
from intake.store.migrations import earlier_keylist
from intake.store.migrations import upgrade as schema
from retention.clock import contradiction
from retention.errors import BusyError, RetentionError
from retention.health import damaged_keys
from retention.run import CLEAN, HELD

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Run and use Sealed Intake.")
app.command("init")(setup.init)
app.command("setup")(setup.setup)
app.add_typer(retention.app, name="retention")
app.add_typer(clock.app, name="clock")
app.add_typer(forms.app, name="form")
app.command("flyer")(forms.flyers)
app.command("backup")(backups.backup)
app.command("restore")(backups.restore)
app.command("doctor")(doctor.doctor)
app.add_typer(doctor.key_stores, name="key-store")
app.add_typer(doctor.key_stores, name="keeper", hidden=True)  # the earlier spelling
app.add_typer(sessions.app, name="sessions")
app.add_typer(case.app, name="case")
case.app.command(context_settings=case.BY_ID)(follow_ups.follow_up)
app.add_typer(group.app, name="group")
app.add_typer(group.recoveries, name="recovery")
app.add_typer(keys.app, name="keys")
app.add_typer(keys.lists, name="keylist")
app.add_typer(site.app, name="site")
out, err = Console(highlight=False), Console(stderr=True, highlight=False)
REFUSED = 2
PROJECT = "sealed-intake"  # name of the distribution
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


def main() -> None:
    """Run a command. Errors that a person can act on are one line, never a traceback."""
    harden()
    for stream in (sys.stdout, sys.stderr):  # a name of a file, or a name in another alphabet, must not end a command
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except (IntakeError, StoreError, RetentionError, CryptoError, httpx.InvalidURL) as error:
        _refuse(str(error))
    except httpx.HTTPError as error:
        _refuse(of_a_server(error))
    except OSError as error:  # a path that cannot be opened, an address that is in use
        _refuse(of_a_file(error))
    except Exception as error:  # A bug. The message could contain what somebody typed, so only type and line are printed.
        _refuse(f"internal error: {type(error).__name__} at {operator_log.source_line(error)}. Please report this line")


def _refuse(message: str) -> NoReturn:
    err.print(f"intake: {message}", markup=False, soft_wrap=True)
    raise SystemExit(REFUSED) from None


def _print_version(wanted: bool) -> None:
    if wanted:
        out.print(f"{PROJECT} {metadata.version(PROJECT)}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Run and use Sealed Intake."""


@app.command()
def run() -> None:
    """Create the store if there is none, delete expired data, and serve.

    Example: INTAKE_PORT=8080 intake run
    """
    config = settings.read()
    pages = Site(config)
    service = Service.open(config, upgrade=not config.database_url, exclusive=True)
    try:
        _prepare(service)
    except BaseException:
        service.close()
        raise
    for damage in damaged_keys(service.job.key_store):
        err.print(f"intake: warning: {damage}", markup=False, soft_wrap=True)
    link = founding_link(service, config.address)
    if link:
        out.print("  No coordinator yet. Open this link within 24 hours to create the first one (it works once):")
        out.print(f"  {link}", markup=False, soft_wrap=True)
    # Without `escape`, the brackets of an IPv6 address would be read as markup.
    out.print(f"  serving [bold]{escape(config.address)}[/bold]  (stop with Ctrl-C)")
    serve(service, pages)


def _prepare(service: Service) -> None:
    """Run a deletion run, if this login at the store may, and remember the day.

    Raises:
        ClockError: The clock contradicts a known day.
        RetentionError: The deletion run could not begin.
    """
    if service.may_purge():
        with out.status("deleting expired data, making day keys ahead") as spinner:
            job = replace(
                service.job, progress=lambda step: spinner.update(f"deleting expired data, making day keys ahead: {step}")
            )
            with contextlib.suppress(BusyError):  # another process is running one
                job.run(service.clock_day)
    service.guard.refresh()
    service.guard.note_day()


@app.command()
def link() -> None:
    """Print a new link for the first coordinator. Earlier ones stop working. The command fails if there is a coordinator.

    Example: intake link
    """
    config = settings.read()
    with read_only():  # refuses where there is no store, and makes none
        pass
    service = Service.open(config)
    try:
        new = founding_link(service, config.address)
    finally:
        service.close()
    if new is None:
        raise CommandError("the group has a coordinator, so no link was made. A coordinator adds others: intake group invite")
    out.print(new, markup=False, soft_wrap=True)


@app.command()
def enrol(
    link: Annotated[str, typer.Argument(help="The one-time link that the server printed or a colleague sent.")],
    handle: Annotated[str, typer.Option(prompt=True, help="Your sign-in name.")],
    passphrase_file: Annotated[
        typer.FileText | None, typer.Option(help="Read the passphrase from a file (- for standard input).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Become a coordinator.

    Example: intake enrol 'http://127.0.0.1:8000/en/desk/enrol/#…'

    At a terminal, the command shows your paper code and asks you to enter it once. In a script, or with --json, it asks nothing
    and prints the code: the script must store it.
    """
    # A passphrase is never an argument: the list of processes and the shell's history would show it.
    if passphrase_file:
        passphrase = read_secret(passphrase_file)
    else:
        passphrase = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=True)
    is_asked = sys.stdin.isatty() and not as_json
    parts = enrolment.parts_of(link)
    with httpx.Client(base_url=f"{parts.scheme}://{parts.netloc}", timeout=60) as client:
        enrolled = enrolment.enrol(link, handle, passphrase, client, prove=prove if is_asked else None)
    if as_json:
        out.print_json(data={"joined": enrolled.joined, "digits": enrolled.digits, "paper_code": enrolled.paper_code})
        return
    if enrolled.joined:
        out.print(f"Read these digits to a colleague, who compares them and approves you:\n  {enrolled.digits}")
    else:
        out.print(f"The group's check digits, for posters and for comparing:\n  {enrolled.digits}")
    if not is_asked:
        out.print("Your paper code, the second way to sign in. Write it down and keep it offline:")
        out.print(f"  {in_groups(enrolled.paper_code)}")


@app.command()
def upgrade(
    backed_up: Annotated[
        bool,
        typer.Option("--backed-up", help="Confirm that you took a backup of the PostgreSQL store with the earlier version."),
    ] = False,
) -> None:
    """Copy the store, upgrade it to this version, and check a sample of each table. It then says how to return.

    PostgreSQL: take a backup with the earlier version first, and confirm it with --backed-up.

    Example: intake upgrade
    """
    if (url := settings.read().database_url) and not backed_up:
        database = Database(url, reads=True)
        try:
            revision = database.run(schema.revision)
        finally:
            database.close()
        if revision not in (None, schema.newest()):
            raise CommandError(
                "nothing was upgraded. Take a backup with the version that runs now (intake backup), then type: "
                "intake upgrade --backed-up"
            )
    migrate()


@app.command()
def migrate() -> None:
    """Make the store, or upgrade it as `intake upgrade` does, without asking for a backup of a PostgreSQL store.

    Example: intake migrate
    """
    service = Service.open(settings.read(), upgrade=True)
    try:
        waiting = service.database.run(earlier_keylist.waits_again, read_only=True)
        unscrubbed = service.job.store.scrub()  # so that the engine's files keep no copy of what a migration deleted
    finally:
        service.close()
    out.print("The store is up to date.")
    if waiting:
        out.print(f"Note: {waiting}.", markup=False, soft_wrap=True)
    if unscrubbed not in (CLEAN, HELD):
        err.print(f"intake: warning: deleted data is not scrubbed yet: {unscrubbed}", markup=False, soft_wrap=True)


@app.command()
def status(as_json: AsJson = False) -> None:
    """Show the store, the group's fingerprint and how many members there are.

    Example: intake status --json
    """
    config = settings.read()
    backup = state_of(config.data) if config.backup_file else None
    with read_only() as database:
        report: dict[str, object] = {"store": PurgeStore(database).store_id, "fingerprint": "", "members": 0}
        with database.transaction() as tx:
            entries = members.entries(tx)
            report["clock"] = contradiction(utc_now().date(), known_days(tx)) or ""
            report["storage_percent"] = percent = Quota(config.quota).share(tx, utc_now().date().isoformat())
    if entries:
        keys = keylist.verify(entries, utc_now().date())
        report |= {"fingerprint": keys.fingerprint, "members": len(keys.members)}
    if backup is not None:
        report["backup"] = {"succeeded": backup.succeeded, "failure": backup.failure}
    if as_json:
        out.print(json.dumps(report), soft_wrap=True)
        return
    out.print(f"store        {report['store']}")
    out.print(f"fingerprint  {report['fingerprint'] or 'none yet: no coordinator has enrolled'}")
    out.print(f"members      {report['members']}")
    out.print(f"clock        {report['clock'] or 'no contradiction found'}", markup=False, soft_wrap=True)
    out.print(f"storage      {percent}% used{': nearly full' if percent >= WARN_PERCENT else ''}")
    if backup is not None:
        out.print(f"backup       {_backup_in_words(backup)}", markup=False, soft_wrap=True)


def _backup_in_words(state: BackupState) -> str:
    last = f"the last one is of {state.succeeded}" if state.succeeded else "none yet"
    return f"failed: {state.failure} ({last})" if state.failure else last
