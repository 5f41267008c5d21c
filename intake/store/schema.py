"""The schema. Each column says whether it is *clear* or *sealed*, and why it is there. docs: SECURITY.md.

Nothing tells the order of arrival: tables are `WITHOUT ROWID` or, where rows are large, have rowids that are random within a
day (`place`, ADR 22). Days are `YYYY-MM-DD` text, UTC. There is no time of day but in `sessions` and `invites`. Keys of what
expires begin with the expiry day, so that an engine which partitions can drop a day.
"""

import datetime as dt
import secrets
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

METADATA = MetaData()
_FIRST, _RANDOM = dt.date(2020, 1, 1), 46  # bits; with 16 for days since the first, 62
LEAF = BigInteger().with_variant(Integer, "sqlite")  # 0 to 2^32 - 1


def place_in(day: str) -> int:
    """Where a new row of an expiry day lies: the day, then 46 random bits. A day's rows lie together, in no order."""
    return (dt.date.fromisoformat(day) - _FIRST).days << _RANDOM | secrets.randbits(_RANDOM)


def _place(context: Any) -> int:
    return place_in(context.get_current_parameters()["day"])


def _table(name: str, *parts: Column[object] | ForeignKeyConstraint | UniqueConstraint) -> Table:
    return Table(name, METADATA, *parts, sqlite_with_rowid=False)


def _large(name: str, *parts: Column[object] | ForeignKeyConstraint | UniqueConstraint) -> Table:
    # clear: the day and a random number. Where SQLite keeps the row: a tree of small keys, with each file beside it, not in it.
    # (On PostgreSQL the first unique constraint is the primary key, and this a number that nothing looks at.)
    place: Column[object] = Column("place", LEAF, primary_key=True, autoincrement=False, default=_place)
    return Table(name, METADATA, place, *parts)


def _key(name: str, kind: type[String] | type[Integer] = String) -> Column[object]:
    return Column(name, kind, primary_key=True, autoincrement=False)


def _text(name: str, *, null: bool = False) -> Column[object]:
    return Column(name, String, nullable=null)


def _number(name: str) -> Column[object]:
    return Column(name, Integer, nullable=False)


def _flag(name: str) -> Column[object]:
    return Column(name, Boolean, nullable=False)


def _blob(name: str, *, null: bool = False) -> Column[object]:
    return Column(name, LargeBinary, nullable=null)


# clear: which store this is, so that a foreign keeper is noticed; for the clock check, the day of the last run, and the newest
# day on which a server believed its clock; the generation of the sign-in lock key
store = _table(
    "store",
    _key("one", Integer),
    _text("store_id"),
    _text("last_run", null=True),
    _text("clock_day", null=True),
    Column("sign_in", Integer, nullable=True),
)

# clear: the root's generation, how many leaves were ever taken, whether a purge has begun
days = _table("days", _key("day"), _number("generation"), _number("taken"), _flag("purging"))

# Apart from what each submission counts: with every puncture a root grows, to megabytes at last.
roots = _large(
    "roots",
    _text("day"),
    _blob("root"),  # sealed under the day's lock key of that generation
    UniqueConstraint("day", name="one_root_per_day"),
    ForeignKeyConstraint(["day"], ["days.day"], name="a_root_has_a_day", ondelete="CASCADE"),
)

cases = _large(
    "cases",
    _text("day"),  # clear: the day it goes
    _text("id"),  # clear: random, the client's
    _text("latest"),  # clear: the day its requester chose or was told; nothing moves it past that
    _text("told_until"),  # clear: until when its receipt is told that it was deleted; tells the week of arrival
    _text("lookup"),  # clear: SHA-256 of the receipt's token, to find it again
    Column("leaf", LEAF, nullable=False),  # clear: random within its day
    _text("arrived", null=True),  # clear: a day, dropped once a grant has been opened; shows what waits too long
    _flag("open"),  # clear: closed ones go earlier
    _text("sealed_by"),  # clear: browser or server, said to all; stays `server` once opened by the plain path
    _flag("opened"),  # clear: whether any grant has been opened
    _number("version"),  # clear: counts changes of the grants, so that two desks cannot overwrite each other
    _blob("receipt_grant"),  # sealed to the receipt, then under the leaf
    UniqueConstraint("day", "id", name="one_row_per_case"),
    UniqueConstraint("id", name="one_case_per_id"),
    UniqueConstraint("lookup", name="one_case_per_receipt"),
    UniqueConstraint("day", "leaf", name="one_case_per_leaf"),
    ForeignKeyConstraint(["day"], ["days.day"], name="a_case_has_a_day"),
)

entries = _large(
    "entries",
    _text("day"),
    _text("case_id"),
    _text("sequence"),  # clear: shared or desk, which says who may fetch it
    _number("number"),
    _flag("for_requester"),  # clear: whether the receipt's holder may fetch it
    _text("digest"),  # clear: SHA-256 of the age file, for replays and gaps
    _blob("file"),  # sealed: an age file of a fixed size, under the leaf
    UniqueConstraint("day", "case_id", "sequence", "number", name="one_row_per_entry"),
    ForeignKeyConstraint(["day", "case_id"], ["cases.day", "cases.id"], name="an_entry_has_a_case", ondelete="CASCADE"),
)

grants = _large(
    "grants",
    _text("day"),
    _text("case_id"),
    _text("member"),  # clear: who is assigned
    _text("epoch"),  # clear: under which of their keys, for rotations
    _blob("file"),  # sealed: an age file to the epoch key, under leaf and epoch lock key
    UniqueConstraint("day", "case_id", "member", name="one_row_per_grant"),
    ForeignKeyConstraint(["day", "case_id"], ["cases.day", "cases.id"], name="a_grant_has_a_case", ondelete="CASCADE"),
)

# clear: until which day two members keep a closed case, what they signed (the digest of the entry with the reason in it)
holds = _table(
    "holds",
    _key("day"),
    _key("case_id"),
    _text("until"),
    _text("body"),
    _text("signatures"),
    ForeignKeyConstraint(["day", "case_id"], ["cases.day", "cases.id"], name="a_hold_has_a_case", ondelete="CASCADE"),
)

# clear: leaves whose cases were withdrawn, closed or moved and that the next run (or this very request) punctures
punctures = _table("punctures", _key("day"), Column("leaf", LEAF, primary_key=True, autoincrement=False))

# clear: look-up hash and day, so that a receipt's holder is told that the case went on its day; withdrawals leave none
tombstones = _table("tombstones", _key("lookup"), _text("day"), _text("until"))

# clear, public: the key list
keylist = _table("keylist", _key("number", Integer), _text("body"), _text("signatures"), _text("evidence", null=True))

# clear, public: what members saw when they signed in; `number` is that of the key list's head then
snapshots = _table(
    "snapshots", _key("version", Integer), _text("member"), _number("number"), _text("day"), _text("body"), _text("signature")
)

# clear: who has handed in keys; `candidate` is signed by them, `name` is sealed to the members
members = _table("members", _key("id"), _text("candidate"), _blob("name", null=True))

# clear, public: each member's epoch keys; `generation` of the epoch's lock key
epochs = _table("epochs", _key("member"), _key("id"), _number("generation"), _text("statement"), _flag("current"))

# sealed: keyrings, to their unlockers and under a lock key of their own; clear: their number, so that changes do not collide
keyrings = _table("keyrings", _key("member"), _number("generation"), _number("number"), _blob("file"))

# clear: whose, of which kind; `handle`: derived from the handle id under the sign-in lock key, to find it by; `verifier`: an
# Argon2id hash of the authentication key, sealed under that lock key
unlockers = _table("unlockers", _key("id"), _text("member"), _text("handle"), _text("kind"), _blob("verifier"))

# sealed to all members: what they call each other
names = _table("names", _key("one", Integer), _number("number"), _blob("file"))

# clear: hash of the token, second of expiry, whose invitation, whether used
invites = _table("invites", _key("token_hash"), _text("inviter"), _number("expires"), _flag("used"))

# clear: hash of the token, whose, seconds of start and of last use
sessions = _table("sessions", _key("token_hash"), _text("member"), _number("started"), _number("seen"))

# clear: when a member last signed in (a day), whether they take new cases, whether a passkey is asked for beside the passphrase
presence = _table("presence", _key("member"), _text("seen", null=True), _flag("on_duty"), _flag("strict"))

# clear: entries of the key list that too few have signed so far
proposals = _table("proposals", _key("hash"), _text("body"), _text("signatures"))

# clear: what happened in the group, hash-chained, by day; no case is named
log = _table("log", _key("number", Integer), _text("day"), _text("body"))

# clear: whose rotation is under way, to which epoch, since which second (it is void after a day)
rotations = _table("rotations", _key("member"), _text("epoch"), _number("started"))

# clear: `version` of the case that it was sealed for; `file` sealed as a grant, to the epoch of the rotation
staged = _large(
    "staged",
    _text("day"),
    _text("case_id"),
    _text("member"),
    _number("version"),
    _blob("file"),
    UniqueConstraint("day", "case_id", "member", name="one_row_per_staged_grant"),
    ForeignKeyConstraint(["day", "case_id"], ["cases.day", "cases.id"], name="a_staged_grant_has_a_case", ondelete="CASCADE"),
)

# clear, public: recipients of recovery keys; what the dealer and the member who tried it signed, empty for keys from before
deals = _table("deals", _key("id"), _text("recipient"), _text("body"), _text("signatures"))

# clear: for which deal or decision, to whom, from whom; `file` sealed to the one that it is for
shares = _table("shares", _key("purpose"), _key("member"), _key("giver"), _blob("file"))

# clear: purposes whose lock keys nothing needs any more and that wait to be destroyed
retired = _table("retired", _key("purpose"))

# clear: which unlocker it is, whose; `file`: credential id, public key and signature counter, sealed under the sign-in lock key
passkeys = _table("passkeys", _key("unlocker"), _text("member"), _blob("file"))

# clear: whose; `file` sealed to the server's notice key: where to tell them that something waits
notices = _table("notices", _key("id"), _text("member"), _blob("file"))

# clear: who is told with the next batch
due = _table("due", _key("member"))

# clear: hashes of tokens that are good once and were used, with the day until which they could be used again
spent = _table("spent", _key("hash"), _text("until"))

# clear: how much came on a day, for the ceiling, by share (requests, messages, plain, desk); of today alone
arrivals = _table("arrivals", _key("day"), _key("share"), _number("kib"))

# clear: destroyed generations of a day's root that some process may still hold in memory
undropped = _table("undropped", _key("day"), _key("generation", Integer))

# clear, public: what each purge run left
certificates = _table("certificates", _key("number", Integer), _blob("text"), _text("signature"))

# Found by other things than the day that the primary keys begin with; of clear columns alone.
# (PostgreSQL's partitions cannot have the two unique constraints of `cases` without a day; migrations make indexes for them.)
Index("grants_by_member", grants.c.member, grants.c.day, grants.c.case_id)
