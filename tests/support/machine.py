"""A simulated Debian machine in a folder, on which the shell blocks of the operators' guides run.

Paths such as /etc are folders below it. Small programs of our own replace programs that change a machine. The
`intake` command is real.
"""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.support.patience import PATIENCE
from tests.support.processes import free_port, listens

ROOT = Path(__file__).parents[2]
PATHS = re.compile(r"(?<![\w/.])/(?=(?:opt|etc|var/lib|var/backups|usr/local/bin|mnt)/)")
PASSPHRASE = "long-copper-river-7-lantern"
BLOCK = re.compile(r"^( *)(<!-- [^\n]* -->\n *)?```sh\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
DIALOGUE = re.compile(r"\s*```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)

_PYTHON = f"#!{sys.executable}\n"
PROGRAMS = {
    "apt-get": "#!/bin/sh\n",
    "adduser": "#!/bin/sh\n",
    "chown": "#!/bin/sh\n",
    "id": "#!/bin/sh\necho 0\n",
    "runuser": '#!/bin/sh\n[ "$1 $2 $3" = "-u intake --" ] || exit 2\nshift 3\nexec "$@"\n',
    "curl": f"#!{sys.executable}\nimport os, sys, urllib.request\n"
    "url = sys.argv[-1].replace('https://help.example', 'http://127.0.0.1:' + os.environ['INTAKE_PORT'])\n"
    "print(urllib.request.urlopen(url).status)\n",
    # Copies from the folder of another machine instead of over SSH.
    "rsync": f"#!{sys.executable}\nimport os, shutil, sys\n_, source, target = sys.argv[1:]\n"
    "source = source.removeprefix('root@old.example:').replace(os.environ['MACHINE'], os.environ['OLD_MACHINE'])\n"
    "assert source.endswith('/') and target.endswith('/')\nshutil.copytree(source, target, dirs_exist_ok=True)\n",
    # The software is the checkout of these tests. Links replace what git would fetch and make would install.
    "git": '#!/bin/sh\nif [ "$1" = clone ]; then mkdir -p "$3" && ln -s "$2"/* "$3"/; fi\n',
    "make": f'#!/bin/sh\nln -sfn "{ROOT}/.venv" "$2/.venv"\nexec /usr/bin/make -n "$@" > /dev/null\n',
}
INSTALL = (
    _PYTHON
    + '''
"""install(1) without other owners; the paths in a file that is installed are redirected as in the guide."""
import os, re, subprocess, sys
args = sys.argv[1:]
for option in ("-o", "-g"):
    if option in args:
        del args[args.index(option) : args.index(option) + 2]
subprocess.run(["/usr/bin/install", *args], check=True)
if "-d" not in args:
    text = open(args[-1]).read()
    open(args[-1], "w").write(re.sub(os.environ["REDIRECTED"], os.environ["MACHINE"] + "/", text))
'''
)
SYSTEMCTL = (
    _PYTHON
    + '''
"""systemctl for units that are really read: their settings, their folders, their command."""
import configparser, os, pathlib, shlex, signal, subprocess, sys, time, socket
units = pathlib.Path(os.environ["MACHINE"], "etc/systemd/system")
verb, *rest = [one for one in sys.argv[1:] if one != "--now"]
def unit(name, kind="service"):
    stem = name.removesuffix(".service").removesuffix(".timer")
    read = configparser.RawConfigParser(strict=False)
    read.optionxform = str
    with open(units / f"{stem}.{kind}") as file:
        read.read_file(file)
    return stem, read
def stop(stem):
    left = units / f"{stem}.pid"
    if left.exists():
        os.kill(int(left.read_text()), signal.SIGTERM)
        state = pathlib.Path("/proc", left.read_text(), "stat")
        for _ in range(900):
            if not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z":
                break
            time.sleep(0.1)
        left.unlink()
def start(stem, read):
    service = read["Service"]
    for folder in service["ReadWritePaths"].split():
        assert folder.startswith("-") or pathlib.Path(folder).is_dir(), folder
    assert service["User"] == "intake" and pathlib.Path(service["WorkingDirectory"]).is_dir()
    file = service["EnvironmentFile"]
    lines = [line for line in open(file.removeprefix("-")) if "=" in line] if file[0] != "-" or os.path.exists(file[1:]) else []
    environment = {name: value for name, value in os.environ.items() if name != "INTAKE_CONFIG"}
    for line in [service["Environment"], *lines]:
        name, _, value = line.partition("=")
        environment[name] = shlex.split(value)[0]
    command = shlex.split(service["ExecStart"])
    if service.get("Type") == "oneshot":
        subprocess.run(command, env=environment, check=True)
        return
    log = open(units / f"{stem}.log", "w")
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=log, start_new_session=True)
    (units / f"{stem}.pid").write_text(str(process.pid))
    for _ in range(2000):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", int(os.environ["INTAKE_PORT"]))) == 0:
                return
        assert process.poll() is None, (units / f"{stem}.log").read_text()
        time.sleep(0.1)
    sys.exit("the service does not listen: " + (units / f"{stem}.log").read_text())
for name in rest:
    if verb in ("enable", "start", "restart"):
        stem, read = unit(name)
        if name.endswith(".timer"):
            assert unit(name, "timer")[1]["Install"]["WantedBy"] == "timers.target"
        stop(stem)
        start(stem, read)
    elif verb in ("stop", "disable"):
        stop(unit(name)[0])
    else:
        sys.exit(f"not known here: systemctl {verb}")
'''
)


class Machine:
    """The folder and its programs, and how a page's blocks run there."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        programs = folder / "programs"
        for path in ("programs", "etc/systemd/system", "var/lib", "var/backups", "usr/local/bin", "opt", "mnt/second"):
            (folder / path).mkdir(parents=True)
        for name, text in {**PROGRAMS, "install": INSTALL, "systemctl": SYSTEMCTL}.items():
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)
        self.environment = {
            "PATH": f"{programs}:{folder}/usr/local/bin:/usr/bin:/bin",
            "MACHINE": str(folder),
            "REDIRECTED": PATHS.pattern,
            "REPOSITORY": str(ROOT),
            "INTAKE_PORT": str(self.port),
            "INTAKE_CONFIG": f"{folder}/etc/sealed-intake/intake.toml",
            "PYTHONUNBUFFERED": "1",
            "LANG": "C.UTF-8",
            "COLUMNS": "120",
        }
        self.link, self.printed = "", list[str]()

    def redirected(self, text: str) -> str:
        """Return the text with every path of the machine below its folder."""
        return PATHS.sub(f"{self.folder}/", text)

    def follow(self, page: str, *, until: str = "", old: "Machine | None" = None) -> None:
        """Run each block of a page that is marked `sh`, in order; stop at the first that fails.

        Args:
            page: a page of docs/howto.
            until: the heading before which to stop.
            old: the machine on which blocks run that are marked so.
        """
        guide = (ROOT / "docs" / "howto" / page).read_text("utf-8")
        if until:
            guide, found, _ = guide.partition(f"\n## {until}")
            assert found, f"{page} has no heading {until}"
        blocks = list(BLOCK.finditer(guide))
        assert blocks
        for match in blocks:
            indent, comment, block = match.groups(default="")
            text = re.sub(rf"^{indent}", "", block, flags=re.MULTILINE)
            if "on the old machine" in comment:
                assert old, f"{page} has a block for an old machine"
                old.run(text)
            elif "serves until it is stopped" in comment:
                self._found(text)
            elif "answers the questions" in comment:
                shown = DIALOGUE.match(guide, match.end())
                assert shown, f"{page} shows no answers after: {text}"
                self._answer(text, shown[1])
            else:
                self.run(text)

    def run(self, block: str, typed: str = "") -> str:
        """Run one block in a root shell, with these answers typed; return its output."""
        done = subprocess.run(
            ["/bin/bash", "-euo", "pipefail", "-c", self.redirected(block)],
            env=self.environment,
            cwd=self.folder,
            input=typed,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"
        return done.stdout

    def _answer(self, block: str, dialogue: str) -> None:
        """Type the answers that a page shows, and check that exactly the questions it shows were asked."""
        lines = [line.partition("]:") for line in dialogue.splitlines()]
        printed = self.run(block, "".join(f"{answer.strip()}\n" for _, _, answer in lines))
        questions = "".join(f"{question}]: " for question, _, _ in lines)
        assert printed.startswith(questions), printed

    def _found(self, block: str) -> None:
        """Start the server by hand, enrol at its founding link as a browser would, and stop it with Ctrl-C."""
        command = ["/bin/bash", "-euc", f"exec {self.redirected(block)}"]
        with subprocess.Popen(command, env=self.environment, cwd=self.folder, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            try:
                for line in process.stdout:
                    self.printed.append(line.rstrip())
                    if "/desk/enrol/#" in line:
                        break
                self.link = self.printed.pop().strip()
                assert self.link.startswith("https://help.example/"), self.link
                listens(self.port)
                here = self.link.replace("https://help.example", f"http://127.0.0.1:{self.port}")
                self.run(f"echo {PASSPHRASE} | intake enrol {shlex.quote(here)} --handle sam --passphrase-file -")
            finally:
                process.send_signal(signal.SIGINT)
        assert process.returncode == 0

    def stop(self) -> None:
        """End every service that still runs."""
        for left in (self.folder / "etc/systemd/system").glob("*.pid"):
            os.kill(int(left.read_text()), signal.SIGTERM)
            until = time.monotonic() + PATIENCE
            while Path(f"/proc/{left.read_text()}").exists() and time.monotonic() < until:
                time.sleep(0.05)
