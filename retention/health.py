"""Whether deletion keeps its promise right now: what is overdue, what a scheduler or a watchman must be told."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from crypto import certificate
from retention import clock
from retention.days import committed_to_stay
from retention.errors import LostKeyError, RetentionError
from retention.key_stores.file import FileKeyStore
from retention.ports import KeyStore, RetentionStore
from retention.run import CLEAN


@dataclass(frozen=True, slots=True)
class Health:
    """What is known without changing anything.

    Attributes:
        coming: live cases by the day they go.
        oldest: the oldest day that has come and is not purged yet, if any.
        keys: lock keys that live, by what they are for.
        overdue: why a watchman must act; empty when all is well.
    """

    last_run: str | None
    last_scrub: str
    coming: Mapping[str, int]
    oldest: str | None
    keys: Mapping[str, int]
    overdue: Sequence[str]


def look(key_store: KeyStore, store: RetentionStore, today: dt.date) -> Health:
    """Look, and change nothing; a keeper or store that cannot be read is overdue by itself."""
    try:
        return _look(key_store, store, today)
    except RetentionError as error:
        return Health(None, "", {}, None, {}, (str(error),))


def damaged(key_store: KeyStore) -> Iterator[str]:
    """Lock keys that are there and cannot be read: what lies under them cannot either, until a copy is put back.

    Reads each: for a start and for whoever asks at a terminal, not for whoever asks over the network.

    Raises:
        KeyStoreError: the keeper itself cannot be read.
    """
    for purpose, generation in sorted(key_store.living()):
        try:
            key_store.key(purpose, generation)
        except LostKeyError:  # destroyed just now
            continue
        except RetentionError as error:
            yield str(error)


def incomplete(folder: FileKeyStore, store: RetentionStore, today: dt.date) -> list[str]:
    """What is wrong with one folder of lock keys, as the store sees it."""
    try:
        bound = folder.bound_to()
        if bound is None:
            return ["it belongs to no store: is its disk mounted?"]
        if bound != store.store_id:
            return [f"it holds the lock keys of store {bound}, not of {store.store_id}"]
        living = set(folder.living())
        named = committed_to_stay(store, today)
        # Looked at twice: what is punctured meanwhile has a new key, and the old one is gone.
        lacking = named.items() - living and committed_to_stay(store, today).items() - set(folder.living())
        told = [f"it lacks {len(lacking)} of the {len(named)} lock keys that the store names"] if lacking else []
        if links := folder.linked():
            told.append(f"{links} of its lock keys have more than one name (hard links): look for what copies this folder")
    except RetentionError as error:
        return [str(error)]
    return told


def _look(key_store: KeyStore, store: RetentionStore, today: dt.date) -> Health:
    last, text, counts = store.last_run(), store.last_certificate(), store.counts()
    scrub = certificate.read(text).scrub if text is not None else ""
    living = key_store.living()
    come = {record.day for record in store.days() if record.day <= today.isoformat()}
    come |= {
        purpose.split()[1] for purpose, _ in living if purpose.startswith("day ") and purpose.split()[1] <= today.isoformat()
    }
    oldest = min(come, default=None)
    keys: dict[str, int] = {}
    for purpose, _ in living:
        keys[purpose.split()[0]] = keys.get(purpose.split()[0], 0) + 1
    return Health(
        last_run=last,
        last_scrub=scrub,
        coming={day: count for day, count in counts.items() if day > today.isoformat()},
        oldest=oldest,
        keys=dict(sorted(keys.items())),
        overdue=(*_clock(store, today), *_overdue(last, scrub, oldest, today)),
    )


def _clock(store: RetentionStore, today: dt.date) -> list[str]:
    why = clock.contradiction(today, store.known_days())
    return [f"{why}. {clock.REMEDY}"] if why is not None else []


def _overdue(last: str | None, scrub: str, oldest: str | None, today: dt.date) -> list[str]:
    # A day goes at its midnight: from the next one on it is 24 hours late.
    yesterday = (today - dt.timedelta(days=1)).isoformat()
    found = []
    if oldest is not None and oldest <= yesterday:
        found.append(f"{oldest} should have been purged and is not")
    if last is not None and last < yesterday:
        found.append(f"the last run was on {last}")
    if scrub not in ("", CLEAN) and last is not None and last <= yesterday:
        found.append(f"the last run left something: {scrub}")
    return found
