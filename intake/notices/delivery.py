"""Sends notices at the same time, each in a thread, so that a slow service delays no other notice.

The limits:
- Notices of one member are sent one after the other.
- At most `PER_HOST` notices are being sent to one host, and at most `THREADS` in all.
- Each notice ends after `SECONDS`. A thread that name resolution blocks for longer counts until it ends, and sends nothing.
"""

import asyncio
import contextlib
import threading
from collections.abc import Collection, Sequence
from weakref import WeakValueDictionary

from intake.notices import services
from intake.notices.connection import Bounds, Dialler
from intake.notices.targets import Target

SECONDS = 10.0  # for one notice, with name resolution and answers
PER_HOST = 8
THREADS = 32
GRACE = 0.5  # seconds that a thread has to end after its time is over


class Delivery:
    """Sends the notices of one server process."""

    def __init__(self) -> None:
        self._threads = asyncio.Semaphore(THREADS)
        self._hosts: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._members: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    def is_busy(self, member: str) -> bool:
        """Return whether a notice of a member is being sent or waits."""
        turn = self._members.get(member)
        return turn is not None and turn.locked()

    async def send(self, member: str, target: Target, sentence: str, hosts: Collection[str]) -> bool:
        """Send one notice. Return False if it was not sent, whatever the reason.

        Args:
            member: the member whom the notice is for.
            target: the address.
            sentence: the text.
            hosts: hosts that the operator names; empty: any on the public internet.
        """
        # Take the thread last, so that a notice that waits for a slow host occupies no thread.
        turns = (_turn(self._members, member, 1), _turn(self._hosts, target.server.host, PER_HOST), self._threads)
        await _acquire(turns)
        loop = asyncio.get_running_loop()
        sent: asyncio.Future[bool] = loop.create_future()

        def end(outcome: bool) -> None:
            _release(turns)
            if not sent.done():
                sent.set_result(outcome)

        def run() -> None:
            outcome = _attempt(target, sentence, hosts)
            with contextlib.suppress(RuntimeError):  # the server has stopped meanwhile
                loop.call_soon_threadsafe(end, outcome)

        # A daemon thread, so that a stopping server does not wait for it.
        threading.Thread(target=run, name="notice", daemon=True).start()
        try:
            async with asyncio.timeout(SECONDS + GRACE):
                return await asyncio.shield(sent)
        except TimeoutError:
            return False


def _turn(turns: WeakValueDictionary[str, asyncio.Semaphore], name: str, many: int) -> asyncio.Semaphore:
    """Return the semaphore of a name. It is dropped once nobody holds or awaits it."""
    semaphore = turns.get(name)
    if semaphore is None:
        turns[name] = semaphore = asyncio.Semaphore(many)
    return semaphore


async def _acquire(turns: Sequence[asyncio.Semaphore]) -> None:
    taken: list[asyncio.Semaphore] = []
    try:
        for turn in turns:
            await turn.acquire()
            taken.append(turn)
    except BaseException:
        _release(taken)
        raise


def _release(turns: Sequence[asyncio.Semaphore]) -> None:
    for turn in turns:
        turn.release()


def _attempt(target: Target, sentence: str, hosts: Collection[str]) -> bool:
    try:
        services.send(target, sentence, Dialler(hosts, Bounds(SECONDS)))
    except Exception:  # a hostile service can cause any; none is shown, and none may keep a turn
        return False
    return True
