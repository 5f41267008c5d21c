"""A store that an earlier commit made, upgraded by the current code."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2 as httpx

from tests.support import forked_server
from tests.support.terminal import Terminal


@dataclass
class Upgraded:
    """A copy of an earlier commit's store, its settings, and the secrets of its people."""

    folder: Path
    environment: dict[str, str]
    record: dict[str, Any]

    @contextmanager
    def serving(self) -> Iterator[httpx.Client]:
        """Run the current server on it."""
        with forked_server.started(self.environment, line="serving") as (client, _):
            yield client

    @property
    def server(self) -> str:
        return f"http://127.0.0.1:{self.environment['INTAKE_PORT']}"

    def terminal(self, handle: str) -> Terminal:
        return Terminal(self.server, handle, self.record["people"][handle]["passphrase"])

    def intake(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run an operator's command."""
        return forked_server.intake(self.environment, *arguments)

    def case(self, part: str) -> dict[str, Any]:
        stored: dict[str, Any] = self.record["cases"][part]
        return stored


def errors_of(done: "subprocess.CompletedProcess[str]") -> list[str]:
    """Return the error lines. The first command also warns that it repaired a file which other accounts could read."""
    return [line for line in done.stderr.splitlines() if not line.startswith("intake: warning: ")]
