"""Every setting has a description, and no wrong setting is ignored."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from intake import settings
from intake.errors import SettingsError
from intake.settings import SETTINGS, sources
from intake.settings.sources import RENAMED


def test_the_defaults_are_a_loopback_address_and_thirty_days() -> None:
    configured = settings.read({})
    assert configured.database.name == "store.db"
    assert (configured.host, configured.port, configured.policy.default_days) == ("127.0.0.1", 8000, 30)


@pytest.mark.parametrize(
    "environment",
    [
        {"INTAKE_PORT": "eighty"},
        {"INTAKE_PORT": "70000"},
        {"INTAKE_MAXIMUM_DAYS": "0"},
        {"INTAKE_MAXIMUM_DAYS": "20"},
        {"INTAKE_KEY_STORE": "var/key-store"},
        {"INTAKE_KEY_STORE": "var"},
        {"INTAKE_NOJS": "perhaps"},
    ],
)
def test_a_wrong_setting_is_named(environment: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="INTAKE_"):
        settings.read(environment)


@pytest.mark.parametrize(
    ("host", "address"),
    [("127.0.0.1", "http://127.0.0.1:8000"), ("localhost", "http://localhost:8000"), ("::1", "http://[::1]:8000")],
)
def test_the_printed_address_can_be_followed(host: str, address: str) -> None:
    printed = settings.read({"INTAKE_HOST": host}).address
    assert printed == address
    assert (urlsplit(printed).hostname, urlsplit(printed).port) == (host, 8000)


@pytest.mark.parametrize(("old", "new"), RENAMED.items())
def test_an_earlier_name_is_refused_with_the_new_one(old: str, new: str) -> None:
    with pytest.raises(SettingsError, match=f"INTAKE_{old} is now called INTAKE_{new}"):
        settings.read({f"INTAKE_{old}": "anything"})


def test_every_setting_says_what_it_is_for() -> None:
    assert all(setting.meaning for setting in SETTINGS)


def test_all_wrong_settings_are_named_at_once() -> None:
    wrong = {"INTAKE_PORT": "eighty", "INTAKE_COLOUR": "red", "INTAKE_KEYSTORE": "/srv/keys", "INTAKE_NOJS": "perhaps"}
    with pytest.raises(SettingsError) as refused:
        settings.read(wrong)
    assert [name for name in wrong if name not in str(refused.value)] == []


@pytest.mark.parametrize("name", ["INTAKE_KEYSTORE", "INTAKE_GROUPNAME", "INTAKE_", "INTAKE_port", "INTAKE_DATA_FOLDER"])
def test_a_misspelt_name_is_refused_instead_of_ignored(name: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} is not a setting"):
        settings.read({name: "anything"})


def test_a_misspelt_name_is_answered_with_the_right_one() -> None:
    with pytest.raises(SettingsError, match=r"Did you mean INTAKE_KEY_STORE\?"):
        settings.read({"INTAKE_KEYSTORE": "/srv/keys"})


def file_of(folder: Path, text: str) -> dict[str, str]:
    """Write a settings file and return the environment that names it."""
    path = folder / "intake.toml"
    path.write_text(text, "utf-8")
    return {"INTAKE_CONFIG": str(path)}


def test_a_file_sets_texts_numbers_switches_and_lists(tmp_path: Path) -> None:
    environment = file_of(
        tmp_path, 'group_name = "Harbour"\nport = 9000\nnojs = false\nnotice_hosts = ["A.example", "b.example"]\n'
    )
    configured = settings.read(environment)
    assert (configured.group_name, configured.port, configured.nojs) == ("Harbour", 9000, False)
    assert configured.notice_hosts == ("a.example", "b.example")


def test_a_relative_path_in_a_file_starts_at_its_folder(tmp_path: Path) -> None:
    configured = settings.read(file_of(tmp_path, 'data = "state"\nkey_store_mirrors = ["one", "/mnt/two"]\n'))
    assert configured.data == tmp_path / "state"
    assert configured.key_store_mirrors == (tmp_path / "one", Path("/mnt/two"))


def test_several_relative_folders_in_one_text_start_at_the_folder_of_the_file(tmp_path: Path) -> None:
    configured = settings.read(file_of(tmp_path, 'key_store_mirrors = "one:two:/mnt/three"\n'))
    assert configured.key_store_mirrors == (tmp_path / "one", tmp_path / "two", Path("/mnt/three"))


def test_a_path_that_would_be_read_as_two_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        SettingsError, match=r'"/mnt/a:b" has a ":", which separates the parts of key_store_mirrors \(in .*line 1\)'
    ):
        settings.read(file_of(tmp_path, 'key_store_mirrors = ["/mnt/a:b"]\n'))
    with pytest.raises(SettingsError, match=r'"/srv/a,b.txt" has a ",", which separates the parts of backup_to'):
        settings.read(file_of(tmp_path, 'backup_to = ["/srv/a,b.txt"]\n'))


def test_the_environment_wins_over_a_secret_and_a_secret_over_the_file(tmp_path: Path) -> None:
    environment = file_of(tmp_path, 'phone = "1"\ngroup_name = "file"\nhost = "localhost"\n')
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "intake_phone").write_text("2\n", "utf-8")
    (tmp_path / "credentials" / "INTAKE_GROUP_NAME").write_text("secret", "utf-8")
    (tmp_path / "credentials" / "tls_key").write_text("of another program", "utf-8")
    environment |= {"CREDENTIALS_DIRECTORY": str(tmp_path / "credentials"), "INTAKE_GROUP_NAME": "environment"}
    configured = settings.read(environment)
    assert (configured.quota.phone, configured.group_name, configured.host) == ("2", "environment", "localhost")


def test_a_container_reads_its_database_address_from_run_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "intake_database_url").write_text("postgresql+psycopg://intake:s%20e@db/intake\n", "utf-8")
    monkeypatch.setattr(sources, "SECRETS", tmp_path)
    assert settings.read({}).database_url == "postgresql+psycopg://intake:s%20e@db/intake"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('group = "x"\n', r"group \(in .*intake.toml, line 1\) is not a setting. Did you mean INTAKE_GROUP_NAME"),
        ('\nport = "eighty"\n', r"INTAKE_PORT must be a whole number .* \(in .*intake.toml, line 2\)"),
        ("[server]\nport = 8000\n", r"server \(in .*, line 1\) is not a setting"),
        ("port = [1, 2]\n", r"port \(in .*, line 1\) must be a text"),
        ("port = 1.5\n", r"port \(in .*, line 1\) must be a text"),
        ("port = \n", "intake.toml, line 1: not TOML"),
        ('keeper = "/srv/keys"\n', "keeper .* is now called INTAKE_KEY_STORE"),
    ],
)
def test_a_fault_in_a_file_is_named_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        settings.read(file_of(tmp_path, text))


def test_a_settings_file_that_is_named_and_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"intake.toml cannot be read: No such file"):
        settings.read({"INTAKE_CONFIG": str(tmp_path / "intake.toml")})


@pytest.mark.parametrize("text", [b"\xff\xfe", b"x" * (sources.MAX_SECRET + 1)], ids=["no text", "too large"])
def test_a_secret_that_cannot_be_read_is_refused(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "intake_phone").write_bytes(text)
    with pytest.raises(SettingsError, match="intake_phone"):
        settings.read({"CREDENTIALS_DIRECTORY": str(tmp_path)})


def test_an_unknown_secret_with_our_prefix_is_refused(tmp_path: Path) -> None:
    (tmp_path / "intake_databaseurl").write_text("x", "utf-8")
    with pytest.raises(SettingsError, match="Did you mean INTAKE_DATABASE_URL"):
        settings.read({"CREDENTIALS_DIRECTORY": str(tmp_path)})
