"""What a comparison of a live site found, in words."""

from collections import defaultdict
from dataclasses import dataclass, field

from intake.cli.escape import escape
from intake.cli.live_site import Answer

EVERYBODY = "everybody"
SHOWN = 20  # differences in the report for people
_LINE = 160  # characters of a line of a page in the report
# Headers that make a browser do something. A site that adds one of them is not the release's.
_ACTS = {
    "accept-ch", "access-control-allow-credentials", "access-control-allow-origin", "clear-site-data", "content-disposition",
    "content-security-policy-report-only", "critical-ch", "document-policy", "integrity-policy", "link", "location", "nel",
    "origin-agent-cluster", "refresh", "report-to", "reporting-endpoints", "service-worker-allowed", "set-cookie", "sourcemap",
    "speculation-rules", "supports-loading-mode", "use-as-dictionary", "www-authenticate", "x-dns-prefetch-control",
    "x-sourcemap",
}  # fmt: skip
# Headers of servers and proxies that change nothing for a reader.
_PASSIVE = {
    "accept-ranges", "age", "alt-svc", "connection", "content-encoding", "content-length", "date", "etag", "keep-alive",
    "last-modified", "server", "transfer-encoding", "vary", "via",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Expected:
    """An answer as this release gives it. An empty `location` means none, and a `body` of None is not compared."""

    status: int
    headers: dict[str, str]
    body: bytes | None
    location: str = ""


@dataclass
class Report:
    """The result. `differences` maps an address and what is wrong with it to the visitors for whom it is."""

    address: str
    version: str
    differences: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    unanswered: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    answers: int = 0
    asked_as: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def differs(self, address: str, words: str, visitor: str = EVERYBODY) -> None:
        """Add a difference."""
        self.differences[address, words].append(visitor)

    def note(self, words: str) -> None:
        """Add a note, once."""
        if words not in self.notes:
            self.notes.append(words)

    def compare(self, address: str, answer: Answer, expected: Expected, visitor: str, *, secure: bool) -> None:
        """Compare an answer with what this release answers."""
        self.answers += 1
        self.asked_as[address].add(visitor)
        if answer.status != expected.status:
            to = answer.headers.get("location", "")
            words = f"answers {answer.status}" + (f" and sends people to {escape(to[:_LINE])}" if to else "")
            self.differs(address, f"{words} instead of {expected.status}", visitor)
            return
        for words in (*self._headers(answer, expected, secure=secure), *_body(answer.body, expected.body)):
            self.differs(address, words, visitor)

    def _headers(self, answer: Answer, expected: Expected, *, secure: bool) -> list[str]:
        found, wanted = answer.headers, dict(expected.headers)
        if not secure and "strict-transport-security" not in found:
            wanted.pop("strict-transport-security")
        if expected.location:
            wanted["location"] = expected.location
        words = []
        for name, value in wanted.items():
            present = found.get_list(name)
            if not present:
                words.append(f"header {name} is missing. The release sends: {_cut(value)}")
            elif present != [value]:
                words.append(f"header {name} is {_cut(_changed(', '.join(present), value))}. The release sends: "
                             f"{_cut(_changed(value, ', '.join(present)))}")  # fmt: skip
        for name in sorted({name.lower() for name in found} - wanted.keys() - _PASSIVE):
            if name in _ACTS:
                words.append(f"header {escape(name)} is added: {_cut(found[name])}")
            else:
                self.note(f"The site adds a header that the release does not send, and that browsers ignore: {_cut(name)}")
        return words

    def as_json(self) -> dict[str, object]:
        """Return the report for scripts."""
        return {
            "site": self.address,
            "version": self.version,
            "equal": not self.differences and not self.unanswered,
            "answers": self.answers,
            "differences": [
                {"address": address, "what": words, "visitors": visitors}
                for (address, words), visitors in sorted(self.differences.items())
            ],
            "unanswered": self.unanswered,
            "notes": self.notes,
        }

    def lines(self) -> list[str]:
        """Return the report for people."""
        lines = []
        for (address, words), visitors in sorted(self.differences.items())[:SHOWN]:
            # A difference that all visitors see is the file's. One that only some see is aimed at them.
            some = set(visitors) < self.asked_as[address]
            lines.append(f"{address}: {words}" + (f". Only as: {', '.join(dict.fromkeys(visitors))}" if some else ""))
        if len(self.differences) > SHOWN:
            lines.append(f"and {len(self.differences) - SHOWN} more differences. `--json` lists them all")
        lines += [f"{address}: {words}" for address, words in list(self.unanswered.items())[:SHOWN]]
        return lines


def _body(found: bytes, expected: bytes | None) -> list[str]:
    """Return the first line that differs."""
    if expected is None or found == expected:
        return []
    lines, wanted = found.split(b"\n"), expected.split(b"\n")
    number = next((i for i, (a, b) in enumerate(zip(lines, wanted, strict=False)) if a != b), min(len(lines), len(wanted)))
    here, there = (part[number].decode("utf-8", "replace") if number < len(part) else None for part in (lines, wanted))
    if here is None or there is None:
        return [f"{'ends at' if here is None else 'goes on after'} line {number + 1}, unlike the release's"]
    return [f"line {number + 1} is {_cut(_changed(here, there))}. The release has: {_cut(_changed(there, here))}"]


def _changed(text: str, other: str) -> str:
    """Return a text from a little before the first character that differs from another's."""
    first = next((i for i, (a, b) in enumerate(zip(text, other, strict=False)) if a != b), min(len(text), len(other)))
    start = max(0, first - _LINE // 4)
    return f"…{text[start:]}" if start else text


def _cut(text: str) -> str:
    """Return the beginning of a text that a host chose, without what could control a terminal."""
    return escape(text[:_LINE]).strip() + ("…" if len(text) > _LINE else "")
