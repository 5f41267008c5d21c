"""A wheel and an sdist are complete, hold nothing else, and are the same bytes in two builds."""

import json
import os
import tarfile
import zipfile
from hashlib import sha256
from pathlib import Path

from intake.site import release
from tests.support.packaging import BIN, CLIENT, ROOT, build, built, copied, tracked, with_npm_packages

NAME = "sealed_intake-0.1.0"


def test_two_builds_in_different_folders_with_different_modes_are_the_same_bytes(
    first: dict[str, Path], tmp_path: Path
) -> None:
    second = built(copied(tmp_path / "another place", mode=0o600), tmp_path / "out", "--sdist", "--wheel")
    assert {path.suffix: path.read_bytes() == first[path.suffix].read_bytes() for path in second} == {".gz": True, ".whl": True}


def test_the_sdist_has_every_tracked_file_and_builds_the_same_wheel_by_itself(first: dict[str, Path], tmp_path: Path) -> None:
    with tarfile.open(first[".gz"]) as archive:
        names = {name.removeprefix(f"{NAME}/") for name in archive.getnames()}
        archive.extractall(tmp_path, filter="data")
    assert names == {*tracked(), "PKG-INFO"}
    assert {"intake/client/src/form/main.ts", "intake/client/package-lock.json", "requirements/run.txt"} <= names
    with_npm_packages(tmp_path / NAME)
    [wheel] = built(tmp_path / NAME, tmp_path / "out", "--wheel")
    assert wheel.read_bytes() == first[".whl"].read_bytes()


def test_the_wheel_holds_the_client_that_is_served_here_and_one_package_on_the_import_path(first: dict[str, Path]) -> None:
    with zipfile.ZipFile(first[".whl"]) as archive:
        names = set(archive.namelist())
        packages = "sealed_intake/_packages/"
        bundles = {path.name: path.read_bytes() for path in (ROOT / CLIENT / "dist" / "site").glob("*.js")}
        assert len(bundles) > 10
        assert {name: archive.read(f"{packages}{CLIENT}/dist/site/{name}") for name in bundles} == bundles
    assert {name.partition("/")[0] for name in names} == {"sealed_intake", f"{NAME}.dist-info"}
    deploy = f"{packages}intake/cli/setup_files/deploy/"
    files = {path.name for path in (ROOT / "deploy").iterdir() if path.is_file()}
    assert {deploy + name for name in files} == {name for name in names if name.startswith(deploy)}
    python = {
        f"{packages}{name}"
        for name in tracked()
        if name.startswith(("intake/", "crypto/", "retention/")) and name.endswith(".py")
    }
    assert python <= names
    assert {f"{NAME}.dist-info/sboms/{part}.cdx.json" for part in ("server", "client")} <= names
    assert [name for name in names if "node_modules" in name or name.endswith(".ts")] == []


def test_a_checker_with_the_wheel_and_one_with_a_clone_have_the_same_manifest_of_the_site(first: dict[str, Path]) -> None:
    folders = {"client/": f"sealed_intake/_packages/{CLIENT}/dist/site/", "site/": "sealed_intake/_packages/intake/site/"}
    with zipfile.ZipFile(first[".whl"]) as archive:
        hashes = {
            short + name.removeprefix(folder): sha256(archive.read(name)).hexdigest()
            for short, folder in folders.items()
            for name in archive.namelist()
            if name.startswith(folder)
        }
    assert hashes == json.loads(release.manifest())["files"]


def test_a_build_without_node_fails_and_names_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    for tool in ("python", "git"):
        (tmp_path / "bin" / tool).symlink_to(BIN / tool if (BIN / tool).exists() else f"/usr/bin/{tool}")
    done = build(
        copied(tmp_path / "source"), tmp_path / "out", "--wheel", "--skip-dependency-check", path=str(tmp_path / "bin")
    )
    assert done.returncode == 1
    assert "building it needs Node.js 20.19 or newer with npm" in done.stdout + done.stderr
    assert not list(tmp_path.glob("out/*.whl"))


def test_a_build_whose_client_does_not_compile_fails(tmp_path: Path) -> None:
    source = copied(tmp_path / "source")
    (source / CLIENT / "src" / "form" / "main.ts").write_text("import './missing';\n")
    done = build(source, tmp_path / "out", "--wheel")
    assert done.returncode == 1
    assert "`node build.mjs` failed. No wheel was built" in done.stdout + done.stderr
    assert os.listdir(tmp_path / "out") == []
