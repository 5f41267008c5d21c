"""Fill a store with the code of an earlier commit: `python -P make_store.py FOLDER [VECTORS]`, in a folder of that code.

Nothing imports this file, and it imports only the earlier code, including helpers of its tests. Settings come from the
environment. FOLDER/told.json gets what was written and everyone's secrets. VECTORS gets what later readers must still read.
"""

import asyncio
import datetime as dt
import json
import os
import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx2 as httpx
import msgspec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

import intake
from crypto import entry, hold, keylist, keyring, receipt, unlocker
from crypto.age import Recipient
from crypto.encoding import CaseId, GroupId, MemberId, as_dict, b64, new_id, unb64
from crypto.keylist import Change, SignedEntry
from crypto.secret import Secret
from crypto.signing import SigningKey
from intake.cli.desk import Desk
from intake.cli.member import Member
from intake.service import utc_now
from tests import requester
from tests.processes import INTAKE, started
from tests.server.test_passkeys import Authenticator
from tests.terminal import Terminal, enrol

DAYS = 40
SHORT = 9  # days of the case that a later run deletes
PASSPHRASES = {
    "sam": "ladder copper winter kite",
    "kim": "violin gravel summer tent",
    "lee": "harbour almond quiet brick",
    "noa": "pencil meadow seven goats",
}
ROLES = ("noted", "answered", "written", "shared", "handed", "closed", "withdrawn")  # besides those that need certain holders
UNOPENED = "unopened"

# Every command signs in again, but each handle's passphrase is stretched only once.
unlocker.from_passphrase = cache(unlocker.from_passphrase)
# The server's hashes cost next to nothing. Each stored hash names its parameters, so a later server can check it.
SERVER = """
import sys, functools, argon2
argon2.PasswordHasher = functools.partial(argon2.PasswordHasher, time_cost=1, memory_cost=1024, parallelism=1)
sys.argv = ["intake", "run"]
from intake.cli.start import main
main()
"""


class EarlierServer:
    """A running server of the earlier code, and the record of what it stores."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.server = str(client.base_url).rstrip("/")
        self.terminals: dict[str, Terminal] = {}
        self.members: dict[str, str] = {}
        self.cases: dict[str, dict[str, Any]] = {}
        self.told: dict[str, Any] = {"people": {}, "cases": self.cases}

    def enrol(self, link: str, handle: str) -> str:
        """Become a coordinator, or ask to; return the printed digits."""
        printed = enrol(link, PASSPHRASES[handle], handle).splitlines()
        self.terminals[handle] = Terminal(self.server, handle, PASSPHRASES[handle])
        self.told["people"][handle] = {"passphrase": PASSPHRASES[handle], "paper": printed[-1].replace(" ", "")}
        return printed[1].strip()

    def signed_in(self, handle: str, client: httpx.Client | None = None) -> Desk:
        return Desk(Member.sign_in(client or httpx.Client(base_url=self.server, timeout=60), handle, PASSPHRASES[handle]))

    def held_by(self, handle: str) -> list[str]:
        return [row["case"] for row in json.loads(self.terminals[handle]("case", "list", "--json"))]

    def send(self, role: str, *, shown: bool = True, days: int = DAYS) -> None:
        """Send a request as a browser does."""

        async def sent() -> requester.Sealed:
            async with httpx.AsyncClient(base_url=self.server, timeout=60) as client:
                sealed = await requester.seal(client, f"words of {role}", utc_now().date(), days=days, shown=shown)
                answer = await client.post("/api/form/cases", json=sealed.body)
                assert answer.status_code == 201, answer.text
                return sealed

        sealed = asyncio.run(sent())
        ids = {"case": sealed.body["case"], "code": sealed.code, "token": sealed.token}
        self.cases[role] = {**ids, "expires": sealed.body["expires"], "words": f"words of {role}"}

    def send_plainly(self) -> None:
        """Send a request as a browser without JavaScript does."""
        case, code = new_id(), receipt.generate()
        begun = self.plain("", {"step": "begin", "form": "need"})
        time.sleep(2.1)  # the server refuses a page that is sent sooner
        ticket = begun.text.split('name="ticket" value="')[1].split('"')[0]
        fields = {"form": "need", "q-words": "words of plain", "days": str(DAYS), "case": case, "code": code, "ticket": ticket}
        self.plain("send/", fields)
        self.cases["plain"] = {"case": case, "code": code, "words": "words of plain"}

    def plain(self, path: str, fields: dict[str, str]) -> httpx.Response:
        headers = {"content-type": "application/x-www-form-urlencoded"}
        answer = self.client.post(f"/plain/en/{path}", content=urlencode(fields), headers=headers)
        assert answer.status_code == 200, answer.text
        return answer

    def write_back(self, role: str, text: str) -> None:
        """Send a message of the requester's as their browser does."""
        case = self.cases[role]
        with httpx.Client(base_url=self.server) as client:
            back = client.post("/api/form/return", json={"token": case["token"]}).json()
            opened = receipt.stretch(case["code"], self.told["group"])
            given = receipt.open_grant(unb64(back["receipt_grant"]), opened, CaseId(case["case"]))
            file = entry.seal(
                entry.Place(CaseId(case["case"]), entry.Sequence.SHARED, len(back["entries"])),
                entry.Kind.MESSAGE,
                entry.Text(text=text),
                day=utc_now().date().isoformat(),
                previous=back["entries"][-1]["digest"],
                recipients=[given.case_recipient, opened.identity.recipient],
                mac_key=given.mac_key,
            )
            body = {"token": case["token"], "number": len(back["entries"]), "shown": True, "file": b64(file)}
            answer = client.post("/api/form/entries", json=body)
            assert answer.status_code == 201, answer.text


def add_passkey(earlier: EarlierServer, handle: str) -> None:
    """Add a passkey to the passphrase, with an authenticator in software."""
    with httpx.Client(base_url=earlier.server.replace("127.0.0.1", "localhost"), timeout=60) as client:
        desk = earlier.signed_in(handle, client)
        me, key, output, id_ = desk.me, Authenticator(), os.urandom(32), new_id()
        way = unlocker.from_passkey(Secret(output), me.keys.group, handle)
        begun = me.ask("POST", "/api/desk/passkeys/options")
        made = key.make(begun["options"], str(client.base_url).rstrip("/"))
        new = keyring.UnlockerRecipient(id=id_, kind=way.kind.value, recipient=str(way.identity.recipient))
        added = {
            "id": id_,
            "kind": way.kind.value,
            "handle_id": unlocker.handle_id(me.keys.group, handle),
            "authentication": b64(way.authentication.reveal()),
        }
        me.change_ring(
            lambda ring: msgspec.structs.replace(ring, unlockers=[*ring.unlockers, new]),
            "PUT",
            "/api/desk/unlockers",
            lambda sealed: {
                "proof": {"kind": "passphrase", "authentication": b64(me.way.authentication.reveal())},
                "keyring": sealed,
                "add": [added],
                "drop": [],
                "passkey": {"token": begun["token"], "credential": made},
            },
        )
        me.sign_out()
    pem = key.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    earlier.told["passkey"] = {"handle": handle, "key": pem, "id": b64(key.id), "uses": key.uses, "output": b64(output)}


def hold_case(earlier: EarlierServer, role: str, first: str, second: str, until: str) -> None:
    """Let two members keep a closed case."""
    case = CaseId(earlier.cases[role]["case"])
    for handle in (first, second):
        with httpx.Client(base_url=earlier.server, timeout=60) as client:
            desk = earlier.signed_in(handle, client)
            opened = desk.open(case)
            if handle == first:
                file = entry.seal(
                    entry.Place(case, entry.Sequence.SHARED, len(opened.shared)),
                    entry.Kind.HOLD,
                    entry.Held(text="the hearing is later", until=until),
                    day=desk.me.today.isoformat(),
                    previous=opened.shared[-1].digest,
                    recipients=[
                        opened.keys.case_keys[-1].recipient,
                        Recipient.parse(opened.request.recipients.receipt),
                    ],
                    mac_key=entry.shared_mac_key(opened.keys.case_keys[-1], case),
                    key=len(opened.keys.case_keys) - 1,
                    author=desk.me.author,
                )
                body = {"sequence": "shared", "number": len(opened.shared), "file": b64(file)}
                desk.me.ask("POST", f"/api/desk/cases/{case}/entries", body)
                text = hold.body_of(case, until, entry.digest_of(file))
            signed = {"body": text.decode(), "signature": hold.sign(text, desk.me.ring.signing_key)}
            desk.me.ask("POST", f"/api/desk/cases/{case}/hold", signed)
            desk.me.sign_out()
    earlier.terminals[first]("case", "close", case)


def send_all(earlier: EarlierServer) -> None:
    """Send every request. The coordinators whom the server chose decide which case has which role."""
    earlier.send("hidden", shown=False)
    earlier.send("short", days=SHORT)
    earlier.send_plainly()
    numbered = [str(number) for number in range(len(ROLES) + 2)]
    for number in numbered:
        earlier.send(number)
    held = {handle: earlier.held_by(handle) for handle in ("sam", "kim", "lee")}
    for case in earlier.cases.values():
        case["holders"] = [handle for handle in held if case["case"] in held[handle]]
    left = next(number for number in numbered if set(earlier.cases[number]["holders"]) == {"kim", "lee"})
    kept = next(number for number in numbered if "lee" not in earlier.cases[number]["holders"])
    rest = [number for number in numbered if number not in (left, kept)]
    for role, number in zip(("left", "held", *ROLES), (left, kept, *rest), strict=True):
        earlier.cases[role] = earlier.cases.pop(number)


def work_on_cases(earlier: EarlierServer, today: dt.date) -> None:
    """Write notes and replies, share, and use the other commands, each in its own case."""
    held = ("sam", "kim", "lee")

    def by(role: str, *command: str) -> None:
        case = earlier.cases[role]
        who = next(handle for handle in case["holders"] if handle != "lee")
        earlier.terminals[who]("case", command[0], case["case"], *command[1:])

    by("noted", "note", "call after six")
    by("answered", "reply", "Tomorrow at six.")
    by("answered", "note", "has a stroller")
    by("answered", "status", "in-progress")
    earlier.write_back("written", "and nappies, please")
    by("written", "reply", "Yes, both.")
    earlier.write_back("written", "thank you")
    third = {role: next(who for who in held if who not in earlier.cases[role]["holders"]) for role in ("shared", "handed")}
    by("shared", "note", "before it was shared")
    by("shared", "share", third["shared"])
    by("handed", "reply", "before it was handed over")
    by("handed", "hand-over", third["handed"])
    earlier.terminals[third["handed"]]("case", "reply", earlier.cases["handed"]["case"], "after it was handed over")
    earlier.write_back("handed", "to whoever has it now")
    by("hidden", "reply", "your words are not shown again")
    by("closed", "reply", "Done.")
    by("closed", "close")
    left = earlier.cases["left"]["case"]
    earlier.terminals["lee"]("case", "reply", left, "from someone who leaves later")
    earlier.terminals["lee"]("case", "note", left, "a note of someone who leaves later")
    hold_case(earlier, "held", "sam", "kim", until=(today + dt.timedelta(days=20)).isoformat())
    gone = earlier.client.post("/api/form/withdraw", json={"token": earlier.cases["withdrawn"]["token"]}).json()
    assert gone == {"destroyed": True}
    earlier.plain("return/", {"code": earlier.cases["plain"]["code"], "step": "correction", "text": "two tins, not one"})
    by("plain", "reply", "Two it is.")


def ending(earlier: EarlierServer) -> None:
    """Remove Lee, renew keys, send a request that nobody opens, let a newcomer wait for approval, and make a link."""
    earlier.terminals["lee"]("group", "remove", "lee")
    earlier.terminals["sam"]("keys", "rotate")
    earlier.send(UNOPENED)
    earlier.told["digits"] = earlier.enrol(earlier.terminals["sam"]("group", "invite").strip(), "noa")
    earlier.told["invite"] = earlier.terminals["kim"]("group", "invite").strip()
    earlier.told["shown"] = {handle: shown_to(earlier, handle) for handle in ("sam", "kim")}


def shown_to(earlier: EarlierServer, handle: str) -> dict[str, Any]:
    """Return what the earlier code shows of each opened case, by id. To show an unopened case would open it."""
    untouched = earlier.cases[UNOPENED]["case"]
    cases = [case for case in earlier.held_by(handle) if case != untouched]
    return {case: json.loads(earlier.terminals[handle]("case", "show", case, "--json")) for case in cases}


def keys_of(earlier: EarlierServer, handle: str) -> dict[str, Any]:
    """Return a member's secrets, for tests of the formats."""
    with httpx.Client(base_url=earlier.server, timeout=60) as client:
        me = earlier.signed_in(handle, client).me
        file = me.ask("GET", "/api/desk/keyring")["keyring"]
        me.sign_out()
    return {"member": me.id, "keyring": file, "epochs": [epoch.seed for epoch in me.ring.epochs], "number": me.ring.number}


def vectors_of(earlier: EarlierServer) -> dict[str, Any]:
    """Return what the earlier code wrote, as its server answers it: tests/vectors/before/."""
    handles = ("sam", "kim")
    clients = {handle: httpx.Client(base_url=earlier.server, timeout=60) for handle in handles}
    members = {handle: earlier.signed_in(handle, client).me for handle, client in clients.items()}
    group = members["kim"].ask("GET", "/api/desk/group")
    vectors: dict[str, Any] = {
        "group": earlier.told["group"],
        "fingerprint": earlier.told["fingerprint"],
        "today": group["today"],
        "entries": earlier.client.get("/api/form/keylist").json()["entries"],
        "statements": group["statements"],
        "candidates": group["candidates"],
        "digits": earlier.told["digits"].replace(" ", ""),
        "names": {"file": group["names"], "number": group["names_number"], "members": members["kim"].names},
        "people": {handle: earlier.told["people"][handle] | {"shares": len(members[handle].ring.shares)} for handle in handles},
        "passkey": {"handle": earlier.told["passkey"]["handle"], "output": earlier.told["passkey"]["output"]},
        "cases": {},
    }
    for part in ("left", "handed", "held", "plain", "hidden", "unopened"):
        case = earlier.cases[part]
        opened = receipt.stretch(case["code"], earlier.told["group"])
        back = earlier.client.post("/api/form/return", json={"token": b64(opened.token.reveal())}).json()
        served = {}
        for handle, me in members.items():
            if case["case"] in earlier.held_by(handle):
                served[handle] = me.ask("GET", f"/api/desk/cases/{case['case']}")
        first, address = next(iter(served.values())), ("grantee", "epoch", "grant")
        vectors["cases"][part] = {
            "case": case["case"],
            "words": case["words"],
            "expires": first["expires"],
            "shared": first["shared"],
            "desk": first["desk"],
            "hold": first["hold"],
            "grants": {handle: {key: answer[key] for key in address} for handle, answer in served.items()},
            "shown": next(
                (all_[case["case"]]["entries"] for all_ in earlier.told["shown"].values() if case["case"] in all_), []
            ),
            "receipt": {
                "code": case["code"],
                "lookup": opened.lookup,
                "grant": back["receipt_grant"],
                "hold": back["hold"],
                "without": [entry["number"] for entry in back["entries"] if entry["file"] is None],
            },
        }
    for me in members.values():
        me.sign_out()
    return vectors


def lists_by_date() -> dict[str, Any]:
    """Return key lists of a group of two in which an entry of one member took effect by its date."""
    group, today = GroupId(new_id()), dt.date(2026, 11, 1)
    ids = [MemberId(new_id()) for _ in range(3)]
    signing = [SigningKey.generate() for _ in ids]

    def followed(entries: list[SignedEntry], day: int, kind: Change, *signers: int, **what: Any) -> list[SignedEntry]:
        at = today + dt.timedelta(days=day)
        body = keylist.next_body(keylist.verify(entries, at), kind, at.isoformat(), **what)
        return [*entries, keylist.sign(body, {ids[signer]: signing[signer] for signer in signers})]

    def key(number: int) -> dict[str, str]:
        return {"member": ids[number], "key": signing[number].verifying_key.text}

    two = followed([keylist.found(group, ids[0], signing[0], today.isoformat())], 0, Change.ENROL, 0, **key(1))
    waited = followed(two, 1, Change.ENROL, 0, **key(2))
    went_on = followed(waited, 5, Change.EPOCH, 0, 2, value=14)
    keylist.verify(went_on, today + dt.timedelta(days=5))
    return {name: [as_dict(entry) for entry in entries] for name, entries in {"waited": waited, "went_on": went_on}.items()}


def intake_command(*arguments: str) -> str:
    done = subprocess.run([str(INTAKE), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def main(folder: Path) -> None:
    """Make the store, its backup, and told.json."""
    assert Path(intake.__file__).is_relative_to(Path.cwd()), "not the earlier code"
    if os.environ.get("INTAKE_DATABASE_URL"):
        intake_command("migrate")
    recipient = intake_command("backup", "--new-key", str(folder / "backup-key.txt"))
    with started(dict(os.environ), program=(sys.executable, "-P", "-c", SERVER)) as (client, link):
        earlier = EarlierServer(client)
        earlier.enrol(link, "sam")
        sam = earlier.terminals["sam"]
        for handle in ("kim", "lee"):
            digits = earlier.enrol(sam("group", "invite").strip(), handle)
            sam("group", "let-in", digits)
            if handle == "lee":
                earlier.terminals["kim"]("group", "let-in", digits)
        sam("recovery", "deal", "2")
        earlier.terminals["kim"]("group", "sign", "1")
        key_list = client.get("/api/form/keylist").json()
        earlier.told |= {"group": json.loads(key_list["entries"][0]["body"])["group"]}
        earlier.told["fingerprint"] = link_digits(sam("group", "invite"))
        for handle in earlier.terminals:
            earlier.terminals[handle]("group", "show")  # each client takes its share
        add_passkey(earlier, "kim")
        send_all(earlier)
        work_on_cases(earlier, dt.date.fromisoformat(key_list["today"]))
        ending(earlier)
        for handle in ("sam", "kim"):
            earlier.told["people"][handle] |= keys_of(earlier, handle)
        earlier.told["keylist"] = client.get("/api/form/keylist").json()["entries"]
        if len(sys.argv) > 2:
            for name, written in {"group": vectors_of(earlier), "by-date": lists_by_date()}.items():
                text = json.dumps(written, indent=1, ensure_ascii=False)
                (Path(sys.argv[2]) / f"{name}.json").write_text(text + "\n")
    intake_command("backup", str(folder / "backup.age"), "--to", recipient)
    (folder / "told.json").write_text(json.dumps(earlier.told, indent=1))


def link_digits(link: str) -> str:
    return link.strip().rpartition(".")[2]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
