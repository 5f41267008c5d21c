"""What happens to the machines while people send and withdraw, and what is then stored."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus

import httpx2 as httpx

from tests.cluster.database import TTL, wait_until
from tests.cluster.installation import KEPT_BY_A_REPLICA, Installation
from tests.cluster.lan import Machine
from tests.cluster.people import Told, people
from tests.support import proxies

LIMIT = TTL + 5.0  # seconds without an acknowledged request
PATIENCE = 90.0  # seconds until requests are acknowledged again, before the run is given up
MORE = 8  # acknowledged requests before and after each fault
FROZEN = 15.0  # seconds. A stalled transaction loses its turn after ten

CASES = """
SELECT c.id FROM cases AS c WHERE EXISTS (SELECT FROM entries AS e WHERE e.day = c.day AND e.case_id = c.id)
AND EXISTS (SELECT FROM grants AS g WHERE g.day = c.day AND g.case_id = c.id)
"""
NOT_DESTROYED = "SELECT day FROM punctures UNION ALL SELECT day FROM undropped_roots"
Fault = Callable[["Run"], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Row:
    """The result of one scenario."""

    scenario: str
    acknowledged: int
    stored: int
    longest_gap: float  # seconds, from the fault on
    usual_gap: float  # seconds: the longest before the fault
    internal_errors: int  # answers 500
    unavailable: int  # answers 502, 503 and 504, and connections without an answer
    withdrawn: int
    confirmed: int  # withdrawals whose answer said that the key is destroyed everywhere
    destroyed: int  # withdrawals of which nothing is left on any member, and whose keys no server holds

    @property
    def lost(self) -> int:
        """How many acknowledged requests are not stored on every member."""
        return self.acknowledged - self.withdrawn - self.stored

    def wrong(self) -> list[str]:
        """Return what is not as it must be."""
        wrong = {
            f"{self.lost} acknowledged requests are lost": self.lost,
            f"{self.longest_gap:.1f} s without an acknowledged request, more than {LIMIT:.0f}": self.longest_gap > LIMIT,
            f"{self.internal_errors} answers 500": self.internal_errors,
            f"{self.withdrawn - self.destroyed} withdrawals are not destroyed": self.withdrawn != self.destroyed,
            "nothing was acknowledged or withdrawn": not (self.acknowledged and self.withdrawn),
        }
        return [f"{self.scenario}: {words}" for words, holds in wrong.items() if holds]


class Run:
    """One scenario: the people, and what they were told."""

    def __init__(self, whole: Installation) -> None:
        self.whole, self.told = whole, Told()
        self.away: list[Machine] = []  # members of the database that are not in the cluster

    async def more(self) -> None:
        """Wait until more requests are acknowledged."""
        wanted, until = len(self.told.moments) + MORE, time.monotonic() + PATIENCE
        while len(self.told.moments) < wanted:
            if time.monotonic() > until:
                raise TimeoutError(f"nothing is acknowledged any more: {dict(self.told.answers)}")
            await asyncio.sleep(0.1)

    async def leader(self) -> Machine:
        """Return the machine of the database's leader."""
        leader = await asyncio.to_thread(self.whole.database.leader)
        assert leader
        return leader


async def leader_is_killed(run: Run) -> None:
    """Kill Patroni and PostgreSQL of the leader. They stay dead until the next scenario."""
    run.away = [await run.leader()]
    for name in ("patroni", "postgres"):
        run.away[0].signal(signal.SIGKILL, name)


async def killed_leader_returns(run: Run) -> None:
    for machine in run.whole.database.machines:
        if not machine.runs("patroni"):
            run.whole.database.start_patroni(machine)
    await asyncio.to_thread(run.whole.database.wait_until_whole)


async def leaders_machine_vanishes(run: Run) -> None:
    """Take the link of the leader's machine down."""
    run.away = [await run.leader()]
    run.away[0].disconnect()


async def vanished_machine_returns(run: Run) -> None:
    for machine in run.whole.database.machines:
        machine.connect()
    await asyncio.to_thread(run.whole.database.wait_until_whole)


async def server_freezes(run: Run) -> None:
    """Stop a server in the middle of its requests, and continue it later."""
    server = run.whole.servers[0]
    server.signal(signal.SIGSTOP)
    await asyncio.sleep(FROZEN)
    server.signal(signal.SIGCONT)


async def server_is_killed(run: Run) -> None:
    """Kill a server and start it again."""
    server = run.whole.servers[0]
    server.signal(signal.SIGKILL)
    await run.more()
    run.whole.start_server(server)
    await asyncio.to_thread(run.whole.wait_until_whole)


SCENARIOS: dict[str, Fault] = {
    "The leader's PostgreSQL and Patroni are killed with -9": leader_is_killed,
    "The killed leader returns": killed_leader_returns,
    "The leader's machine vanishes: link down": leaders_machine_vanishes,
    "The vanished leader returns: link up": vanished_machine_returns,
    f"A server freezes for {FROZEN:.0f} s": server_freezes,
    "A server is killed with -9 and starts again": server_is_killed,
}


async def row(whole: Installation, scenario: str, fault: Fault) -> Row:
    """Let people send and withdraw, let the fault happen, and look at what is stored."""
    run, over = Run(whole), asyncio.Event()
    task = asyncio.create_task(people(whole.address, over, run.told))
    try:
        await run.more()
        begun = time.monotonic()
        usual = run.told.longest_gap(run.told.moments[0], begun)
        await fault(run)
        await run.more()
        ended = time.monotonic()
    finally:
        over.set()
        await asyncio.wait_for(task, PATIENCE)
    return await asyncio.to_thread(_result, scenario, run, usual, run.told.longest_gap(begun, ended))


def _result(scenario: str, run: Run, usual_gap: float, longest_gap: float) -> Row:
    whole, told = run.whole, run.told
    members = [machine for machine in whole.database.machines if machine not in run.away]
    kept = told.stored.keys() - told.withdrawn.keys()
    wait_until("every server takes requests", whole.are_ready)
    code = whole.intake(whole.purge, "intake_nightly", "retention", "run").returncode
    assert code in (0, KEPT_BY_A_REPLICA), f"the deletion run ended with {code}"

    def on_all() -> set[str]:
        return set[str].intersection(*(set(whole.database.ask(member, CASES)) for member in members))

    def on_any() -> set[str]:
        return set[str].union(*(set(whole.database.ask(member, "SELECT id FROM cases")) for member in members))

    with contextlib.suppress(TimeoutError):  # a standby replays a moment later
        wait_until("every member has what was acknowledged", lambda: kept <= on_all(), 10)
    open_keys = {day for member in members for day in whole.database.ask(member, NOT_DESTROYED)}
    gone = told.withdrawn.keys() - on_any() if not open_keys else set()
    for server in whole.servers:
        with httpx.Client(base_url=f"http://{server.address}:8000", headers={"Host": proxies.NAME}, timeout=30) as direct:
            answers = {
                case: direct.post("/api/form/return", json={"token": sealed.token}).status_code
                for case, sealed in told.stored.items()
            }
        gone = {case for case in gone if answers[case] == HTTPStatus.NOT_FOUND}
        kept = {case for case in kept if answers[case] == HTTPStatus.OK}
    unavailable = sum(told.answers[status] for status in (0, 502, 503, 504))
    return Row(
        scenario=scenario,
        acknowledged=len(told.stored),
        stored=len(kept & on_all()),
        longest_gap=longest_gap,
        usual_gap=usual_gap,
        internal_errors=told.answers[HTTPStatus.INTERNAL_SERVER_ERROR],
        unavailable=unavailable,
        withdrawn=len(told.withdrawn),
        confirmed=sum(told.withdrawn.values()),
        destroyed=len(gone),
    )
