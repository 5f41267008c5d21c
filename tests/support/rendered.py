"""The site of the default settings, rendered once in a process."""

from functools import cache

from intake import settings
from intake.settings import Settings
from intake.site.public_settings import publish
from intake.site.render import Site


@cache
def rendered() -> Site:
    return Site(settings.read({}))


def rendered_for(config: Settings) -> Site:
    """Return the site of these settings. Only a site that differs from the default one is rendered."""
    return rendered() if publish(config) == rendered().settings else Site(config)
