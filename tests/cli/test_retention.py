"""The output and exit codes of `intake retention …`, `intake doctor`, `intake key-store …` and `intake backup`."""

import datetime as dt
import json
import shutil
from dataclasses import fields
from pathlib import Path

import pytest
from typer.testing import CliRunner

from crypto import keylist
from crypto.encoding import GroupId, MemberId, new_id
from crypto.keylist import Change
from crypto.signing import SigningKey
from intake.cli.clock import in_words
from intake.cli.main import app
from intake.service.service import Service, utc_now
from intake.settings import read
from intake.store.cases import submissions
from intake.store.clock import Corrections
from intake.store.members import members
from tests.support.world import World

DAY = dt.timedelta(days=1)


def intake(*arguments: str, typed: str = "") -> tuple[int, str]:
    result = CliRunner().invoke(app, [*arguments], input=typed)
    if result.exception and not isinstance(result.exception, SystemExit):
        return 2, str(result.exception)
    return result.exit_code, result.stdout


@pytest.fixture
def stored(environment: dict[str, str]) -> tuple[str, str]:
    """Make an installation with a key list and two cases, one of which expires tomorrow; return their ids."""
    service = Service.open(read(environment), upgrade=True)
    service.job.run(service.today)
    key, member = SigningKey.generate(), MemberId(new_id())
    first = keylist.found_group(GroupId(new_id()), member, key, service.today.isoformat())
    keys = keylist.verify([first], service.today)
    retention = service.job.signing_key.verifying_key.text
    body = keylist.next_body(keys, Change.RETENTION, service.today.isoformat(), key=retention)
    maker = World(
        service.settings.data, service.database, service.job.key_store, service.job.store, service.job.roots, service.row_keys,  # type: ignore[arg-type]
        service.job, {},
    )  # fmt: skip
    with service.database.transaction() as tx:
        members.append_entry(tx, 0, first)
        members.append_entry(tx, 1, keylist.sign(body, {member: key}))
    made = []
    for days in (1, 20):
        new, _ = maker.submission("canary", service.today + days * DAY)
        with service.database.transaction() as tx:
            submissions.submit(tx, service.row_keys, [new], service.today)
        made.append(new.case)
    service.close()
    return made[0], made[1]


def later(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    """Set the machine's clock that many days ahead."""
    now = utc_now() + days * DAY
    for module in ("intake.cli.retention", "intake.cli.doctor", "intake.cli.backups", "intake.cli.clock", "intake.cli.status"):
        monkeypatch.setattr(f"{module}.utc_now", lambda: now)
    monkeypatch.setattr(Service.open.__func__, "__defaults__", (lambda: now,))  # type: ignore[attr-defined]


def test_the_status_counts_the_upcoming_days_and_their_keys(stored: tuple[str, str]) -> None:
    code, printed = intake("retention", "status", "--json")
    report = json.loads(printed)
    assert (code, sum(report["coming"].values()), report["oldest"], report["overdue"]) == (0, 2, None, [])
    assert report["keys"]["day"] > 80


def test_the_status_draws_the_upcoming_days(stored: tuple[str, str]) -> None:
    assert "█" in intake("retention", "status")[1]


def test_a_dry_run_names_the_expired_day_and_deletes_nothing(stored: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    later(monkeypatch, 1)
    tomorrow = (utc_now().date() + DAY).isoformat()
    assert json.loads(intake("retention", "run", "--dry-run", "--json")[1]) == {"days": {tomorrow: 1}, "punctures": {}}
    assert intake("retention", "run", "--dry-run")[1] == f"{tomorrow}  1 cases\n"


def test_a_run_after_a_dry_run_deletes_the_expired_day(stored: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    later(monkeypatch, 1)
    tomorrow = (utc_now().date() + DAY).isoformat()
    assert intake("retention", "run", "--dry-run")[0] == 0
    code, printed = intake("retention", "run", "--json")
    report = json.loads(printed)
    assert (code, report["cases"], report["days"], report["left"]) == (0, 1, [tomorrow], [])
    assert intake("retention", "run")[0] == 0


def test_a_clock_that_contradicts_the_last_run_is_refused_with_both_dates_until_confirmed(
    stored: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    later(monkeypatch, 4)
    code, said = intake("retention", "run")
    assert code == 2
    assert utc_now().date().isoformat() in said
    assert (utc_now().date() + 4 * DAY).isoformat() in said
    assert intake("retention", "status")[0] == 1  # a monitor reads the exit code
    assert intake("doctor")[0] == 1
    assert intake("retention", "run", "--the-clock-is-right")[0] == 0
    later(monkeypatch, 0)
    assert intake("retention", "run")[0] == 2
    assert intake("retention", "run", "--the-clock-is-right")[0] == 0


def test_a_clock_ahead_is_shown_as_wrong_and_no_server_starts(stored: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert intake("clock", "show")[0] == 0
    later(monkeypatch, 40)
    code, printed = intake("clock", "show", "--json")
    report = json.loads(printed)
    assert (code, report["clock"]) == (1, (utc_now().date() + 40 * DAY).isoformat())
    assert report["clock"] in report["wrong"]
    assert report["clock"] in json.loads(intake("status", "--json")[1])["clock"]
    assert intake("run")[0] == 2


def test_a_person_who_confirms_the_clock_reads_of_every_kind_of_correction() -> None:
    kinds = [field.name for field in fields(Corrections)]
    lines = in_words(Corrections(**dict.fromkeys(kinds, 2)))
    assert len(lines) == len(set(lines)) == len(kinds)


def test_a_clock_that_a_person_confirmed_is_used_until_a_person_confirms_another(
    stored: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    later(monkeypatch, 40)
    ahead = (utc_now().date() + 40 * DAY).isoformat()
    assert json.loads(intake("clock", "confirm", "--json")[1]) == {"clock": ahead, "corrected": {}}
    assert intake("retention", "run")[0] == 0
    later(monkeypatch, 0)
    assert intake("clock", "confirm")[0] == 0  # this corrects the first confirmation, which was wrong
    assert intake("clock", "show")[0] == 0


def test_the_proof_is_checked_and_an_undestroyed_key_is_found(
    stored: tuple[str, str], monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> None:
    assert intake("retention", "verify")[0] == 0
    folder = Path(environment["INTAKE_KEY_STORE"])
    tomorrow = (utc_now().date() + DAY).isoformat()
    shutil.copy(folder / f"day.{tomorrow}.1.key", folder / "copy")
    later(monkeypatch, 1)
    assert intake("retention", "run")[0] == 0
    assert json.loads(intake("retention", "verify", "--json")[1])["wrong"] == []
    shutil.copy(folder / "copy", folder / f"day.{tomorrow}.1.key")
    code, printed = intake("retention", "verify")
    assert code == 1
    assert "exists although a certificate says" in printed


def test_without_a_key_list_there_is_nothing_to_verify(environment: dict[str, str]) -> None:
    intake("migrate")
    assert intake("retention", "verify") == (2, "there is nothing to verify: no coordinator has enrolled yet")


def test_a_case_is_found_in_raw_files_before_its_purge_and_nowhere_after(
    stored: tuple[str, str], monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], tmp_path: Path
) -> None:
    gone, live = stored
    data, probes = environment["INTAKE_DATA"], str(tmp_path / "probes.json")
    code, printed = intake("retention", "scan", data, "--case", gone, "--save-probes", probes)
    assert code == 1
    assert "store.db at byte" in printed
    later(monkeypatch, 1)
    assert intake("retention", "run")[0] == 0
    code, printed = intake("retention", "scan", data, "--probes", probes)
    assert (code, "nothing found" in printed) == (0, True)
    assert intake("retention", "scan", data, "--case", gone)[0] == 2
    report = json.loads(intake("retention", "scan", data, "--case", live, "--json")[1])
    assert len(report["found"]) > 50
    assert intake("retention", "scan", data, "--canary-file", "-", typed="canary")[0] == 0
    (Path(data) / "log").write_text("here is a canary")
    assert intake("retention", "scan", data, "--canary-file", "-", typed="canary")[0] == 1
    assert intake("retention", "scan", data) == (2, "there is nothing to search for. Give --canary-file, --case or --probes")
    assert "not complete" in intake("retention", "scan", str(tmp_path / "none"), "--canary-file", "-", typed="canary")[1]


def test_the_doctor_names_each_weakness(stored: tuple[str, str], environment: dict[str, str], tmp_path: Path) -> None:
    code, printed = intake("doctor")
    assert code == 1
    assert "Losing the key store loses every live case" in printed
    assert "it has no mirror" in printed
    assert environment["INTAKE_KEY_STORE"] in json.loads(intake("doctor", "--json")[1])


def test_a_new_mirror_is_filled_once_confirmed(
    stored: tuple[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert intake("key-store", "fill")[0] == 2
    monkeypatch.setenv("INTAKE_KEY_STORE_MIRRORS", str(tmp_path / "mirror"))
    code, printed = intake("retention", "run")
    assert (code, "not available, or is new and not filled" in printed.replace("\n", " ")) == (1, True)
    assert intake("key-store", "fill")[0] == 0
    assert intake("retention", "run")[0] == 0
    assert len(list((tmp_path / "mirror").glob("day.*.key"))) > 80
    assert "it is on the same disk" in intake("doctor")[1]
    assert "day" in intake("key-store", "list")[1]


def test_a_backup_names_wrong_recipients_and_wrong_paths(
    stored: tuple[str, str], environment: dict[str, str], tmp_path: Path
) -> None:
    assert intake("backup")[0] == 2
    assert "needs a recipient" in intake("backup", str(tmp_path / "b.age"))[1]
    assert "not a post-quantum" in intake("backup", str(tmp_path / "b.age"), "--to", "age1xyz")[1]
    key = tmp_path / "key.txt"
    recipient = intake("backup", "--new-key", str(key))[1].strip()
    assert key.stat().st_mode & 0o777 == 0o600
    (tmp_path / "to.txt").write_text(recipient)
    assert intake("backup", str(tmp_path / "b.age"), "--to", str(tmp_path / "to.txt"))[0] == 0
    assert (tmp_path / "b.age").read_bytes().startswith(b"age-encryption.org/v1\n")
    assert "cannot be written" in intake("backup", str(tmp_path / "no" / "b.age"), "--to", recipient)[1]
    assert [path.name for path in Path(environment["INTAKE_DATA"]).glob(".*")] == []
    (tmp_path / "none.txt").write_text("# nothing\n")
    assert "no age identity" in intake("restore", str(tmp_path / "b.age"), "--identity", str(tmp_path / "none.txt"))[1]
    assert "not a file of age keys" in intake("restore", str(tmp_path / "b.age"), "--identity", str(tmp_path / "b.age"))[1]
    assert "No such file" in intake("restore", str(tmp_path / "c.age"), "--identity", str(key))[1]
    store = Path(environment["INTAKE_DATA"]) / "store.db"
    store.rename(tmp_path / "lost.db")
    whole = (tmp_path / "b.age").read_bytes()
    for broken in (whole[:-1], whole[:200_000] + b"x" + whole[200_001:], b"none"):
        (tmp_path / "broken.age").write_bytes(broken)
        assert intake("restore", str(tmp_path / "broken.age"), "--identity", str(key))[0] == 2
        assert not list(Path(environment["INTAKE_DATA"]).glob("*.db*"))
    key_store = Path(environment["INTAKE_KEY_STORE"])
    key_store.rename(tmp_path / "key-store-away")
    said = intake("restore", str(tmp_path / "b.age"), "--identity", str(key))[1]
    assert "is empty, and no backup can be read without" in said
    (tmp_path / "key-store-away").rename(key_store)
    code, printed = intake("restore", str(tmp_path / "b.age"), "--identity", str(key))
    assert code == 0
    assert "0 cases withdrawn" in printed
    assert store.stat().st_mode & 0o777 == 0o600
