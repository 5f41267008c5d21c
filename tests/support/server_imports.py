"""The fork server of `forked_server` imports and renders this before it forks: what every server needs and none changes."""

from intake import settings
from intake.cli import main, start
from intake.cli.commands import Commands
from intake.settings import Settings
from intake.site.languages import SOURCE, languages
from intake.site.public_settings import publish
from intake.site.render import Site

list(Commands().values())  # imports the module of each command
languages()
_RENDERED = Site(settings.read({}))
for _address, _file in _RENDERED.files.items():
    # A page in another language is compressed at its first request, as in a server without the fork.
    if _address.startswith(("/s/", f"/{SOURCE}/")):
        _ = _file.encodings, _file.sha256


def rendered(config: Settings) -> Site:
    """Return the site of these settings. Only a site that differs from the default one is rendered."""
    return _RENDERED if publish(config) == _RENDERED.settings else Site(config)


__all__ = ["main", "rendered", "start"]
