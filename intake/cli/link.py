"""`intake link`: a new link for the first coordinator."""

from intake import settings
from intake.cli.consoles import out
from intake.cli.errors import CommandError
from intake.cli.read_only import read_only
from intake.desk.access.enrolment import founding_link
from intake.service.service import Service


def link() -> None:
    """Print a new link for the first coordinator. Earlier ones stop working. The command fails if there is a coordinator.

    Example: intake link
    """
    config = settings.read()
    with read_only():  # refuses where there is no store, and makes none
        pass
    service = Service.open(config)
    try:
        service.guard.check_for_operator()
        new = founding_link(service, config.address)
    finally:
        service.close()
    if new is None:
        raise CommandError("the group has a coordinator, so no link was made. A coordinator adds others: intake group invite")
    out.print(new, soft_wrap=True)
