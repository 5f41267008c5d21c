"""The protocol of a case: what each party encrypts and what each accepts. docs/reference/format.md, The case.

This package is pure: bytes in, verified values out. Every client uses it, so no client does fewer checks than another:

1. The host answers with the case that was asked for, and the grant is addressed to the reader.
2. Case keys come from the grant alone. Desk keys come from a signed grant.
3. Entries are opened in the order of their numbers. One that does not open or does not follow is left out with a warning.
4. A member's signature counts under the key-list head that it names. Heads never move back along a sequence.
5. Keys from a former member open what was written. Nothing new is encrypted to them.
6. The requester accepts the request that their receipt grant names, and later keys from members' signed entries alone.
7. The next entry follows the highest number and is encrypted to the newest key.
8. The progress that the requester sees comes from entries that active members signed.
"""

from crypto.case.follow_up import follow_up_of, newest_status
from crypto.case.opening import (
    NewestKey,
    OpenCase,
    OwnCase,
    Reader,
    ServedCase,
    ServedOwnCase,
    StoredHold,
    VerifiedHold,
    entry_opener,
    floor_of,
    is_inherited,
    open_case,
    open_own,
    writer_of,
)
from crypto.case.progress import Progress, Stage, is_later, progress_of, stage_of
from crypto.case.sealing import (
    NewCase,
    Next,
    SealedGrant,
    keys_content,
    seal_grants,
    seal_new,
    seal_next,
    seal_own_next,
    with_desk_key,
    with_new_keys,
)
from crypto.case.sequence import (
    CaseWarning,
    Floor,
    Last,
    SnapshotPoint,
    StoredEntry,
    VerifiedGroup,
    WarningKind,
    check_head,
)

__all__ = [
    "CaseWarning",
    "Floor",
    "Last",
    "NewCase",
    "NewestKey",
    "Next",
    "OpenCase",
    "OwnCase",
    "Progress",
    "Reader",
    "SealedGrant",
    "ServedCase",
    "ServedOwnCase",
    "SnapshotPoint",
    "Stage",
    "StoredEntry",
    "StoredHold",
    "VerifiedGroup",
    "VerifiedHold",
    "WarningKind",
    "check_head",
    "entry_opener",
    "floor_of",
    "follow_up_of",
    "is_inherited",
    "is_later",
    "keys_content",
    "newest_status",
    "open_case",
    "open_own",
    "progress_of",
    "seal_grants",
    "seal_new",
    "seal_next",
    "seal_own_next",
    "stage_of",
    "with_desk_key",
    "with_new_keys",
    "writer_of",
]
