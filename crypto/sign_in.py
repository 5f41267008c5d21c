"""Encrypts sign-in data under a deletion key, so that a thief who has only the store can confirm no handle and no passphrase.

docs/reference/format.md, Sign-in rows.
"""

from dataclasses import dataclass

from crypto import dayroot
from crypto.dayroot import DeletionKeyName
from crypto.encoding import ID_BYTES, b64
from crypto.labels import Label, derive
from crypto.secret import Secret


@dataclass(frozen=True, slots=True)
class SignInKey:
    """The deletion key of the purpose `sign-in`, and its name."""

    deletion_key: Secret
    name: DeletionKeyName

    def handle(self, handle_id: str) -> str:
        """Return the stored form of a handle id, which finds its unlockers: 16 bytes as b64."""
        return b64(
            derive(self.deletion_key, Label.SIGN_IN_HANDLE, *self.name.parts, handle_id.encode(), length=ID_BYTES).reveal()
        )

    def backup_key(self) -> Secret:
        """Derive the key that authenticates backups of the store."""
        return derive(self.deletion_key, Label.BACKUP, *self.name.parts)

    def seal(self, data: bytes, *row: str) -> bytes:
        """Encrypt `data` for one row.

        Args:
            data: the plaintext.
            row: the table and what identifies the row; a blob that was moved to another row does not open.
        """
        return dayroot.seal_under(self.deletion_key, Label.SIGN_IN_ROW, self.name, data, *(part.encode() for part in row))

    def open(self, sealed: bytes, *row: str) -> bytes:
        """Decrypt what `seal` encrypted.

        Raises:
            RowError: altered, moved to another row, or under another key.
        """
        return dayroot.open_under(self.deletion_key, Label.SIGN_IN_ROW, self.name, sealed, *(part.encode() for part in row))

    def decoy(self, handle_id: str, length: int, number: int) -> bytes:
        """Return a credential id that nobody has and that never changes for a handle: the `number`th with `length` bytes."""
        context = (*self.name.parts, handle_id.encode(), str(length).encode(), str(number).encode())
        return derive(self.deletion_key, Label.SIGN_IN_DECOY, *context, length=length).reveal()
