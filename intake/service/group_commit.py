"""Group commit: one thread writes. Waiting writes share a commit, and writes of one kind share a call.

On PostgreSQL, concurrent writes have a commit of their own, because their transactions are of another kind (docs/adr/0044).

The caller gets its answer only after the write is durable. A write that fails is rolled back to a savepoint, and the others
succeed.
"""

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from intake.store.engines.engine import Database, Transaction, savepoint
from intake.store.errors import Refused, StoreError
from retention.errors import LostKeyError

I = TypeVar("I")  # noqa: E741  # an item
T = TypeVar("T")
BATCH = 256  # writes that share a commit, at most

BatchWrite = Callable[[Transaction, Sequence[I]], Sequence[T | Refused]]
"""Writes several items in one transaction, and returns the outcome of each. A refused item has written nothing."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    what: BatchWrite[Any, Any]
    item: Any
    future: "Future[Any]"
    concurrent: bool


class Writer:
    """One thread that writes to a database. Every method is thread-safe."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def put(self, what: BatchWrite[I, T], item: I, *, concurrent: bool = False) -> "Future[T]":
        """Write `item` with `what`, together with waiting items of the same `what`.

        With `concurrent`, other processes on the store may do the same at the same time, and `what` must keep its guarantees.

        The future raises the error that `what` raised or returned as `Refused`, or `StoreError` if the engine failed.
        """
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._write_all, name="writer", daemon=True)
                self._thread.start()
        future: Future[T] = Future()
        self._queue.put(_Waiting(what, item, future, concurrent and self._database.is_shared))
        return future

    def close(self) -> None:
        """Finish the writes that wait, and end the thread."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None

    def _write_all(self) -> None:
        while (first := self._queue.get()) is not None:
            batch = [first]
            while len(batch) < BATCH and not self._queue.empty():
                following = self._queue.get()
                if following is None:
                    self._queue.put(None)
                    break
                batch.append(following)
            # Skip writes whose caller has given up, because their futures would raise and end this thread.
            wanted = [waiting for waiting in batch if waiting.future.set_running_or_notify_cancel()]
            for concurrent in (True, False):
                if alike := [waiting for waiting in wanted if waiting.concurrent is concurrent]:
                    self._commit(alike, concurrent=concurrent)

    def _commit(self, batch: Sequence[_Waiting], *, concurrent: bool, again: bool = True) -> None:
        kinds: dict[BatchWrite[Any, Any], list[_Waiting]] = {}
        for waiting in batch:
            kinds.setdefault(waiting.what, []).append(waiting)

        def write(tx: Transaction) -> list[tuple[_Waiting, Any]]:
            self._database.take_turn(tx, concurrent=concurrent)
            done: list[tuple[_Waiting, Any]] = []
            for what, alike in kinds.items():
                done += zip(alike, _attempt(tx, what, [waiting.item for waiting in alike]), strict=True)
            return done

        try:
            outcomes = self._database.run(write, concurrent=concurrent)
        except Exception as error:
            for waiting in batch:
                waiting.future.set_exception(error)
            return
        for waiting, outcome in outcomes:
            if not isinstance(outcome, Refused):
                waiting.future.set_result(outcome)
            elif again and isinstance(outcome.reason, LostKeyError):
                # Another process punctured the day after this one had read its generation. Read the new one and try once more.
                self._commit([waiting], concurrent=concurrent, again=False)
            else:
                waiting.future.set_exception(outcome.reason)


def separately(tx: Transaction, items: Sequence[Callable[[Transaction], T]]) -> list[T | Refused]:
    """Run independent writes as one `BatchWrite`, each in a savepoint of its own."""
    return [outcome for item in items for outcome in _attempt(tx, lambda tx, some: [some[0](tx)], [item])]


def _attempt(tx: Transaction, what: BatchWrite[I, T], items: Sequence[I]) -> Sequence[T | Refused]:
    try:
        with savepoint(tx):
            return what(tx, items)
    except (StoreError, OSError):
        raise  # the engine failed, and with it every write of this commit
    except Exception as error:
        if len(items) == 1:
            return [Refused(error)]
    return [outcome for item in items for outcome in _attempt(tx, what, [item])]
