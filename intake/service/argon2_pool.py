"""Runs Argon2id on threads of its own, off the event loop. Each kind of work has a lane, and lanes share the threads by time.

A hash takes one core for 20 to 100 ms, and 19 or 64 MiB. More threads than cores would only use more memory. Sources take turns
in a lane, and keys take turns in a source. A flood of one kind or from one source therefore does not delay others.
"""

import asyncio
import contextlib
import os
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any, TypeVar

from intake.errors import CrowdedError
from intake.service.fair_queue import FairQueue

T = TypeVar("T")
THREADS = max(1, min(4, (os.cpu_count() or 2) - 1))  # one core stays free for everything else. 4 x 64 MiB at most
# Requests for pages have priority. On a fully loaded core, a quarter remains for receipts. On Linux each thread has its own
# priority.
NICENESS = 5
MAX_WAITING = 64 * THREADS  # hashes that may wait in one lane: about three seconds of receipts
MAX_WAITING_PER_KEY = 8 * THREADS  # hashes of one handle, member or invitation that may wait
_MAX_JOB_SECONDS = 2.0  # seconds that one job counts at most in its lane's pace, because a machine may be suspended meanwhile
_MEAN_JOBS = 8  # jobs in a lane's running mean


class Lane(StrEnum):
    """Kinds of work. Each has a queue of its own."""

    SIGN_IN = "sign-in"
    ENROLMENT = "enrolment"  # also new unlockers. The client has a session or a link
    SEND = "send"  # a request without JavaScript
    RETURN = "return"  # a receipt without JavaScript


@dataclass(slots=True)
class _Job:
    work: Callable[[], Any]
    result: "asyncio.Future[Any]"


@dataclass(slots=True)
class _LaneQueue:
    """A lane's jobs, and the thread seconds that it has used. The lane that has used the least is next."""

    jobs: FairQueue[_Job]
    used: float = 0.0
    mean: float = 0.0  # seconds of a recent job

    def count(self, seconds: float) -> None:
        """Count the time that a job has taken."""
        self.used += seconds
        self.mean += (min(seconds, _MAX_JOB_SECONDS) - self.mean) / _MEAN_JOBS


@dataclass(slots=True)
class Argon2Pool:
    """A bounded pool of threads. It is not thread-safe, so only the event loop may use it."""

    _lanes: dict[Lane, _LaneQueue] = field(init=False)
    _pool: ThreadPoolExecutor = field(init=False)
    _running: "list[Future[Any]]" = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        most_of_key = {Lane.SEND: MAX_WAITING, Lane.RETURN: MAX_WAITING}  # these have no key, only sources
        self._lanes = {lane: _LaneQueue(FairQueue(MAX_WAITING, most_of_key.get(lane, MAX_WAITING_PER_KEY))) for lane in Lane}
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="stretch", initializer=os.nice, initargs=(NICENESS,))
        for _ in range(THREADS):  # before other threads, to get another heap than the event loop (`intake.server.hardening`)
            self._pool.submit(bytearray)

    async def run(self, work: Callable[[], T], lane: Lane, source: bytes = b"", key: str = "") -> T:
        """Run `work` when its turn comes.

        Args:
            work: computes in a thread of the pool.
            lane: the kind of work.
            source: the client's network, as `LoadPricing.source` returns it.
            key: the member or handle concerned. Keys of one source take turns.

        Raises:
            CrowdedError: too many jobs wait. Nothing was computed.
        """
        job = _Job(work, asyncio.get_running_loop().create_future())
        self._join(lane, job, source, key)
        self._start()
        result: T = await job.result
        return result

    def pace(self, lane: Lane) -> float:
        """Return the seconds between two jobs of this lane on one thread: a job of this lane and of each other waiting lane."""
        others = sum(bool(waiting.jobs) for name, waiting in self._lanes.items() if name is not lane)
        return self._lanes[lane].mean * (1 + others)

    def close(self) -> None:
        """End the threads after the jobs that are running."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _join(self, lane: Lane, job: _Job, source: bytes, key: str) -> None:
        waiting = self._lanes[lane]
        if not waiting.jobs:
            # An empty lane gains no claim to the time that it does not use.
            waiting.used = max(waiting.used, min((other.used for other in self._lanes.values() if other.jobs), default=0.0))
        dropped = waiting.jobs.put(job, source, key)
        if dropped is not None and not dropped.result.done():
            dropped.result.set_exception(CrowdedError("too many clients wait for this. Nothing was changed"))

    def _start(self) -> None:
        self._running = [running for running in self._running if not running.done()]
        while len(self._running) < THREADS:
            waiting = min(
                (candidate for candidate in self._lanes.values() if candidate.jobs),
                key=lambda candidate: candidate.used,
                default=None,
            )
            if waiting is None:
                return
            job = waiting.jobs.pop()
            if job.result.done():  # the client has disconnected
                continue
            running = self._pool.submit(_timed, job.work)
            self._running.append(running)
            running.add_done_callback(partial(self._deliver, waiting, job))

    def _deliver(self, waiting: _LaneQueue, job: _Job, done: "Future[Any]") -> None:
        """Pass the outcome from the pool's thread to the event loop, unless the loop has ended."""
        with contextlib.suppress(RuntimeError):
            job.result.get_loop().call_soon_threadsafe(self._finish, done, waiting, job)

    def _finish(self, done: "Future[Any]", waiting: _LaneQueue, job: _Job) -> None:
        if not done.cancelled():
            seconds, outcome = done.result()
            waiting.count(seconds)
            if job.result.done():
                pass
            elif isinstance(outcome, Exception):
                job.result.set_exception(outcome)
            else:
                job.result.set_result(outcome)
        elif not job.result.done():
            job.result.cancel()
        self._start()


def _timed(work: Callable[[], T]) -> tuple[float, T | Exception]:
    before = time.monotonic()
    try:
        outcome: T | Exception = work()
    except Exception as error:
        outcome = error
    return time.monotonic() - before, outcome
