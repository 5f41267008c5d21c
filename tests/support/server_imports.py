"""What the fork server of `forked_server` imports and reads before it forks: what every server needs and none changes."""

from intake.cli import main, start
from intake.site.languages import languages

languages()
__all__ = ["main", "start"]
