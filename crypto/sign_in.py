"""What a store keeps of the ways in, under a lock key: a thief of the store alone confirms no handle and no passphrase.

docs/reference/format.md, Sign-in rows.
"""

from dataclasses import dataclass

from crypto import dayroot
from crypto.dayroot import LockName
from crypto.encoding import ID_BYTES, b64
from crypto.labels import Label, derive
from crypto.secret import Secret


@dataclass(frozen=True, slots=True)
class SignInKey:
    """The lock key of the purpose `sign-in`, and its name."""

    lock_key: Secret
    name: LockName

    def handle(self, handle_id: str) -> str:
        """What is stored of a handle id, to find its unlockers by: 16 bytes as b64."""
        return b64(derive(self.lock_key, Label.SIGN_IN_HANDLE, *self.name.parts, handle_id.encode(), length=ID_BYTES).reveal())

    def backup_key(self) -> Secret:
        """What backups of the store are authenticated with."""
        return derive(self.lock_key, Label.BACKUP, *self.name.parts)

    def seal(self, data: bytes, *row: str) -> bytes:
        """`data` as it is stored in one row.

        Args:
            row: the table and what identifies the row; a blob that was moved to another row does not open.
        """
        return dayroot.seal_under(self.lock_key, Label.SIGN_IN_ROW, self.name, data, *(part.encode() for part in row))

    def open(self, sealed: bytes, *row: str) -> bytes:
        """Inverse of `seal`.

        Raises:
            RowError: altered, moved to another row, or under another key.
        """
        return dayroot.open_under(self.lock_key, Label.SIGN_IN_ROW, self.name, sealed, *(part.encode() for part in row))

    def decoy(self, handle_id: str, length: int, number: int) -> bytes:
        """A credential id that nobody has, always the same for a handle: `length` bytes, the `number`th of this length."""
        context = (*self.name.parts, handle_id.encode(), str(length).encode(), str(number).encode())
        return derive(self.lock_key, Label.SIGN_IN_DECOY, *context, length=length).reveal()
