"""A case's protocol: what each party seals and what each accepts. docs/reference/format.md, The case.

Pure: bytes in, verified values out. Every client uses it, so that none does fewer checks than another:

1. what a host answers is the case that was asked for, and its grant is addressed to the reader;
2. keys come from the grant alone, desk keys from a signed one;
3. entries are opened in the order of their numbers; one that does not open, or does not follow, is left out with a warning;
4. a member's signature counts under the head of the key list that it names, and heads never go back along a sequence;
5. what a former member gave opens what was written, and nothing new is sealed to it;
6. the requester takes the request that their receipt grant names, and later keys from members' signed entries alone;
7. the next entry follows the highest number, and is sealed to the newest key.
"""

from crypto.case.opening import (
    Kept,
    NewestKey,
    OpenCase,
    OwnCase,
    Reader,
    Served,
    ServedOwn,
    StoredHold,
    floor_of,
    is_inherited,
    open_case,
    open_own,
)
from crypto.case.sealing import (
    NewCase,
    Next,
    SealedGrant,
    keys_told,
    seal_grants,
    seal_new,
    seal_next,
    seal_own_next,
    with_desk_key,
    with_new_keys,
)
from crypto.case.sequence import CaseWarning, Floor, Known, Last, SnapshotPoint, StoredEntry, WarningKind

__all__ = [
    "CaseWarning",
    "Floor",
    "Kept",
    "Known",
    "Last",
    "NewCase",
    "NewestKey",
    "Next",
    "OpenCase",
    "OwnCase",
    "Reader",
    "SealedGrant",
    "Served",
    "ServedOwn",
    "SnapshotPoint",
    "StoredEntry",
    "StoredHold",
    "WarningKind",
    "floor_of",
    "is_inherited",
    "keys_told",
    "open_case",
    "open_own",
    "seal_grants",
    "seal_new",
    "seal_next",
    "seal_own_next",
    "with_desk_key",
    "with_new_keys",
]
