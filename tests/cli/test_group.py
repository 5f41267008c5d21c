"""The group's commands against a real server: adding members, rules, stopping, leaving, keys, the key list, also in JSON."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from intake.cli.errors import CommandError
from intake.cli.main import app
from tests.support.forked_server import started
from tests.support.terminal import NEXT, PASSPHRASE, Terminal, enrol, joins


def test_a_group_decides_at_terminals(environment: dict[str, str], tmp_path: Path) -> None:
    with started(environment) as (client, link):
        enrol(link, PASSPHRASE, "sam")
        sam = Terminal(str(client.base_url), "sam", PASSPHRASE)
        kim, digits = joins(sam, "kim")
        with pytest.raises(CommandError, match="nobody was approved"):
            sam("group", "approve", digits[::-1])
        assert "The decision is in force" in sam("group", "approve", digits)

        # In a group of two, a proposal of one waits until the other stops it or agrees.
        assert "takes effect 3 days after" in sam("group", "epoch-days", "14")
        with pytest.raises(CommandError):
            sam("group", "stop")
        assert "The decision is in force" in kim("group", "stop")
        with pytest.raises(CommandError, match="no decision is pending"):
            kim("group", "stop")
        assert "takes effect 3 days after" in kim("group", "epoch-days", "14")
        assert "The decision is in force" in sam("group", "epoch-days", "14")

        lee, digits = joins(kim, "lee")
        assert "takes effect 3 days after" in kim("group", "approve", digits)
        arabic = digits.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
        assert "The decision is in force" in sam("group", "approve", arabic)

        # In a group of three, two members decide.
        assert "1 more must sign" in sam("group", "quorum", "3")
        shown = lee("group", "show")
        assert "3 must agree" in shown
        assert "signed by sam" in shown
        with pytest.raises(CommandError, match="no proposal with this number"):
            lee("group", "sign", "9")
        assert "The decision is in force" in lee("group", "sign", "1")
        assert "2 more must sign" in kim("group", "remove", "sam")
        with pytest.raises(CommandError, match="no colleague"):
            kim("group", "remove", "nobody")
        assert "You have left" in lee("group", "remove", "lee")  # a member who leaves needs only their own signature
        with pytest.raises(CommandError):
            lee("group", "show")

        # Keys, and the key list that shows every decision.
        assert json.loads(sam("keys", "rotate", "--json")) == {"rotated": True, "unreadable_cases": 0}
        output = CliRunner().invoke(app, ["keylist", "verify", "--server", sam.server, "--json"]).output
        verified = json.loads(output)
        assert verified["members"] == 2
        options = ["keylist", "verify", "--server", sam.server, "--fingerprint"]
        assert CliRunner().invoke(app, [*options, verified["fingerprint"]]).exit_code == 0
        assert CliRunner().invoke(app, [*options, "1" * 40]).exit_code != 0
        for cut in (verified["fingerprint"][:-1], "the poster"):
            assert CliRunner().invoke(app, [*options, cut]).exit_code != 0, "the command names a missing fingerprint"
        new = tmp_path / "new"
        new.write_text(NEXT)
        sam("keys", "passphrase", "--new-passphrase-file", str(new))
        with pytest.raises(CommandError):
            sam("group", "show")
        sam.passphrase = NEXT
        assert "sam" in sam("group", "show")
