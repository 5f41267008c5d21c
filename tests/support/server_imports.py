"""The fork server of `forked_server` imports and renders this before it forks: what every server needs and none changes."""

import copy
from dataclasses import replace
from pathlib import Path

from intake import settings
from intake.cli import main, start
from intake.settings import Settings
from intake.site.languages import SOURCE, languages
from intake.site.render import Site

languages()
_RENDERED = Site(settings.read({}))
for _address, _file in _RENDERED.files.items():
    # A page in another language is compressed at its first request, as in a server without the fork.
    if _address.startswith(("/s/", f"/{SOURCE}/")):
        _ = _file.encodings, _file.sha256


def _same_pages(config: Settings) -> Settings:
    """Return the settings without those that no page shows: the folders and the address that the server listens on."""
    nowhere = Path()
    return replace(config, data=nowhere, key_store=nowhere, key_store_mirrors=(), database_url="", port=0)


def rendered(config: Settings) -> Site:
    """Return the site of these settings. Only a site that differs from the default one is rendered."""
    if _same_pages(config) != _same_pages(_RENDERED.settings):
        return Site(config)
    site = copy.copy(_RENDERED)
    site.settings = config
    return site


__all__ = ["main", "rendered", "start"]
