"""The recovery key: who obtained shares that open it, and whether they were meant to. docs/howto/recover-cases.md."""

import contextlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from crypto import age, recovery, sheet
from crypto.age import Identity
from crypto.encoding import from_json
from crypto.errors import CryptoError
from crypto.recovery import Share
from crypto.sheet import Sizes
from tests.model.oracle import Ledger, Violation


@dataclass
class Shares:
    """The shares of each deal that a dishonest member could read, their own included."""

    obtained: dict[str, set[str]] = field(default_factory=dict)
    entrusted: set[str] = field(default_factory=set)  # deals that they opened because enough members wanted it

    def read(self, file: bytes, identities: Iterable[Identity]) -> None:
        """Open an encrypted share, whoever it is addressed to."""
        with contextlib.suppress(CryptoError):
            share = from_json(Share, sheet.parse(age.decrypt(file, list(identities)), Sizes.GRANT).body)
            self.obtained.setdefault(share.deal, set()).add(share.share)

    def check(self, rogue: str, ledger: Ledger, needed: int) -> None:
        """Check that nobody assembles the key unless as many members as must agree wanted it, by their signatures."""
        for deal, shares in self.obtained.items():
            if deal in self.entrusted or not opens(shares, deal):
                continue
            bodies = [(member, json.loads(text)) for member, text in ledger.consents if member in ledger.honest]
            willing = {member for member, body in bodies if body["kind"] == "recover" and body["member"] == rogue}
            if len(willing) + 1 < needed:
                raise Violation("recovery", "a recovery key in the hands of somebody whom too few members had named")
            self.entrusted.add(deal)


def opens(shares: Iterable[str], deal: str) -> bool:
    """Return whether these shares give the recovery key."""
    try:
        recovery.combine(sorted(shares), deal)
    except CryptoError:
        return False
    return True
