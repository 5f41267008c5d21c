"""Writes the backup that the settings ask for, during the server's other work, and records whether it worked.

The result is stored in the data folder, so that the command line, the desk and a monitor can report a failure.
"""

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec

from crypto.errors import CryptoError
from intake.errors import IntakeError
from intake.service import age_keys, backup, operator_log
from intake.service.installation import location_of
from intake.service.operator_log import Event
from intake.settings import Settings
from intake.store.errors import StoreError
from retention.errors import RetentionError
from retention.files import read_regular, replacing
from retention.ports import KeyStore

_FILE = "backup-state.json"
_MAX_STATE = 4096  # bytes of the stored result


class BackupState(msgspec.Struct, frozen=True):
    """The result of the automatic backups.

    Attributes:
        succeeded: the day of the last backup that worked, or an empty text.
        failure: why the last backup failed, or an empty text if it worked.
    """

    succeeded: str = ""
    failure: str = ""


def state_of(data: Path) -> BackupState:
    """Return the stored result. A missing or damaged file counts as no backup yet."""
    try:
        return msgspec.json.decode(read_regular(data / _FILE, _MAX_STATE), type=BackupState)
    except (OSError, msgspec.MsgspecError):
        return BackupState()


class AutomaticBackups:
    """Writes backups to `backup_file`, one at a time.

    Args:
        settings: name the file and its recipients.
        key_store: has the key that authenticates the backup.
        today: returns the day as text, for the result.
    """

    def __init__(self, settings: Settings, key_store: KeyStore, today: Callable[[], str]) -> None:
        self._settings = settings
        self._key_store = key_store
        self._today = today
        self._thread: threading.Thread | None = None
        self._wanted = threading.Event()
        self.state = state_of(settings.data)

    @property
    def failed(self) -> bool:
        """Whether the last backup failed. False if the settings ask for none."""
        return self._settings.backup_file is not None and bool(self.state.failure)

    @property
    def works(self) -> bool:
        """Whether the last backup worked. False if the settings ask for none, or none was written yet."""
        return self._settings.backup_file is not None and bool(self.state.succeeded) and not self.state.failure

    def start(self) -> None:
        """Start a backup in a thread, if the settings ask for one. The caller does not wait for it."""
        if self._settings.backup_file is None:
            return
        self._wanted.set()
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._write, args=(self._settings.backup_file,), name="backup", daemon=True)
            self._thread.start()

    def _write(self, target: Path) -> None:
        """Write the backup. Log and record a failure, and keep the previous backup."""
        while self._wanted.is_set():
            self._wanted.clear()
            try:
                recipients = age_keys.read_recipients(self._settings.backup_to)
                backup.write(location_of(self._settings), self._key_store, target, recipients, lambda written: None)
            except (IntakeError, StoreError, RetentionError, CryptoError, OSError) as error:
                operator_log.log(Event.BACKUP, error)
                self._remember(BackupState(self.state.succeeded, str(error) or type(error).__name__))
            else:
                self._remember(BackupState(self._today()))

    def _remember(self, state: BackupState) -> None:
        self.state = state
        path = self._settings.data / _FILE
        # A full disk may also prevent this write. The process still has the result in memory.
        with contextlib.suppress(OSError):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with replacing(path) as file:
                file.write(msgspec.json.encode(state))
