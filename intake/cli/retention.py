"""`intake retention`: deletion runs, what is due, and the proof of deletion."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

from crypto import keylist
from crypto.encoding import b64, unb64
from crypto.errors import CryptoError
from intake import settings
from intake.cli.consoles import err, out
from intake.cli.errors import CommandError
from intake.cli.options import AsJson
from intake.cli.paths import read_text, write_private
from intake.cli.read_only import read_only, read_only_with_keys
from intake.service.service import Service, utc_now
from intake.store.deletion import probes as blobs
from intake.store.members import members
from retention import proof, scan
from retention.errors import ProofError
from retention.files import read_regular
from retention.health import Health, assess
from retention.run import Outcome

app = typer.Typer(no_args_is_help=True, help="Delete what is due, and prove that it was deleted.")
DAYS = 30
MAX_CANARY = 16 * 1024  # characters of a text to look for
MAX_PROBES = 256 * 2**20  # bytes of a file of probes: a case of 300 entries takes 20 MiB
_BAR = 30  # characters
_MAX_PRINTED = 30  # places that are printed


@app.command("run")
def run(
    dry_run: Annotated[bool, typer.Option(help="Only print what would be deleted, by day.")] = False,
    the_clock_is_right: Annotated[bool, typer.Option(help="Confirm the clock, and run.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete expired, withdrawn and closed cases.

    Exit 0: all deleted; 1: some data is left (listed); 2: refused; 3: all deleted, and a replica or an archive of PostgreSQL
    keeps ciphertext under destroyed keys.

    Example: intake retention run --dry-run
    """
    service = Service.open(settings.read())
    try:
        if dry_run:
            return _print_due(service, as_json)
        if the_clock_is_right:
            service.guard.confirm()
        with err.status("deleting") as spinner:
            job = replace(service.job, progress=lambda step: spinner.update(f"deleting: {step}"))
            report = job.run(service.clock_day)
    finally:
        service.close()
    if as_json:
        numbers = {"day": report.day, "days": report.days, "cases": report.cases, "punctured": report.withdrawn}
        out.print(json.dumps({**numbers, "keys": len(report.keys), "scrub": report.scrub, "left": report.left}), soft_wrap=True)
    else:
        out.print(f"{report.cases} cases expired, {report.withdrawn} deleted early, {len(report.keys)} keys destroyed.")
        out.print("not scrubbed yet:" if report.left else f"scrub: {report.scrub}", soft_wrap=True)
        for reason in report.left:
            out.print(f"  {reason}", soft_wrap=True)
    raise typer.Exit(report.outcome)


@app.command("status")
def status(as_json: AsJson = False) -> None:
    """Show what expires in the next 30 days, the last run and the deletion keys. Exit 1 if anything is 24 hours overdue.

    Example: intake retention status --json
    """
    today = utc_now().date()
    with read_only_with_keys() as (store, key_store):
        health = assess(key_store, store, today)
    days = [(today + dt.timedelta(days=n)).isoformat() for n in range(1, DAYS + 1)]
    coming = {day: health.coming.get(day, 0) for day in days}
    later = sum(health.coming.values()) - sum(coming.values())
    if as_json:
        summary = {"last_run": health.last_run, "scrub": health.last_scrub, "coming": coming, "later": later}
        out.print(
            json.dumps({**summary, "oldest": health.oldest, "keys": health.keys, "overdue": health.overdue}), soft_wrap=True
        )
    else:
        _print_status(health, coming, later)
    raise typer.Exit(Outcome.NOT_SCRUBBED if health.overdue else Outcome.CLEAN)


@app.command("verify")
def verify(as_json: AsJson = False) -> None:
    """Verify the certificates, and that no destroyed key and no expired row exists. Exit 1 if one does.

    Example: intake retention verify
    """
    today = utc_now().date()
    with read_only_with_keys() as (store, key_store):
        entries = store.database.run(members.entries)
        if not entries or (key := keylist.verify(entries, today).retention) is None:
            raise ProofError("there is nothing to verify: no coordinator has enrolled yet")
        certificates = proof.chain(store.certificates(), key, store.store_id)
        wrong = proof.contradictions(certificates, key_store, store, today)
    keys = sum(len(certificate.keys) for certificate in certificates)
    if as_json:
        out.print(json.dumps({"certificates": len(certificates), "keys": keys, "wrong": wrong}), soft_wrap=True)
    else:
        out.print(f"{len(certificates)} certificates in one chain, {keys} deletion keys destroyed.")
        out.print("Everything that the certificates name is deleted." if not wrong else "Not deleted:")
        for contradiction in wrong:
            out.print(f"  {contradiction}")
    raise typer.Exit(1 if wrong else 0)


@app.command("scan")
def search(
    paths: Annotated[list[Path], typer.Argument(help="Files, folders or block devices to search.")],
    canary_file: Annotated[
        typer.FileText | None, typer.Option(help="Search for the text in this file (- for standard input).")
    ] = None,
    case: Annotated[str | None, typer.Option(help="Search for everything that is stored of the case with this id.")] = None,
    save_probes: Annotated[Path | None, typer.Option(help="Save what --case searches for, for a later search.")] = None,
    probes: Annotated[Path | None, typer.Option(help="Search for what --save-probes saved.")] = None,
    as_json: AsJson = False,
) -> None:
    """Search raw files for a text or for the stored data of a case.

    Exit 0: nothing found; 1: found (listed); 2: some paths could not be searched, and nothing was found elsewhere.

    Example: intake retention scan var /backups --probes probes.json
    """
    wanted = _wanted(read_text(canary_file, MAX_CANARY).strip() if canary_file else "", case, probes)
    if save_probes:
        saved = {name: [b64(piece) for piece in pieces] for name, pieces in wanted.items()}
        write_private(save_probes, json.dumps(saved).encode())
    skipped: dict[Path, str] = {}
    try:
        total = sum(scan.size(path) for path in scan.files(paths, skipped.__setitem__))
        with Progress("searching", BarColumn(), DownloadColumn(), TimeRemainingColumn(), console=err) as bar:
            task = bar.add_task("", total=total)
            matches = list(scan.scan(paths, wanted, lambda read: bar.advance(task, read), skipped.__setitem__))
            searched = int(bar.tasks[task].completed)
    except OSError as error:
        raise CommandError(f"{error.filename}: {error.strerror}. The search is not complete") from None
    if as_json:
        places = [{"path": str(match.path), "offset": match.offset, "what": match.what} for match in matches]
        missed = [{"path": str(path), "why": why} for path, why in skipped.items()]
        out.print(json.dumps({"bytes": searched, "found": places, "not_searched": missed}), soft_wrap=True)
    else:
        _print_matches(matches, searched, complete=not skipped)
    for path, why in skipped.items():
        err.print(f"intake: {path} was not searched: {why}", soft_wrap=True)
    if skipped:
        err.print("intake: the search is not complete")
    raise typer.Exit(1 if matches else 2 if skipped else 0)


def _print_matches(matches: Sequence[scan.Match], searched: int, *, complete: bool) -> None:
    for match in matches[:_MAX_PRINTED]:
        out.print(f"{match.path} at byte {match.offset}: {match.what}", soft_wrap=True)
    if matches:
        out.print(f"{searched} bytes searched, found in {len(matches)} places.")
    else:
        out.print(f"{searched} bytes searched: nothing found." if complete else f"{searched} bytes searched.")


def _wanted(canary: str, case: str | None, saved: Path | None) -> dict[str, list[bytes]]:
    wanted: dict[str, list[bytes]] = {}
    if canary:
        wanted["the canary"] = scan.encodings_of(canary)
    if case:
        with read_only() as database:
            stored = database.run(lambda tx: blobs.of_case(tx, case))
        for name, blob in stored.items():
            # A dump of PostgreSQL writes bytes as hexadecimal digits.
            wanted[name] = [form for piece in scan.probes(blob) for form in (piece, piece.hex().encode())]
    if saved:
        wanted |= _saved_probes(saved)
    if not any(wanted.values()):
        raise CommandError("there is nothing to search for. Give --canary-file, --case or --probes")
    return wanted


def _saved_probes(path: Path) -> dict[str, list[bytes]]:
    try:
        saved = msgspec.json.decode(read_regular(path, MAX_PROBES), type=dict[str, list[str]])
        return {name: [unb64(piece) for piece in pieces] for name, pieces in saved.items()}
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, CryptoError):
        raise CommandError(f"{path} is not a file that --save-probes wrote") from None


def _print_due(service: Service, as_json: bool) -> None:
    counts = service.job.store.counts()
    due = {record.day: counts.get(record.day, 0) for record in service.job.expired_days(service.today)}
    waiting = {day: len(leaves) for day, leaves in service.job.store.waiting_punctures().items() if day not in due}
    if as_json:
        out.print(json.dumps({"days": due, "punctures": waiting}))
        return
    lines = [f"{day}  {n} cases" for day, n in due.items()]
    lines += [f"{day}  {n} closed, moved or withdrawn" for day, n in waiting.items()]
    out.print("\n".join(lines) or "nothing")


def _print_status(health: Health, coming: dict[str, int], later: int) -> None:
    most = max([1, *coming.values()])
    for day, count in coming.items():
        out.print(f"{day}  {count:5}  {'█' * round(_BAR * count / most)}")
    out.print(f"later            {later:5}")
    last = ", ".join(filter(None, (health.last_run or "never", health.last_scrub)))
    out.print(f"last run         {last}")
    out.print(f"not yet deleted  {health.oldest or 'nothing'}")
    out.print(f"deletion keys    {', '.join(f'{n} of {what}s' for what, n in health.keys.items()) or 'none'}")
    for reason in health.overdue:
        out.print(f"overdue          {reason}")
