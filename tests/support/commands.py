"""Run any command of `intake` in this process, with the errors and exit codes of the program. Lists every command."""

import io
import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest import mock

import typer

from intake.cli import main
from intake.cli import run as server
from intake.service.service import Service
from intake.settings import SAMPLE_FORMS
from intake.site.languages import languages
from tests.support.rendered import rendered_for

NOBODY = 65534
GONE = "http://127.0.0.1:1"  # nobody listens there
LINK = f"{GONE}/en/desk/enrol/#{'A' * 43}"
# Commands that work on this machine's store. `{made}` is a good installation, `{here}` the folder of the situation.
ON_THE_STORE: dict[str, str] = {
    **dict.fromkeys(("run", "migrate", "upgrade", "status", "link", "doctor", "clock show", "clock confirm"), ""),
    **dict.fromkeys(("retention run", "retention status", "retention verify", "key-store list", "key-store fill"), ""),
    "backup": "{here}/b.age --to {made}/to",
    "restore": "{made}/b.age --identity {made}/key.txt",
    "sessions end": "--all",
}
# Commands that read the settings, or nothing of this machine. `intake flyer` prints without check digits if there is no store.
BESIDE_THE_STORE: dict[str, str] = {
    "init": "{here}/new.toml --group-name Riverside --origin https://help.example --proxies 127.0.0.1/32 --phone 1 "
    "--danger-phone 112 --answer-days 3 --colour #14532d",
    "setup": "systemd",
    "flyer": "--to {here}",
    "form check": "",
    "form preview": "{made}/need.toml --html {here}/preview.html",
    "retention scan": "{made}/canary --canary-file {made}/passphrase",
    "site manifest": "",
    "site webcat": "{here}/webcat",
}
_MEMBER = f"--server {GONE} --handle sam --passphrase-file {{made}}/passphrase"
# Commands that ask a server.
OF_A_MEMBER: dict[str, str] = {
    **dict.fromkeys(("case list", "group show", "group invite", "group stop", "keys rotate"), _MEMBER),
    **dict.fromkeys(("recovery open", "site sign", "keys passphrase"), _MEMBER),
    **dict.fromkeys(("case show", "case close"), f"7KQ {_MEMBER}"),
    **dict.fromkeys(("case reply", "case note"), f"7KQ words {_MEMBER}"),
    "case status": f"7KQ read {_MEMBER}", "case share": f"7KQ kim {_MEMBER}", "case hand-over": f"7KQ kim {_MEMBER}",
    "case export": f"7KQ {{here}}/out {_MEMBER}", "case follow-up": f"7KQ 2030-01-01 {_MEMBER}",
    "group approve": f"{'1' * 40} {_MEMBER}",
    "group remove": f"kim {_MEMBER}", "group quorum": f"2 {_MEMBER}", "group epoch-days": f"30 {_MEMBER}",
    "group freshness-days": f"7 {_MEMBER}", "group sign": f"1 {_MEMBER}", "recovery create": f"2 {_MEMBER}",
    "recovery propose": f"kim sam {_MEMBER}", "keylist verify": f"--server {GONE}",
    "enrol": f"{LINK} --handle sam --passphrase-file {{made}}/passphrase", "site verify": GONE,
}  # fmt: skip
COMMANDS = {**ON_THE_STORE, **BESIDE_THE_STORE, **OF_A_MEMBER}


@dataclass(frozen=True, slots=True)
class Done:
    """What a command printed, and its exit code."""

    command: str
    code: int
    out: str
    err: str


def settings_of(folder: Path | str, command: str = "") -> dict[str, str]:
    """Return the settings of an installation. It has a mirror if the command fills one."""
    mirror = f"{folder}/mirror" if command == "key-store fill" else ""
    values = {"DATA": f"{folder}/var", "KEY_STORE": f"{folder}/keys", "KEY_STORE_MIRRORS": mirror, "CONFIG": ""}
    return {f"INTAKE_{name}": value for name, value in values.items()}


def make_installation(folder: Path) -> Path:
    """Make an installation with deletion keys, a backup of it, and the files that commands read."""
    for name, content in {"passphrase": "plum trellis anchor 94 quiet", "canary": "canary"}.items():
        (folder / name).write_text(content)
    shutil.copy(SAMPLE_FORMS / "need.toml", folder)
    environment = settings_of(folder)
    for command in ("migrate", "retention run"):
        assert run(command, folder, folder, environment).code == 0
    with mock.patch.dict(COMMANDS, {"backup": "--new-key {here}/key.txt"}):
        (folder / "to").write_text(run("backup", folder, folder, environment).out)
    done = run("backup", folder, folder, environment)
    assert done.code == 0, done
    return folder


def names(app: Any = None, before: str = "") -> Iterator[str]:
    """Yield the name of each command that the help shows."""
    app = app or typer.main.get_command(main.app)
    if not hasattr(app, "commands"):
        yield before.strip()
        return
    for name, command in app.commands.items():
        if not command.hidden:
            yield from names(command, f"{before} {name}")


def run(
    command: str, made: Path, here: Path | str, environment: Mapping[str, str], *, encoding: str = "utf-8", typed: str = ""
) -> Done:
    """Run a command as the program does, except that `intake run` does not serve."""
    words = [*command.split(), *(word.format(made=made, here=here) for word in COMMANDS[command].split())]
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding) for _ in range(2))
    with ExitStack() as stack:
        stack.enter_context(mock.patch.dict(os.environ, environment))
        stack.enter_context(mock.patch.object(sys, "argv", ["intake", *words]))
        stack.enter_context(mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed.encode()))))
        stack.enter_context(mock.patch.object(main, "harden"))
        stack.enter_context(mock.patch.object(server, "Site", rendered_for))
        stack.enter_context(mock.patch.object(server, "serve", _close))
        stack.enter_context(redirect_stdout(out))
        stack.enter_context(redirect_stderr(err))
        try:
            main.main()
            code: object = 0
        except SystemExit as ended:
            code = ended.code
        for stream in (out, err):
            stream.flush()
    printed, said = (stream.buffer.getvalue().decode("utf-8", "replace") for stream in (out, err))
    return Done(command, code if isinstance(code, int) else 0, printed, said)


def run_all(made: Path, here: Path, named: str = "") -> dict[str, Done]:
    """Run every command in a copy of an installation, without a store for the command that restores it.

    Args:
        made: the installation.
        here: the folder of the copy.
        named: the folder as the settings and arguments name it.
    """
    shutil.copytree(made, here)
    done = {}
    for command in COMMANDS:
        if command == "restore":
            (here / "var" / "store.db").rename(here / "earlier.db")
        if command == "key-store fill" and ":" in str(here):
            continue  # a colon separates the folders of the setting
        done[command] = run(command, made, named or here, settings_of(named or here, command))
    return done


def _close(service: Service, _: object) -> None:
    service.close()


@contextmanager
def unprivileged() -> Iterator[None]:
    """Let file modes apply, also where the tests run as root."""
    if os.geteuid():
        yield
        return
    # Commands import these late, and the account may not read the interpreter's folder.
    import_module("intake.cli.refusals")
    languages()
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


if __name__ == "__main__":  # MADE HERE: print the exit code of each command, and what it said
    answers = run_all(Path(sys.argv[1]), Path(sys.argv[2]))
    print(json.dumps({command: (done.code, done.out + done.err) for command, done in answers.items()}))
