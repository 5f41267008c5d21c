"""Run the service with a clock that is some days ahead: `python -m tests.support.clock_ahead DAYS`."""

import datetime as dt
import sys

from intake import settings
from intake.server.app import build
from intake.server.run import serve_app
from intake.service.service import Service, utc_now
from intake.site.render import Site


def main(days: int) -> None:
    """Print a line and serve."""
    values = settings.read()
    service = Service.open(values, lambda: utc_now() + dt.timedelta(days=days))
    service.guard.confirm()
    service.job.run(service.today)
    site = Site(values)
    print("serving", flush=True)
    serve_app(build(service, site), service, site.languages)


if __name__ == "__main__":
    main(int(sys.argv[1]))
