"""Runs Debian's Firefox for Playwright, and answers the one command of WebDriver BiDi that Firefox 153 lacks.

Playwright 1.65 sets the colour scheme of each context by `emulation.setMediaFeaturesOverride`, and needs an answer.
This program starts Firefox with Playwright's arguments, and relays the messages between both. Remove it once Debian's
Firefox knows that command.
"""

import asyncio
import contextlib
import json
import re
import shutil
import sys
from asyncio.subprocess import PIPE

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve

MISSING = "emulation.setMediaFeaturesOverride"
_LISTENS = re.compile(r"(WebDriver BiDi listening on )(ws://\S+)")
_ANY_SIZE = None


async def relay(playwright: ServerConnection, endpoint: str) -> None:
    """Pass messages on in both directions until one side closes."""
    assert playwright.request is not None
    async with connect(endpoint + playwright.request.path, max_size=_ANY_SIZE, ping_interval=None) as firefox:
        back = asyncio.create_task(returned(firefox, playwright))
        async for message in playwright:
            command = json.loads(message)
            if command["method"] == MISSING:
                await playwright.send(json.dumps({"type": "success", "id": command["id"], "result": {}}))
            else:
                await firefox.send(message)
        back.cancel()


async def returned(firefox: ClientConnection, playwright: ServerConnection) -> None:
    async for message in firefox:
        await playwright.send(message)
    await playwright.close()


async def main() -> int:
    program = shutil.which("firefox-esr") or shutil.which("firefox") or "firefox-esr"
    firefox = await asyncio.create_subprocess_exec(program, *sys.argv[1:], stderr=PIPE, limit=2**20)
    assert firefox.stderr is not None
    async with contextlib.AsyncExitStack() as stack:
        async for line in firefox.stderr:
            text = line.decode(errors="replace")
            if match := _LISTENS.search(text):
                endpoint = match[2]
                server = serve(
                    lambda playwright: relay(playwright, endpoint),  # noqa: B023 -- Firefox says it once
                    "127.0.0.1",
                    0,
                    max_size=_ANY_SIZE,
                    ping_interval=None,
                )
                port = next(iter((await stack.enter_async_context(server)).sockets)).getsockname()[1]
                text = text.replace(endpoint, f"ws://127.0.0.1:{port}")
            sys.stderr.write(text)
            sys.stderr.flush()
    return await firefox.wait()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
