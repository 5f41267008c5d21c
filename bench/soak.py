"""Measure a server's memory under mixed load for some minutes (`make soak`, `python -m bench.soak MINUTES`).

The load is an ordinary day's, as fast as the machine allows: requests from browsers and without JavaScript, returns,
withdrawals, wrong bodies and pages. The first fifth warms up. Exit code 1 if memory grew by more than `MAX_GROWTH` from the
second fifth to the last. The desk and the deletion run have tests of their own.
"""

import asyncio
import json
import random
import sys
import time
from collections import Counter
from urllib.parse import urlencode

import httpx2 as httpx

from bench.running import running
from crypto import receipt
from crypto.encoding import new_id
from intake.service.service import utc_now
from tests.support import requester
from tests.support.processes import resident

CLIENTS = 16
MAX_GROWTH = 16 * 2**20  # bytes by which an allocator's use may differ between two measurements
LOOK = 5.0  # seconds between looks at the memory
MIB = 2**20
# The relative frequency of each kind.
WHAT = {"sent": 30, "sent without JavaScript": 4, "returned": 20, "withdrawn": 10, "wrong": 20, "looked": 40}
PAGES = ("/en/", "/ar/", "/healthz/retention", "/api/form/keylist", "/nowhere")


async def soak(address: str, process: int, minutes: float) -> int:
    """Load the server, watch it, and return the bytes by which it grew after warming up."""
    done: Counter[str] = Counter()
    over = asyncio.Event()
    async with httpx.AsyncClient(base_url=address, timeout=60, limits=httpx.Limits(max_connections=CLIENTS)) as client:
        like = await requester.seal(client, "x" * 500, utc_now().date())
        clients = [asyncio.create_task(_person(client, like, done, over)) for _ in range(CLIENTS)]
        looks: list[tuple[float, int]] = []
        start = time.monotonic()
        while (now := time.monotonic() - start) < minutes * 60:
            looks.append((now, resident(process)))
            line = f"{now:.0f} s, {looks[-1][1] / MIB:.0f} MiB, " + ", ".join(f"{n} {what}" for what, n in done.items())
            print(f"\r  {line}", end="", file=sys.stderr, flush=True)
            await asyncio.sleep(LOOK)
        over.set()
        await asyncio.gather(*clients)
    print(file=sys.stderr)
    warm = [size for at, size in looks if minutes * 12 <= at < minutes * 24]  # the second fifth
    last = [size for at, size in looks if at >= minutes * 48]  # the last
    before, after = sum(warm) / len(warm), sum(last) / len(last)
    print(f"{minutes:g} minutes: " + ", ".join(f"{n} {what}" for what, n in sorted(done.items())))
    print(f"memory: {before / MIB:.1f} MiB in the second fifth, {after / MIB:.1f} MiB in the last, at most "
          f"{max(size for _, size in looks) / MIB:.1f} MiB (limit: {MAX_GROWTH / MIB:.0f} MiB more)")  # fmt: skip
    return round(after - before)


async def _ticket(client: httpx.AsyncClient) -> str:
    page = await client.post("/nojs/en/", data={"step": "begin", "form": "need"})
    return page.text.split('name="ticket" value="')[1].split('"')[0]


async def _person(client: httpx.AsyncClient, like: requester.Sealed, done: Counter[str], over: asyncio.Event) -> None:
    chance, own = random.Random(), list[requester.Sealed]()
    while not over.is_set():
        (what,) = chance.choices(list(WHAT), list(WHAT.values()))
        if what in ("returned", "withdrawn") and len(own) < 2:
            what = "looked"
        match what:
            case "sent":
                sealed = await requester.copy(client, like)
                answer = await requester.submit(client, sealed.body)
                own.append(sealed)
                wanted = {201}
            case "sent without JavaScript":
                kind = {"content-type": "application/x-www-form-urlencoded"}
                ticket = await _ticket(client)  # each is valid once
                await asyncio.sleep(2.1)  # a person's pace
                fields = {"form": "need", "q-words": "milk", "days": "7", "ticket": ticket, "case": new_id()}
                body = urlencode({**fields, "code": receipt.generate()})
                answer = await client.post("/nojs/en/send/", content=body, headers=kind)
                wanted = {200, 503}  # at the limit the page asks the person to wait
            case "returned":
                answer = await client.post("/api/form/return", json={"token": chance.choice(own).token})
                wanted = {200}
            case "withdrawn":
                answer = await client.post("/api/form/withdraw", json={"token": own.pop().token})
                wanted = {200}
            case "wrong":
                body = json.dumps({"case": "x" * chance.randrange(2000), "more": [1] * chance.randrange(500)}) + "\n"
                answer = await client.post("/api/form/cases", content=body, headers={"content-type": requester.PARCEL})
                wanted = {400, 413}
            case _:
                answer = await client.get(chance.choice(PAGES))
                wanted = {200, 404}
        assert answer.status_code in wanted, (what, answer.status_code, answer.text[:200])
        done[what] += 1


def main(minutes: float) -> int:
    """Run the load, and return 1 if memory grew."""
    with running() as (address, process):
        return int(asyncio.run(soak(address, process, minutes)) > MAX_GROWTH)


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1])))
