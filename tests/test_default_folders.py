"""The default folders never depend on the working directory. An account without a home folder is refused."""

from pathlib import Path

import pytest

from intake import settings
from intake.errors import SettingsError
from intake.settings import folders

ROOT = Path(__file__).parents[1]


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Make the home folder of an account with an installation outside of a clone."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setattr(folders, "_ROOT", tmp_path)
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    return home


@pytest.mark.parametrize("working", ["/", "/tmp"])
def test_a_clone_uses_its_own_folders_from_any_working_directory(working: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(working)
    configured = settings.read({})
    assert (configured.data, configured.key_store) == (ROOT / "var", ROOT / "key-store")


@pytest.mark.parametrize("working", ["/", "/tmp"])
def test_an_installation_uses_the_accounts_folders_from_any_working_directory(
    working: str, installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(working)
    configured = settings.read({})
    assert configured.data == installed / ".local/share/sealed-intake/var"
    assert configured.key_store == installed / ".local/state/sealed-intake/key-store"


def test_a_folder_that_is_set_stays_relative_to_the_working_directory(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(installed)
    configured = settings.read({"INTAKE_DATA": "here", "INTAKE_KEY_STORE": "there"})
    assert (configured.data, configured.key_store) == (installed / "here", installed / "there")


@pytest.mark.parametrize("home", ["/", "/nonexistent", "unknown"])
@pytest.mark.usefixtures("installed")
def test_an_account_without_a_home_folder_is_refused_and_nothing_is_made_in_the_root(
    home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", home)
    if home == "unknown":
        monkeypatch.delenv("HOME")
        monkeypatch.setattr("os.path.expanduser", lambda path: path)  # an account that the system does not know
    with pytest.raises(SettingsError) as caught:
        settings.read({})
    assert "INTAKE_DATA must be set, because this account has no home folder" in str(caught.value)
    assert "INTAKE_KEY_STORE must be set, because this account has no home folder" in str(caught.value)


def test_a_store_of_an_earlier_version_in_the_working_directory_is_named_and_not_replaced(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "store.db").touch()
    with pytest.raises(SettingsError, match=f"set INTAKE_DATA={tmp_path}/var and INTAKE_KEY_STORE={tmp_path}/key-store"):
        settings.read({})
    new = installed / ".local/share/sealed-intake/var"
    new.mkdir(parents=True)
    (new / "store.db").touch()
    assert settings.read({}).data == new
