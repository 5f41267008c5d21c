"""The fork server of `forked_server` imports and renders this before it forks: what every server needs and none changes."""

import gc

from intake.cli import main, start
from intake.cli.commands import Commands
from intake.site import assets
from intake.site.languages import SOURCE, languages
from tests.support import shared_tls
from tests.support.rendered import rendered, rendered_for

list(Commands().values())  # imports the module of each command
languages()
shared_tls.use()
assets.BROTLI = ((0, 4),)  # no test measures what a fork sends
for _address, _file in rendered().files.items():
    # A page in another language is compressed at its first request, as in a server without the fork.
    if _address.startswith(("/s/", f"/{SOURCE}/")):
        _ = _file.encodings, _file.sha256
gc.collect()
gc.freeze()  # a fork's garbage collection would otherwise copy every page of this process's memory

__all__ = ["main", "rendered_for", "start"]
