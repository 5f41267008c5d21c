"""Reports whether deletions are on time, for schedulers and monitors."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from crypto import certificate
from retention import clock
from retention.errors import LostKeyError, RetentionError
from retention.key_stores.file import FileKeyStore
from retention.matching import required_keys
from retention.ports import KeyStore, RetentionStore
from retention.run import CLEAN, HELD


@dataclass(frozen=True, slots=True)
class Health:
    """The state of deletion.

    Attributes:
        last_run: the day of the last run, if any.
        last_scrub: what the last certificate says is left, or `clean`.
        coming: the number of stored cases by expiry day.
        oldest: the oldest expired day that is not deleted yet, if any.
        keys: the number of deletion keys by kind of purpose.
        overdue: why an operator must act. Empty if all is well.
    """

    last_run: str | None
    last_scrub: str
    coming: Mapping[str, int]
    oldest: str | None
    keys: Mapping[str, int]
    overdue: Sequence[str]


def assess(key_store: KeyStore, store: RetentionStore, today: dt.date) -> Health:
    """Read the state and change nothing. A store or key store that cannot be read counts as overdue."""
    try:
        return _assess(key_store, store, today)
    except RetentionError as error:
        return Health(None, "", {}, None, {}, (str(error),))


def damaged_keys(key_store: KeyStore) -> Iterator[str]:
    """Yield a message for each deletion key that exists and cannot be read. Its cases are unreadable until a copy replaces it.

    Reads every key. For the start of a server and for the command line, never for requests over the network.

    Raises:
        KeyStoreError: the list of keys cannot be read.
    """
    for purpose, generation in sorted(key_store.existing()):
        try:
            key_store.key(purpose, generation)
        except LostKeyError:  # destroyed just now
            continue
        except RetentionError as error:
            yield str(error)


def folder_problems(folder: FileKeyStore, store: RetentionStore, today: dt.date) -> list[str]:
    """Return a message for each problem of one folder of deletion keys."""
    try:
        bound = folder.bound_to()
        if bound is None:
            return ["it does not belong to a store. Is its disk mounted?"]
        if bound != store.store_id:
            return [f"it holds the deletion keys of store {bound}, not of store {store.store_id}"]
        existing = set(folder.existing())
        required = required_keys(store, today)
        # Read twice: a day that is punctured meanwhile gets a new key and loses the old one.
        missing = required.items() - existing and required_keys(store, today).items() - set(folder.existing())
        problems = [f"it lacks {len(missing)} of the {len(required)} deletion keys that the store needs"] if missing else []
        if links := folder.linked():
            problems.append(f"{links} of its deletion keys have more than one name (hard links). Find out what copies them")
    except RetentionError as error:
        return [str(error)]
    return problems


def _assess(key_store: KeyStore, store: RetentionStore, today: dt.date) -> Health:
    last, text, counts = store.last_run(), store.last_certificate(), store.counts()
    scrub = certificate.read(text).scrub if text is not None else ""
    since = _left_since(store) if scrub not in ("", CLEAN, HELD) else None
    existing = key_store.existing()
    expired = {record.day for record in store.days() if record.day <= today.isoformat()}
    expired |= {
        purpose.split()[1] for purpose, _ in existing if purpose.startswith("day ") and purpose.split()[1] <= today.isoformat()
    }
    oldest = min(expired, default=None)
    keys: dict[str, int] = {}
    for purpose, _ in existing:
        keys[purpose.split()[0]] = keys.get(purpose.split()[0], 0) + 1
    return Health(
        last_run=last,
        last_scrub=scrub,
        coming={day: count for day, count in counts.items() if day > today.isoformat()},
        oldest=oldest,
        keys=dict(sorted(keys.items())),
        overdue=(*_clock(store, today), *_overdue(last, scrub, since, oldest, today)),
    )


def _clock(store: RetentionStore, today: dt.date) -> list[str]:
    why = clock.contradiction(today, store.known_days())
    return [f"{why}. {clock.remedy(today)}"] if why is not None else []


def _left_since(store: RetentionStore) -> str | None:
    """Return the day of the first run of those up to now that all left something."""
    since = None
    for text, _ in reversed(store.certificates()):
        run = certificate.read(text)
        if run.scrub in (CLEAN, HELD):
            break
        since = run.day
    return since


def _overdue(last: str | None, scrub: str, since: str | None, oldest: str | None, today: dt.date) -> list[str]:
    # A day expires at its midnight UTC, so from the following midnight on it is 24 hours late.
    yesterday = (today - dt.timedelta(days=1)).isoformat()
    messages = []
    if oldest is not None and oldest <= yesterday:
        messages.append(f"{oldest} should have been deleted and is not")
    if last is not None and last < yesterday:
        messages.append(f"the last deletion run was on {last}")
    # A run of yesterday that left something is a day late only once today's run has left it too.
    if since is not None and (since < yesterday or (since == yesterday and last == today.isoformat())):
        messages.append(f"each deletion run since {since} left something: {scrub}")
    return messages
