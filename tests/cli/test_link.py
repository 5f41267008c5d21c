"""`intake link` prints the founding link again, because a service manager hides the output of the server's start."""

import os
from pathlib import Path

from tests.support.forked_server import intake, started
from tests.support.processes import enrol_at

PASSPHRASE = "copper ladder winter kite"


def test_a_new_founding_link_replaces_the_first_until_it_is_used(environment: dict[str, str]) -> None:
    with started(environment) as (_, first):
        second = intake(environment, "link").stdout.strip()
        assert second.partition("#")[0] == first.partition("#")[0]
        assert second != first
        assert enrol_at(environment, first, PASSPHRASE).returncode == 2
        assert enrol_at(environment, second, PASSPHRASE).returncode == 0
        third = intake(environment, "link")
    assert (third.returncode, third.stdout) == (2, "")
    assert "the group has a coordinator, so no link was made" in third.stderr


def test_a_link_is_refused_where_there_is_no_store(tmp_path: Path) -> None:
    environment = {**os.environ, "INTAKE_DATA": f"{tmp_path}/var", "INTAKE_KEY_STORE": f"{tmp_path}/keys"}
    done = intake(environment, "link")
    assert done.returncode == 2
    assert "there is no store at" in done.stderr
    assert not (tmp_path / "var" / "store.db").exists()
