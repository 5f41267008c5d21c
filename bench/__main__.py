"""Measure ratios in one run and compare each with its limit (`make bench`). Exit with 1 if one exceeds its limit.

Times depend on the machine. The ratio of two costs on the same machine shows the cost of a change.
"""

import statistics
import sys
import time
from collections.abc import Callable

from rich.console import Console
from rich.table import Table

from bench import browser, desk, endurance, growth, hash_floods, purge, shared, store_floods, throughput, visits
from bench.running import running
from crypto import entry, receipt
from crypto.age import Identity
from crypto.encoding import CaseId, GroupId, new_id
from crypto.entry import Kind, Position, Sequence
from crypto.signing import SigningKey
from intake.service.service import utc_now
from tests.support.world import request

# Each measured ratio may not exceed its limit.
LIMITS = {
    **throughput.LIMITS,
    **visits.LIMITS,
    **shared.LIMITS,
    **endurance.LIMITS,
    **growth.LIMITS,
    "seal a request / stretch a receipt, Python": 0.25,
    "open a request / stretch a receipt, Python": 0.25,
    **browser.LIMITS,
    **purge.LIMITS,
    **desk.LIMITS,
    **hash_floods.LIMITS,
    **store_floods.LIMITS,
}


def main() -> int:
    """Measure, print, and return the exit code."""
    out = Console()
    ratios: dict[str, float] = {}
    with out.status("measuring") as status, running() as (address, process):
        ratios |= throughput.measure(address, process, status.update, out.print)
        status.update("encrypting and opening")
        python = in_python()
        chromium, first_visits, sent = browser.in_chromium(address)
    for name, took in (("Python", python), ("Chromium", chromium)):
        out.print(f"  {name}: " + ", ".join(f"{what} {ms:.2f} ms" for what, ms in took.items()))
        ratios[f"seal a request / stretch a receipt, {name}"] = took["seal"] / took["stretch"]
        ratios[f"open a request / stretch a receipt, {name}"] = took["open"] / took["stretch"]
    ratios["stretch a receipt, Chromium / Python"] = chromium["stretch"] / python["stretch"]
    ratios["stretch a receipt, WebAssembly in a worker / JavaScript"] = chromium["stretchInWebAssembly"] / chromium["stretch"]
    out.print(
        f"  sealed after the click: {sent.jit:.1f} s, without JIT {sent.jitless:.1f} s, "
        f"{sent.typed:.1f} s after typing meanwhile"
    )
    ratios |= sent.ratios
    for code, visit in first_visits.items():
        sizes = f"{visit.page} bytes of page, {visit.code} of code, {visit.keys} of keys, {visit.other} else"
        out.print(f"  first visit, {code}, 400 kbit/s, 400 ms: {sizes}")
        out.print(f"    one can type after {visit.usable:.1f} s, and it seals after {visit.sealing:.1f} s")
    ratios |= browser.ratios(first_visits)
    with out.status("whole visits") as status:
        ratios |= visits.measure(status.update, out.print)
    with out.status("PostgreSQL with two processes") as status:
        ratios |= shared.measure(status.update, out.print)
    with out.status("100,000 submissions") as status, running() as (address, process):
        ratios |= endurance.measure(address, process, status.update, out.print)
    with out.status("a store of a million cases") as status:
        ratios |= growth.measure(status.update, out.print)
    with out.status("purging") as status:
        ratios |= purge.measure(status.update, out.print)
    with out.status("a desk of 10,000 cases") as status:
        ratios |= desk.measure(status.update)
    with out.status("floods of hashes") as status:
        ratios |= hash_floods.measure(status.update, out.print)
    with out.status("floods of what is stored") as status:
        ratios |= store_floods.measure(status.update, out.print)
    table = Table("ratio", "measured", "limit", "")
    for name, limit in LIMITS.items():
        table.add_row(name, f"{ratios[name]:.3g}", f"{limit:g}", "" if ratios[name] <= limit else "PAST ITS LIMIT")
    out.print(table)
    return int(any(ratios[name] > limit for name, limit in LIMITS.items()))


def in_python() -> dict[str, float]:
    """Return milliseconds: stretch a receipt, encrypt a request to case and receipt key, open it."""
    key, for_receipt, case = Identity.generate(), Identity.generate(), CaseId(new_id())
    mac, position = entry.shared_mac_key(key, case), Position(case, Sequence.SHARED, 0)
    to_whom = entry.Recipients(case=str(key.recipient), receipt=str(for_receipt.recipient))
    content = request("x" * 500, utc_now().date(), to_whom)
    to = [key.recipient, for_receipt.recipient]

    def seal() -> bytes:
        return entry.seal(position, Kind.REQUEST, content, day="2026-11-21", previous="", recipients=to, mac_key=mac)

    file, nobody = seal(), SigningKey.generate().verifying_key
    return {
        "stretch": median(5, lambda: receipt.stretch(receipt.generate(), GroupId(new_id()))),
        "seal": median(51, seal),
        "open": median(51, lambda: entry.open_(file, position, [key], {0: mac}, lambda *_: nobody)),
    }


def median(times: int, work: Callable[[], object]) -> float:
    """Return the median duration of `work` in milliseconds."""
    took = []
    for _ in range(times):
        before = time.perf_counter()
        work()
        took.append((time.perf_counter() - before) * 1000)
    return statistics.median(took)


if __name__ == "__main__":
    sys.exit(main())
