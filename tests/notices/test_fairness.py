"""One slow service, member or name server delays nobody else's notices."""

import asyncio
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from intake.notices import delivery, services
from intake.notices.delivery import Delivery
from intake.notices.kinds import KINDS
from intake.notices.parser import parse
from intake.notices.targets import Target
from tests.support.patience import PATIENCE
from tests.support.services import Service, always, dripping, listening, silent

HOSTS = ("127.0.0.1", "localhost", "stuck.example")
SLOW, QUICK = "127.0.0.1", "localhost"  # two names of this machine: a service is counted by the host that its address names


def at(service: Service, host: str) -> Target:
    return parse(f"ntfy://{host}:{service.port}/t", tuple(KINDS), HOSTS)


async def timed(sent: Awaitable[bool]) -> tuple[bool, float]:
    began = time.monotonic()
    return await sent, time.monotonic() - began


async def give_up(tasks: list[asyncio.Task[bool]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def reached(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds, and then a moment longer for what must not happen."""
    until = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < until:
        await asyncio.sleep(0.1)
    await asyncio.sleep(0.3)


@pytest.mark.parametrize("talk", [silent, dripping])
async def test_a_slow_service_of_more_members_than_there_are_threads_delays_no_other_service(talk: Callable[..., None]) -> None:
    with listening(talk) as slow, listening(always()) as quick:
        sender = Delivery()
        many = range(2 * delivery.THREADS)
        waiting = [asyncio.create_task(sender.send(f"m{number}", at(slow, SLOW), "x", HOSTS)) for number in many]
        await reached(lambda: slow.connections >= delivery.PER_HOST)
        assert slow.connections == delivery.PER_HOST
        for _ in range(5):
            sent, seconds = await timed(sender.send("other", at(quick, QUICK), "x", HOSTS))
            assert sent
            assert seconds < delivery.SECONDS / 4
        await give_up(waiting)


async def test_a_member_with_slow_services_holds_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "THREADS", 2)

    with listening(silent) as slow, listening(always()) as quick:
        sender = Delivery()
        waiting = [asyncio.create_task(sender.send("hostile", at(slow, SLOW), "x", HOSTS)) for _ in range(8)]
        await reached(lambda: slow.connections >= 1)
        assert slow.connections == 1
        assert sender.is_busy("hostile")
        sent, seconds = await timed(sender.send("other", at(quick, QUICK), "x", HOSTS))
        assert sent
        assert seconds < delivery.SECONDS / 4
        assert not sender.is_busy("other")
        await give_up(waiting)


async def test_notices_to_a_slow_service_end_by_themselves_and_give_their_turns_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "SECONDS", 0.5)
    monkeypatch.setattr(delivery, "THREADS", 1)

    with listening(dripping) as slow, listening(always()) as quick:
        sender = Delivery()
        for _ in range(2):
            sent, seconds = await timed(sender.send("hostile", at(slow, SLOW), "x", HOSTS))
            assert not sent
            assert seconds < 3
        assert await sender.send("other", at(quick, QUICK), "x", HOSTS)
        assert not sender.is_busy("hostile")


async def test_a_name_server_that_does_not_answer_holds_one_member_and_sends_nothing_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(delivery, "SECONDS", 0.5)
    answered, whole = threading.Event(), socket.getaddrinfo

    def resolve(host: str, *more: Any, **named: Any) -> Any:
        if host == "stuck.example":
            answered.wait(PATIENCE)
            return whole("127.0.0.1", *more, **named)
        return whole(host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)

    with listening(always()) as slow, listening(always()) as quick:
        sender = Delivery()
        sent, seconds = await timed(sender.send("hostile", at(slow, "stuck.example"), "x", HOSTS))
        assert not sent
        assert seconds < 3
        assert sender.is_busy("hostile")  # its thread still waits for the resolver and counts as busy
        assert await sender.send("other", at(quick, QUICK), "x", HOSTS)
        answered.set()
        until = time.monotonic() + PATIENCE
        while sender.is_busy("hostile") and time.monotonic() < until:
            await asyncio.sleep(0.02)
        assert not sender.is_busy("hostile")
        assert slow.connections == 0


async def test_a_notice_that_is_given_up_while_it_waits_gives_its_turns_back() -> None:
    with listening(silent) as slow, listening(always()) as quick:
        sender = Delivery()
        first = asyncio.create_task(sender.send("ana", at(slow, SLOW), "x", HOSTS))
        second = asyncio.create_task(sender.send("ana", at(quick, QUICK), "x", HOSTS))
        await asyncio.sleep(0.2)
        await give_up([second])
        await give_up([first])
        sent, _ = await timed(sender.send("ben", at(quick, QUICK), "x", HOSTS))
        assert sent
        assert quick.connections == 1


async def test_a_failure_that_nobody_foresaw_is_a_notice_that_was_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise KeyError("127.0.0.1")

    monkeypatch.setattr(services, "send", fail)

    with listening(always()) as quick:
        assert not await Delivery().send("ana", at(quick, QUICK), "x", HOSTS)
