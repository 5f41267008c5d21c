"""Defines the schema. The comment of each column says whether it is *clear* or *sealed* (encrypted), and why it is stored.

No column reveals the order of arrival. Tables are `WITHOUT ROWID`. Tables with large rows have row ids instead, random
within a day (`row_id`, ADR 22). Days are `YYYY-MM-DD` text in UTC. Only `sessions`, `invites` and `rotations` store a time of
day. The keys of rows that expire begin with the expiry day, so that an engine with partitions can drop a day. See SECURITY.md.
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
ROW_ID = "row_id"  # of tables with large rows
_FIRST, _RANDOM = dt.date(2020, 1, 1), 46  # bits of the random part. 16 bits of days make 62 in all, which fit both engines
LEAF = BigInteger().with_variant(Integer, "sqlite")  # 0 to 2^32 - 1


def new_row_id(day: str) -> int:
    """Return a row id of 62 bits: the expiry day, then 46 random bits. The rows of a day are adjacent, in random order."""
    return row_ids(day).start | secrets.randbits(_RANDOM)


def row_ids(day: str) -> range:
    """Return the row ids that rows of a day can have."""
    first = (dt.date.fromisoformat(day) - _FIRST).days << _RANDOM
    return range(first, first + (1 << _RANDOM))


def _row_id(context: Any) -> int:
    return new_row_id(context.get_current_parameters()["day"])


def _table(name: str, *parts: Column[object] | ForeignKeyConstraint | UniqueConstraint) -> Table:
    return Table(name, METADATA, *parts, sqlite_with_rowid=False)


def _large(name: str, *parts: Column[object] | ForeignKeyConstraint | UniqueConstraint) -> Table:
    # clear: the day and a random number. On SQLite this column is the row id, which keeps the tree of keys small.
    # On PostgreSQL the first unique constraint is the primary key, and nothing reads this column.
    row_id: Column[object] = Column(ROW_ID, LEAF, primary_key=True, autoincrement=False, default=_row_id)
    return Table(name, METADATA, row_id, *parts)


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


# One row. clear: the store's id, to recognise another store's key store. For the clock check, the day of the last run and the
# newest day on which a server accepted its clock. The generation of the sign-in deletion key
store = _table(
    "store",
    _key("id", Integer),
    _text("store_id"),
    _text("last_run", null=True),
    _text("clock_day", null=True),
    Column("sign_in_generation", Integer, nullable=True),
)

# clear: the root's generation, how many leaves were ever taken (on PostgreSQL an estimate), whether a run is deleting the day
days = _table("days", _key("day"), _number("generation"), _number("leaves_taken"), _flag("purging"))

# Apart from `days`, because each submission updates `days`, and a root with many punctures takes megabytes.
day_roots = _large(
    "day_roots",
    _text("day"),
    _blob("root"),  # sealed under the deletion key of the day and generation
    UniqueConstraint("day", name="one_root_per_day"),
    ForeignKeyConstraint(["day"], ["days.day"], name="a_root_has_a_day", ondelete="CASCADE"),
)

cases = _large(
    "cases",
    _text("day"),  # clear: the expiry day
    _text("id"),  # clear: a random id that the client chose
    _text("latest_expiry"),  # clear: the day that the requester chose or saw. The case never expires later
    _text("tombstone_until"),  # clear: the receipt's holder sees the deletion until this day. Reveals the week of arrival
    _text("lookup"),  # clear: SHA-256 of the receipt's token, to find the case
    Column("leaf", LEAF, nullable=False),  # clear: random within its day
    _text("arrived", null=True),  # clear: the day of arrival, to show unopened cases. Removed at the first opening
    _flag("open"),  # clear: closed cases expire earlier
    _text("sealed_by"),  # clear: browser or server. Stays `server` once the no-JavaScript path has opened the case
    _flag("opened"),  # clear: whether a coordinator has opened it
    _number("version"),  # clear: counts changes of the grants, so that two coordinators cannot overwrite each other
    _blob("receipt_grant"),  # sealed: an age file to the receipt, under the leaf
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
    _text("sequence"),  # clear: shared or desk, which decides who may fetch it
    _number("number"),
    _flag("for_requester"),  # clear: whether the receipt's holder may fetch it
    _text("digest"),  # clear: SHA-256 of the age file, to detect replays and gaps
    _blob("file"),  # sealed: an age file of a fixed size, under the leaf
    UniqueConstraint("day", "case_id", "sequence", "number", name="one_row_per_entry"),
    ForeignKeyConstraint(["day", "case_id"], ["cases.day", "cases.id"], name="an_entry_has_a_case", ondelete="CASCADE"),
)

grants = _large(
    "grants",
    _text("day"),
    _text("case_id"),
    _text("member"),  # clear: the assigned member, or the recovery key
    _text("epoch"),  # clear: the member's epoch key, for rotations
    _blob("file"),  # sealed: an age file to the epoch key, under leaf and epoch deletion key
    UniqueConstraint("day", "case_id", "member", name="one_row_per_grant"),
    ForeignKeyConstraint(["day", "case_id"], ["cases.day", "cases.id"], name="a_grant_has_a_case", ondelete="CASCADE"),
)

# clear: which members have a draft in a case. sealed: `file`, their text, to a key that only they have, under the leaf
drafts = _large(
    "drafts",
    _text("day"),
    _text("case_id"),
    _text("member"),
    _blob("file"),
    UniqueConstraint("day", "case_id", "member", name="one_row_per_draft"),
    ForeignKeyConstraint(["day", "case_id"], ["cases.day", "cases.id"], name="a_draft_has_a_case", ondelete="CASCADE"),
)

# clear: the last day of the hold on a closed case, and the text that two members signed (with the digest of the reason's entry)
holds = _table(
    "holds",
    _key("day"),
    _key("case_id"),
    _text("held_until"),
    _text("body"),
    _text("signatures"),
    ForeignKeyConstraint(["day", "case_id"], ["cases.day", "cases.id"], name="a_hold_has_a_case", ondelete="CASCADE"),
)

# clear: leaves of cases that were withdrawn, closed or moved. The server punctures them at once, or the next run does
punctures = _table("punctures", _key("day"), Column("leaf", LEAF, primary_key=True, autoincrement=False))

# clear: lookup hash and day, so that the receipt's holder sees that the case expired. A withdrawn case leaves no tombstone
tombstones = _table("tombstones", _key("lookup"), _text("day"), _text("kept_until"))

# clear, public: the key list
keylist = _table("keylist", _key("number", Integer), _text("body"), _text("signatures"), _text("evidence", null=True))

# clear, public: the state that members saw at sign-in. `number` is that of the key list's newest entry at that time
snapshots = _table(
    "snapshots", _key("version", Integer), _text("member"), _number("number"), _text("day"), _text("body"), _text("signature")
)

# clear: members and candidates; `candidate` is signed by them. sealed: `name`, to the members
members = _table("members", _key("id"), _text("candidate"), _blob("name", null=True))

# clear, public: the epoch keys of each member. `generation` is that of the epoch's deletion key
epochs = _table("epochs", _key("member"), _key("id"), _number("generation"), _text("statement"), _flag("current"))

# sealed: the keyring, to its unlockers and under a deletion key. clear: `number`, to detect concurrent changes
keyrings = _table("keyrings", _key("member"), _number("generation"), _number("number"), _blob("file"))

# clear: member and kind; `handle`, derived from the handle id under the sign-in key, to find the row.
# sealed: `verifier`, an Argon2id hash of the authentication key, under the sign-in key
unlockers = _table("unlockers", _key("id"), _text("member"), _text("handle"), _text("kind"), _blob("verifier"))

# One row. sealed: the names of the members, to all members
names = _table("names", _key("id", Integer), _number("number"), _blob("file"))

# clear: hash of the token, inviter, second of expiry, whether used
invites = _table("invites", _key("token_hash"), _text("inviter"), _number("expires"), _flag("used"))

# clear: hash of the token, member, seconds of start and of last use
sessions = _table("sessions", _key("token_hash"), _text("member"), _number("started"), _number("last_used"))

# clear: the day of a member's last sign-in, whether they take new cases, whether sign-in requires a passkey
presence = _table("presence", _key("member"), _text("last_sign_in", null=True), _flag("on_duty"), _flag("passkey_required"))

# clear: proposed entries of the key list that have too few signatures
proposals = _table("proposals", _key("hash"), _text("body"), _text("signatures"))

# clear: changes in the group by day, as a hash chain. Names no case
group_log = _table("group_log", _key("number", Integer), _text("day"), _text("body"))

# clear: rotations in progress: member, new epoch, second of start. A rotation is void after a day
rotations = _table("rotations", _key("member"), _text("epoch"), _number("started"))

# clear: `version` of the case at the time of encryption. sealed: `file`, like a grant, to the epoch of the rotation
staged_grants = _large(
    "staged_grants",
    _text("day"),
    _text("case_id"),
    _text("member"),
    _number("version"),
    _blob("file"),
    UniqueConstraint("day", "case_id", "member", name="one_row_per_staged_grant"),
    ForeignKeyConstraint(["day", "case_id"], ["cases.day", "cases.id"], name="a_staged_grant_has_a_case", ondelete="CASCADE"),
)

# clear, public: recovery keys, and what their dealer and the member who tested them signed (empty for keys from before 0010)
recovery_deals = _table("recovery_deals", _key("id"), _text("recipient"), _text("body"), _text("signatures"))

# clear: the deal or decision, recipient and sender of a share. sealed: `file`, to the recipient
recovery_shares = _table("recovery_shares", _key("purpose"), _key("member"), _key("sender"), _blob("file"))

# clear: purposes whose deletion keys nothing needs any more. The next run destroys the keys
retired_purposes = _table("retired_purposes", _key("purpose"))

# clear: unlocker and member. sealed: `file`, with credential id, public key and signature counter, under the sign-in key
passkeys = _table("passkeys", _key("unlocker"), _text("member"), _blob("file"))

# clear: member. sealed: `file`, the address for notices, to the server's notice key
notices = _table("notices", _key("id"), _text("member"), _blob("file"))

# clear: members who get a notice with the next batch
due_notices = _table("due_notices", _key("member"))

# clear: hashes of redeemed single-use tokens, and the day after which they are invalid anyway
used_tokens = _table("used_tokens", _key("hash"), _text("valid_until"))

# clear: KiB written today, by share of the quota (requests, messages, nojs, desk) and by process (a random id of its start)
usage = _table("usage", _key("day"), _key("share"), _key("process"), _number("kib"))

# clear: destroyed generations of day roots that a process may still hold in memory
undropped_roots = _table("undropped_roots", _key("day"), _key("generation", Integer))

# clear, public: the certificate of each deletion run
certificates = _table("certificates", _key("number", Integer), _blob("text"), _text("signature"))

# Indexes on clear columns, for queries without the day that begins each primary key. On PostgreSQL a unique constraint of a
# partitioned table must contain the day, so migrations make plain indexes for the id and the lookup of `cases`.
Index("grants_by_member", grants.c.member, grants.c.day, grants.c.case_id)
