"""Commands that are started without a terminal, with a closed input, or in the C locale."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import commands
from tests.support.commands import GONE, LINK

AT = f"--server {GONE} --handle sam"
CLOSED, EMPTY = "<&-", "</dev/null"
ORDER = ("migrate", "retention run", "status")


def run(words: str, folder: Path, redirected: str = CLOSED, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run a command in a session of its own, which has no terminal."""
    settings = {"INTAKE_DATA": f"{folder}/var", "INTAKE_KEY_STORE": f"{folder}/keys"}
    command = ["/bin/sh", "-c", f"exec {sys.executable} -m sealed_intake {words} {redirected}"]
    return subprocess.run(
        command, env=settings | environment, capture_output=True, text=True, timeout=90, start_new_session=True, check=False
    )


@pytest.mark.parametrize("redirected", [CLOSED, EMPTY])
@pytest.mark.parametrize("words", [f"case list {AT}", f"enrol {LINK} --handle sam", f"keys passphrase {AT}"])
def test_a_passphrase_that_nobody_can_type_is_refused_with_the_option_that_helps(
    words: str, redirected: str, tmp_path: Path
) -> None:
    done = run(words, tmp_path, redirected)
    assert done.returncode == 2, done
    refusal = "intake: there is no terminal to ask for the passphrase. Nothing was changed. Name a file that has it: "
    assert done.stderr.startswith(refusal), done
    assert "--passphrase-file" in done.stderr


def test_a_sign_in_name_that_nobody_can_type_is_refused_with_the_option_that_helps(tmp_path: Path) -> None:
    done = run(f"case list --server {GONE}", tmp_path)
    assert done.returncode == 2, done
    assert "nobody entered a sign-in name. Nothing was changed. Name it: --handle or INTAKE_HANDLE" in done.stderr, done


@pytest.mark.parametrize("words", [f"case list {AT} --passphrase-file -", f"enrol '{LINK}' --handle sam --passphrase-file -"])
def test_a_closed_input_is_read_as_an_empty_one(words: str, tmp_path: Path) -> None:
    closed, empty = run(words, tmp_path), run(words, tmp_path, EMPTY)
    assert "Error" not in closed.stderr, closed
    assert (closed.returncode, closed.stderr) == (empty.returncode, empty.stderr)


@pytest.mark.parametrize("command", ORDER)
def test_a_command_with_a_closed_input_in_the_c_locale_works_in_a_folder_with_other_letters(
    command: str, tmp_path: Path
) -> None:
    folder = tmp_path / "żółw 'x'"
    folder.mkdir()
    settings = {"INTAKE_DATA": f"{folder}/var", "INTAKE_KEY_STORE": f"{folder}/keys"}
    for earlier in ("migrate", "retention run")[: ORDER.index(command)]:
        assert commands.run(earlier, folder, folder, settings).code == 0
    done = run(command, folder, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert (done.returncode, done.stderr) == (0, ""), done


def test_every_command_works_in_the_c_locale_without_a_terminal_and_without_a_home(tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    made = commands.make_installation(tmp_path / "made")
    expected = {command: done.code for command, done in commands.run_all(made, tmp_path / "plain").items()}
    bare = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PATH": os.environ["PATH"]}
    script = [sys.executable, "-m", "tests.support.commands", str(made), str(tmp_path / "żółw")]
    done = subprocess.run(script, env=bare, capture_output=True, text=True, timeout=90, start_new_session=True, check=False)
    assert done.returncode == 0, done
    answers = json.loads(done.stdout)
    assert {command: code for command, (code, _) in answers.items()} == expected
    assert [said for _, said in answers.values() if "internal error" in said or "Errno" in said] == []


def test_a_path_that_the_c_locale_cannot_print_is_printed_escaped(tmp_path: Path) -> None:
    done = run("status", tmp_path / "żółw", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert done.returncode == 2, done
    assert "INTAKE_DATA" in done.stderr, done
    assert "UnicodeEncodeError" not in done.stderr
    assert done.stderr.isascii()
