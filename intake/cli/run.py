"""`intake run`: the server."""

import contextlib
from dataclasses import replace

from rich.text import Text

from intake import settings
from intake.cli.consoles import err, out
from intake.desk.access.enrolment import founding_link
from intake.server.run import serve
from intake.service.service import Service
from intake.site.render import Site
from retention.errors import BusyError
from retention.health import damaged_keys


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
        err.print(f"intake: warning: {damage}", soft_wrap=True)
    link = founding_link(service, config.address)
    if link:
        out.print("  No coordinator yet. Open this link within 24 hours to create the first one (it works once):")
        out.print(f"  {link}", soft_wrap=True)
    out.print(Text.assemble("  serving ", (config.address, "bold"), "  (stop with Ctrl-C)"))
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
