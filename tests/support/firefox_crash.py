"""Kill Firefox and start it again with the same profile, as a person does after a crash.

Firefox restores its tabs before Playwright has a context, so Playwright does not see them. These helpers therefore
drive the second Firefox over WebDriver BiDi.
"""

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.support.any_browser import until
from tests.support.patience import PATIENCE

# In addition to FIREFOX_PREFERENCES. This person wants the last windows restored at every start.
RESTORING: dict[str, str | float | bool] = {"browser.startup.page": 3, "toolkit.startup.max_resumed_crashes": -1}
_LISTENS = re.compile(r"WebDriver BiDi listening on (ws://\S+)")


def kill(profile: Path) -> None:
    """End the Firefox of a profile as a crash or a flat battery does: it writes nothing more."""
    (process,) = [
        int(path.parent.name)
        for path in Path("/proc").glob("[0-9]*/cmdline")
        if (arguments := _arguments(path)) and b"firefox" in Path(os.fsdecode(arguments[0])).name.encode()
        if os.fsencode(profile) in arguments and b"-contentproc" not in arguments
    ]
    os.kill(process, signal.SIGKILL)
    until(lambda: not Path(f"/proc/{process}").exists() or _state(process) == "Z", "Firefox to end")


def _arguments(path: Path) -> list[bytes]:
    try:
        return path.read_bytes().split(b"\0")
    except OSError:  # the process has ended
        return []


def _state(process: int) -> str:
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]


class Restored:
    """The tabs that Firefox has restored."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._number = 0
        self._ask("session.new", {"capabilities": {}})

    def _ask(self, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
        self._number += 1
        self._connection.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._connection.recv(timeout=60))
            if answer.get("id") == self._number:
                assert answer["type"] == "success", answer
                result: dict[str, Any] = answer["result"]
                return result

    def _tabs(self, address: str) -> list[str]:
        tree = self._ask("browsingContext.getTree", {})["contexts"]
        return [tab["context"] for tab in tree if tab["url"].startswith(address)]

    def script(self, address: str, expression: str) -> Any:
        """Return the value of a JavaScript expression in the only tab with such an address, once Firefox has restored it."""
        until(lambda: self._tabs(address), f"a restored tab of {address}", 30)
        (tab,) = self._tabs(address)
        parameters = {"expression": f"JSON.stringify({expression})", "target": {"context": tab}, "awaitPromise": True}
        result = self._ask("script.evaluate", parameters)["result"]
        return json.loads(result["value"])


@contextmanager
def started_again(profile: Path) -> Iterator[Restored]:
    """Start Firefox with an existing profile and the preferences in it."""
    program = shutil.which("firefox-esr") or shutil.which("firefox") or "firefox-esr"
    command = [program, "--headless", "--remote-debugging-port=0", "--profile", str(profile)]
    firefox = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        assert firefox.stderr is not None
        endpoint = next(match[1] for line in firefox.stderr if (match := _LISTENS.search(line)))
        with connect(f"{endpoint}/session", max_size=None) as connection:
            yield Restored(connection)
    finally:
        firefox.terminate()
        firefox.communicate(timeout=PATIENCE)
