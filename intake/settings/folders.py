"""The default folders of the store and of the deletion keys, which never depend on the working directory.

A clone has its own, `var` and `key-store`. An installation has those that the platform gives to the account that runs it.
"""

from collections.abc import Callable
from pathlib import Path

import platformdirs

from intake.errors import SettingsError
from retention.files import quoted

STORE, KEY_STORE = "var", "key-store"
_ROOT = Path(__file__).resolve().parents[2]
_APPLICATION = "sealed-intake"


def data(text: str) -> Path:
    """Return the folder of the store as an absolute path. The default applies if `text` is empty.

    Raises:
        SettingsError: The account has no folder for it, or the working directory has a store of an earlier version.
    """
    if text:
        return Path(text).absolute()
    default = _default("INTAKE_DATA", platformdirs.user_data_path) / STORE
    earlier = Path(STORE, "store.db").absolute()
    if earlier.exists() and not (default / "store.db").exists():
        raise SettingsError(
            f"INTAKE_DATA is not set, and the default folder is {default}, but there is a store at {earlier}. "
            f"To use it, set INTAKE_DATA={quoted(earlier.parent)} and INTAKE_KEY_STORE={quoted(earlier.parents[1] / KEY_STORE)}"
        )
    return default


def key_store(text: str) -> Path:
    """Return the folder of the deletion keys as an absolute path. The default applies if `text` is empty.

    Raises:
        SettingsError: The account has no folder for it.
    """
    if text:
        return Path(text).absolute()
    # Not below the folder of data, which people back up.
    return _default("INTAKE_KEY_STORE", platformdirs.user_state_path) / KEY_STORE


def _default(name: str, of_account: Callable[..., Path]) -> Path:
    """Return the folder of the clone that this module is in, or else the account's."""
    if (_ROOT / "pyproject.toml").is_file():
        return _ROOT
    refusal = SettingsError(f"{name} must be set, because this account has no home folder")
    try:
        folder = of_account(_APPLICATION, appauthor=False)
    except RuntimeError:  # neither HOME nor the list of accounts names one
        raise refusal from None
    if next(parent for parent in folder.parents if parent.is_dir()) == Path(folder.anchor):
        raise refusal  # the folder would be made directly below the root folder
    return folder
