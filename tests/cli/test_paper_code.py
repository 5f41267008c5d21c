"""A newcomer at a terminal enters their paper code once before anything is sent. A script gets it as JSON."""

import json
import os
import pty
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from crypto.digits import in_groups
from intake.cli.paper_code import differing_groups
from tests.support.processes import INTAKE, started

CODE = "0123456789" * 4
PASSPHRASE = "ladder copper winter kite"
NO_LINES_KEPT, LINES_KEPT = "\x1b[?1049h", "\x1b[?1049l"  # a terminal's second screen, and back


def test_an_entry_with_spaces_or_in_other_digits_is_the_code() -> None:
    assert differing_groups(CODE, CODE) == []
    assert differing_groups(in_groups(CODE), CODE) == []
    assert differing_groups(CODE.translate({ord("0") + n: 0x660 + n for n in range(10)}), CODE) == []


def test_the_groups_that_differ_are_named() -> None:
    assert differing_groups(f"1{CODE[1:]}", CODE) == [1]
    assert differing_groups(f"{CODE[:4]}0000{CODE[8:12]}0000{CODE[16:]}", CODE) == [2, 4]
    assert differing_groups(CODE[:30], CODE) == [8, 9, 10]
    assert differing_groups(f"{CODE}0", CODE) == [10]


class Screen:
    """A terminal in which `intake` runs."""

    def __init__(self, environment: dict[str, str], *arguments: str) -> None:
        self.terminal, end = pty.openpty()
        environment = {**environment, "TERM": "xterm", "COLUMNS": "200"}
        self.process = subprocess.Popen([str(INTAKE), *arguments], env=environment, stdin=end, stdout=end, stderr=end)
        os.close(end)
        self.printed = ""

    def until(self, words: str) -> str:
        """Return what is printed up to these words."""
        while words not in self.printed:
            self.printed += os.read(self.terminal, 4096).decode()
        before, _, self.printed = self.printed.partition(words)
        return before

    def type(self, words: str) -> None:
        """Type a line."""
        os.write(self.terminal, f"{words}\n".encode())


@contextmanager
def enrolling(environment: dict[str, str], link: str) -> Iterator[Screen]:
    """Enrol at a terminal, up to the paper code."""
    screen = Screen(environment, "enrol", link, "--handle", "sam")
    for _ in range(2):
        screen.until(": ")
        screen.type(PASSPHRASE)
    screen.until(NO_LINES_KEPT)
    yield screen
    screen.process.wait(60)
    os.close(screen.terminal)


def test_a_newcomer_enters_the_paper_code_before_anything_is_sent_and_it_leaves_the_screen(environment: dict[str, str]) -> None:
    with started(environment) as (client, link):
        with enrolling(environment, link) as screen:
            code = re.sub(r"\s", "", re.findall(r"(?:\d{4}\s+){10}", screen.until("Press Enter"))[0])
            assert len(code) == 40
            screen.type("")
            screen.until("on your paper")
            screen.type(f"{code[:8]}{(int(code[8]) + 1) % 10}{code[9:]}")
            screen.until("Different from the code that was shown: group 3.")
            screen.type("")
            assert in_groups(code) in screen.until("Press Enter"), "shown again when asked"
            assert client.get("/api/form/keylist").json()["entries"] == []
            screen.type("")
            screen.until("on your paper")
            screen.type(in_groups(code))
            screen.until(LINES_KEPT)
            assert code[:4] not in screen.until("\r\n  ")  # the digits of the group follow
        assert screen.process.returncode == 0
        assert len(client.get("/api/form/keylist").json()["entries"]) == 2


def test_a_newcomer_who_stops_at_the_paper_code_has_sent_nothing(environment: dict[str, str]) -> None:
    with started(environment) as (client, link):
        with enrolling(environment, link) as screen:
            screen.until("Press Enter")
            screen.process.send_signal(signal.SIGINT)
        assert screen.process.returncode != 0
        assert client.get("/api/form/keylist").json()["entries"] == []


def test_a_script_gets_the_paper_code_as_json_and_is_asked_nothing(environment: dict[str, str]) -> None:
    with started(environment) as (_, link):
        command = [str(INTAKE), "enrol", link, "--handle", "sam", "--passphrase-file", "-", "--json"]
        done = subprocess.run(command, env=environment, input=PASSPHRASE, capture_output=True, text=True, check=True)
    enrolled = json.loads(done.stdout)
    assert enrolled["joined"] is False
    assert len(enrolled["paper_code"]) == 40
