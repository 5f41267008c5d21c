"""`intake init` writes a settings file and `intake setup` prints configurations, and the programs accept both."""

import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from intake import settings
from intake.cli import setup
from intake.cli.main import app
from intake.cli.setup import Program
from intake.settings import SETTINGS
from tests.support import proxies

ANSWERS = {
    "--group-name": 'Harbour \\ "Aid"',
    "--origin": "https://help.example",
    "--proxies": "127.0.0.1/32",
    "--phone": "+1 555 0100",
    "--danger-phone": "112; es=+34 900 000 000",
    "--answer-days": "2",
    "--colour": "#123456",
}


def initialised(path: Path, **changes: str) -> tuple[int, str]:
    """Run `intake init` with all answers as options."""
    answers = ANSWERS | {f"--{name.replace('_', '-')}": value for name, value in changes.items()}
    result = CliRunner().invoke(app, ["init", str(path), *(part for answer in answers.items() for part in answer)])
    return result.exit_code, result.output + str(result.exception or "")


def test_the_file_sets_what_was_answered(tmp_path: Path) -> None:
    path = tmp_path / "intake.toml"
    assert initialised(path)[0] == 0
    read = settings.read({"INTAKE_CONFIG": str(path)})
    assert (read.group_name, read.origin, read.answer_days) == ('Harbour \\ "Aid"', "https://help.example", 2)
    assert (read.quota.phone, read.theme.colour, read.theme.danger.of("es")) == ("+1 555 0100", "#123456", "+34 900 000 000")


def test_the_folders_are_those_of_the_options_and_otherwise_stay_the_default(tmp_path: Path) -> None:
    assert initialised(tmp_path / "default.toml")[0] == 0
    assert settings.read({"INTAKE_CONFIG": str(tmp_path / "default.toml")}).data == settings.read({}).data
    assert initialised(tmp_path / "named.toml", data="/srv/aid", key_store="/srv/keys")[0] == 0
    named = settings.read({"INTAKE_CONFIG": str(tmp_path / "named.toml")})
    assert (named.data, named.key_store) == (Path("/srv/aid"), Path("/srv/keys"))


def test_the_file_lists_every_setting_with_its_meaning(tmp_path: Path) -> None:
    path = tmp_path / "intake.toml"
    initialised(path)
    text = path.read_text("utf-8")
    assert [s.name for s in SETTINGS if not re.search(rf"^(# )?{s.name} = ", text, re.MULTILINE)] == []
    assert stat.S_IMODE(path.stat().st_mode) & 0o007 == 0


def test_an_existing_file_is_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "intake.toml"
    path.write_text("# mine")
    code, said = initialised(path)
    assert code != 0
    assert "was not changed" in said
    assert path.read_text() == "# mine"


def test_a_wrong_answer_is_named_and_leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / "intake.toml"
    code, said = initialised(path, colour="red", origin="help.example")
    assert code != 0
    assert "INTAKE_COLOUR" in said
    assert "INTAKE_ORIGIN" in said
    assert not path.exists()


def test_questions_are_asked_where_no_option_answers_them(tmp_path: Path) -> None:
    path = tmp_path / "intake.toml"
    result = CliRunner().invoke(app, ["init", str(path)], input="Harbour\n\n\n\n\n\n\n")
    assert result.exit_code == 0, result.output
    assert settings.read({"INTAKE_CONFIG": str(path)}).group_name == "Harbour"


OF_THE_GUIDE = settings.read({"INTAKE_ORIGIN": "https://help.example"})


@pytest.mark.parametrize("proxy", proxies.PROXIES)
def test_the_guide_shows_what_setup_prints(proxy: str) -> None:
    assert setup.configuration(Program(proxy), OF_THE_GUIDE) == proxies.snippet(proxy)


def test_the_guide_shows_what_setup_prints_for_tor() -> None:
    assert setup.configuration(Program.TOR, OF_THE_GUIDE) in proxies.GUIDE.read_text("utf-8")


def test_a_proxy_forwards_to_the_address_of_this_installation() -> None:
    config = settings.read({"INTAKE_ORIGIN": "https://aid.example", "INTAKE_HOST": "::1", "INTAKE_PORT": "9001"})
    printed = setup.configuration(Program.CADDY, config)
    assert "aid.example {" in printed
    assert "reverse_proxy [::1]:9001 {" in printed


def test_a_proxy_without_a_public_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INTAKE_ORIGIN", raising=False)
    result = CliRunner().invoke(app, ["setup", "caddy"])
    assert "INTAKE_ORIGIN must be the public https:// address" in str(result.exception)


def test_tor_accepts_what_setup_prints(tmp_path: Path) -> None:
    program = shutil.which("tor", path="/usr/bin:/usr/sbin:/usr/local/bin")
    if program is None:
        pytest.skip("tor is not installed")
    text = setup.configuration(Program.TOR, OF_THE_GUIDE).replace("/var/lib/tor", str(tmp_path))
    (tmp_path / "torrc").write_text(text)
    command = [program, "--verify-config", "-f", str(tmp_path / "torrc"), "--DataDirectory", str(tmp_path / "data")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
