"""Store many cases of one coordinator quickly: encrypted as real clients do, written without a request for each."""

import datetime as dt
import os
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import httpx2 as httpx

from crypto import age, entry
from crypto import case as protocol
from crypto.age import Identity, Recipient
from crypto.encoding import CaseId, MemberId, b64, new_id
from crypto.entry import Kind, Position, Status, Summary
from crypto.grant import CaseKeys
from crypto.secret import Secret
from crypto.signing import Author, SigningKey
from intake import settings
from intake.cli.member import Member
from intake.service.service import Service, utc_now
from intake.store.cases import cases, submissions
from intake.store.cases.cases import NewGrant
from intake.store.cases.submissions import Submission
from tests.support.browser import HANDLE, PASSPHRASE
from tests.support.world import request

FRESH = 10  # percent of the cases that nobody has opened yet
CHUNK = 250  # cases in one transaction
WORDS = ("milk", "bread", "rent", "ride", "clinic", "medicine", "bail", "lawyer", "company", "translation", "school", "heater")


@dataclass(frozen=True, slots=True)
class Holder:
    """The member who holds the cases and writes in them. Processes pass it to each other."""

    member: str
    seed: bytes
    head: str
    recipient: str


@dataclass(frozen=True, slots=True)
class Made:
    """An encrypted case. `desk` is its newest desk entry, empty for a case that nobody has opened."""

    submission: Submission
    desk: bytes


# The holder, the number of the first case, how many cases, and how many percent of them nobody has opened.
Job = tuple[Holder, int, int, int]


def holder_of(address: str) -> Holder:
    """Return the coordinator's keys, as the terminal client has them."""
    with httpx.Client(base_url=address, timeout=60) as client:
        me = Member.sign_in(client, HANDLE, PASSPHRASE)
        return Holder(me.id, me.ring.signing_key.seed.reveal(), me.keys.head, str(me.seats[me.id].recipient))


def fill(
    environment: dict[str, str],
    holder: Holder,
    count: int,
    *,
    fresh: int = FRESH,
    run: Callable[[Callable[[Job], list[Made]], Iterable[Job]], Iterable[list[Made]]] = map,
    today: Callable[[Service], object] = lambda service: None,
    progress: Callable[[int], None] = lambda done: None,
) -> None:
    """Encrypt with `run` and store in this process.

    Args:
        environment: the installation's settings.
        holder: who holds the cases.
        count: how many cases.
        fresh: percent of the cases that nobody has opened yet.
        run: encrypts the chunks. A process pool's `map` uses every core.
        today: begins the day, if no server has done that.
        progress: called with the number of cases that are stored.
    """
    service = Service.open(settings.read(environment))
    try:
        today(service)
        jobs = [(holder, start, min(CHUNK, count - start), fresh) for start in range(0, count, CHUNK)]
        done = 0
        for chunk in run(seal_some, jobs):
            store(service, chunk)
            done += len(chunk)
            progress(done)
    finally:
        service.close()


def store(service: Service, chunk: Sequence[Made]) -> None:
    """Store cases in one transaction."""
    with service.database.transaction() as tx:
        for item in chunk:
            submissions.submit(tx, service.row_keys, [item.submission], service.today)
            if item.desk:
                location = cases.find(tx, item.submission.case, service.today).location
                cases.add_entry(tx, service.row_keys, location, entry.Sequence.DESK, 0, item.desk, for_requester=False)


def seal_some(job: Job) -> list[Made]:
    """Make several cases."""
    holder, start, count, fresh = job
    return [seal(holder, number, is_opened=number % 100 >= fresh) for number in range(start, start + count)]


def seal(holder: Holder, number: int, *, is_opened: bool) -> Made:
    """Make a case as a requester's and a coordinator's clients would leave it."""
    draw = random.Random(number)
    today, case = utc_now().date(), CaseId(new_id())
    expires = today + dt.timedelta(days=3 + number % 27)
    words = f"case {number}: " + " ".join(draw.choice(WORDS) for _ in range(30))
    desk_key, for_receipt = Identity.generate(), Identity.generate()
    author = Author(MemberId(holder.member), SigningKey(Secret(holder.seed)), holder.head)
    seats: list[tuple[str, Recipient]] = [(holder.member, Recipient.parse(holder.recipient))]
    new = protocol.seal_new(case, lambda to: request(words, expires, to), for_receipt.recipient, seats, today.isoformat())
    granted = new.grants[0].file
    if is_opened:
        granted = protocol.seal_grants(case, CaseKeys((new.case_key,), (desk_key,)), seats, author)[0].file
    submission = Submission(
        case=case,
        lookup=b64(os.urandom(32)),
        expires=expires.isoformat(),
        request=new.request,
        for_requester=True,
        receipt_grant=age.encrypt(bytes(1024), [for_receipt.recipient]),
        grants=(NewGrant(holder.member, new.grants[0].epoch, granted),),
        sealed_by="browser",
    )
    return Made(submission, desk_entry(case, desk_key, words, expires.isoformat(), author, draw) if is_opened else b"")


def desk_entry(case: CaseId, desk_key: Identity, words: str, expires: str, author: Author, draw: random.Random) -> bytes:
    """Encrypt the status entry that the desk shows in its list of cases."""
    summary = Summary(
        arrived=utc_now().date().isoformat(),
        name="",
        kinds=[draw.choice(("groceries", "ride", "rent"))],
        line=words[:400],
        language=draw.choice(("ar", "hi", "en")),
        direction="need",
        deletion=expires,
        area=draw.choice(("north", "south")),
        urgency="",
        contact="",
    )
    content = Status(status=draw.choice(("in-progress", "ongoing", "call-back")), summary=summary)
    return entry.seal(
        Position(case, entry.Sequence.DESK, 0),
        Kind.STATUS,
        content,
        day=utc_now().date().isoformat(),
        previous="",
        recipients=[desk_key.recipient],
        mac_key=entry.desk_mac_key(desk_key, case),
        author=author,
    )
