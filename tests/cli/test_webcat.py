"""`intake site webcat` writes what WEBCAT's extension looks up. The rules here are those of its source and documentation."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from intake.cli import site as site_commands
from intake.cli import webcat
from intake.cli.main import app as commands
from intake.server.middleware import HEADERS
from tests.support.rendered import rendered


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("webcat") / "new"
    webcat.write(rendered(), folder)
    return folder


def looked_up(folder: Path, address: str) -> Path:
    """Return the file that the extension compares an address with: exact, then as a folder's index, then the fallback."""
    exact = folder / "pages" / address.lstrip("/")
    if exact.is_file():
        return exact
    return exact / "index.html" if address.endswith("/") else folder / "pages" / "error.html"


def test_every_address_of_the_site_is_the_file_that_webcat_looks_up(folder: Path) -> None:
    for address, file in rendered().files.items():
        assert looked_up(folder, address).read_bytes() == file.body, address
    assert b"Page not found" in looked_up(folder, "/nothing").read_bytes()


def test_the_configuration_has_every_field_and_the_policies_that_are_served(folder: Path) -> None:
    config = json.loads((folder / webcat.CONFIG).read_text())
    assert config.keys() == {"app", "version", "default_csp", "default_index", "default_fallback", "wasm", "extra_csp"}
    assert config["default_csp"] == HEADERS["content-security-policy"]
    assert (folder / "pages" / config["default_index"]).is_file()
    assert (folder / "pages" / config["default_fallback"].lstrip("/")).is_file()
    assert config["extra_csp"] == {a: file.policy for a, file in rendered().files.items() if file.policy is not None} != {}
    for policy in (config["default_csp"], *config["extra_csp"].values()):
        assert policy.startswith("default-src 'none'; ")
        assert "," not in policy
        assert "unsafe-inline" not in policy


def test_every_webassembly_module_of_a_script_is_named(folder: Path) -> None:
    config = json.loads((folder / webcat.CONFIG).read_text())
    modules = sum(file.body.count(b"AGFzbQ") for file in rendered().files.values())  # what each module begins with, as base64
    assert len(config["wasm"]) == modules > 0
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", digest) for digest in config["wasm"])


def test_a_folder_that_exists_is_not_written_to(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_commands, "Site", lambda settings: rendered())
    before = sorted(folder.rglob("*"))
    result = CliRunner().invoke(commands, ["site", "webcat", str(folder)])
    assert "exists. Nothing was written" in str(result.exception)
    assert sorted(folder.rglob("*")) == before
    assert CliRunner().invoke(commands, ["site", "webcat", str(folder.parent / "second")]).exit_code == 0


def test_the_manifest_of_the_release_is_printed_and_another_installation_is_named(tmp_path: Path) -> None:
    printed = CliRunner().invoke(commands, ["site", "manifest"]).stdout
    published = tmp_path / "site.json"
    published.write_text(printed.replace('"client/form.js": "', '"client/form.js": "0'))
    result = CliRunner().invoke(commands, ["site", "verify", "http://127.0.0.1:9", "--release-manifest", str(published)])
    assert "this installation is not the release" in str(result.exception)
    published.write_text(printed)
    assert (
        CliRunner().invoke(commands, ["site", "verify", "http://127.0.0.1:9", "--release-manifest", str(published)]).exit_code
        == 3
    )
