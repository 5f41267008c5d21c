"""A key store on a SoftHSM token, directly and through `p11-kit server`: keys never leave the token; a removed token."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pkcs11 import Attribute, KeyType, ObjectClass
from pkcs11.exceptions import ObjectHandleInvalid, PKCS11Error

from crypto.encoding import b64, unb64
from crypto.secret import Secret
from retention.errors import ForeignStoreError, KeyStoreError, LostKeyError
from retention.key_stores import pkcs11
from retention.key_stores.file import FileKeyStore
from retention.key_stores.pkcs11 import Pkcs11KeyStore
from tests.support.patience import PATIENCE

PIN = "1234"
STORE = "A" * 22


def library_path(*places: str) -> str:
    for pattern in places:
        for path in sorted(Path("/usr/lib").glob(pattern)):
            return str(path)
    raise AssertionError(f"install what has {places[0]}: see .ci/machine")


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a fresh token named `probe`."""
    folder = tmp_path / "hsm"
    (folder / "tokens").mkdir(parents=True)
    config = folder / "softhsm2.conf"
    config.write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(config))
    command = ["softhsm2-util", "--init-token", "--free", "--label", "probe", "--so-pin", "12345678", "--pin", PIN]
    subprocess.run(command, check=True, capture_output=True)
    return folder / "tokens"


def opened(tmp_path: Path, module: str = "", copies: str = "copies", pin: str = PIN) -> Pkcs11KeyStore:
    library = module or library_path("softhsm/libsofthsm2.so", "**/libsofthsm2.so")
    return Pkcs11KeyStore(library, "probe", Secret(pin.encode()), FileKeyStore(tmp_path / copies))


@pytest.fixture
def key_store(token: Path, tmp_path: Path) -> Pkcs11KeyStore:
    made = opened(tmp_path)
    made.restart()  # the library in this process still has another test's token open
    made.bind(STORE)
    return made


def test_a_token_makes_the_deletion_key_that_the_format_says(key_store: Pkcs11KeyStore) -> None:
    """Another token that is given the same secret gives the same deletion key, and so opens the same store."""
    vector = json.loads((Path(__file__).parents[1] / "vectors/store/deletion-key-of-a-token.json").read_bytes())
    given = vector["input"]
    assert key_store._session  # one process has one login
    key_store._session.create_object(
        {
            Attribute.CLASS: ObjectClass.SECRET_KEY,
            Attribute.KEY_TYPE: KeyType.GENERIC_SECRET,
            Attribute.TOKEN: True,
            Attribute.SIGN: True,
            Attribute.LABEL: given["purpose"],
            Attribute.ID: str(given["generation"]).encode(),
            Attribute.VALUE: unb64(given["secret"]),
        }
    )
    assert b64(key_store.key(given["purpose"], given["generation"]).reveal()) == vector["output"]["key"]
    assert key_store.destroy(given["purpose"]) == [vector["output"]["fingerprint"]]


def test_a_token_makes_a_new_key_for_each_generation(key_store: Pkcs11KeyStore) -> None:
    assert [key_store.make("day 2026-12-01") for _ in range(3)] == [1, 2, 3]
    first, third = key_store.key("day 2026-12-01", 1), key_store.key("day 2026-12-01", 3)
    assert len(first.reveal()) == 32
    assert first.reveal() != third.reveal()
    assert key_store.key("day 2026-12-01", 1).reveal() == first.reveal()
    assert set(key_store.existing()) == {("day 2026-12-01", n) for n in (1, 2, 3)}


def test_a_token_makes_and_destroys_deletion_keys(key_store: Pkcs11KeyStore) -> None:
    for _ in range(3):
        key_store.make("day 2026-12-01")
    third = key_store.key("day 2026-12-01", 3)
    assert len(key_store.destroy("day 2026-12-01", below=3)) == 2
    with pytest.raises(LostKeyError):
        key_store.key("day 2026-12-01", 1)
    assert key_store.key("day 2026-12-01", 3).reveal() == third.reveal()
    assert key_store.make("day 2026-12-01") == 4  # a number is never used again
    assert len(key_store.destroy("day 2026-12-01")) == 2
    assert key_store.existing() == set()
    assert key_store.repair({}) == []


def test_a_copy_is_deleted_with_the_key_of_its_generation(key_store: Pkcs11KeyStore) -> None:
    key_store.make("day 2026-12-01")
    key_store.keep_copy("day 2026-12-01", 1, b"sealed")
    assert key_store.copy_of("day 2026-12-01", 1) == b"sealed"
    key_store.destroy("day 2026-12-01")
    assert key_store.copy_of("day 2026-12-01", 1) is None


def test_no_file_of_a_token_holds_a_key_before_or_after_it_is_destroyed(key_store: Pkcs11KeyStore, token: Path) -> None:
    key_store.make("day 2026-12-01")
    key = key_store.key("day 2026-12-01", 1).reveal()

    def files() -> list[bytes]:
        return [path.read_bytes() for path in token.rglob("*") if path.is_file()]

    assert not any(key in content for content in files())
    key_store.destroy("day 2026-12-01")
    assert not any(key in content for content in files())


def test_a_second_process_sees_the_keys_that_the_first_made_and_destroyed(key_store: Pkcs11KeyStore, tmp_path: Path) -> None:
    key_store.make("day 2026-12-01")
    child = os.fork()
    if child == 0:
        status = 1
        try:
            other = opened(tmp_path, copies="other")
            other.restart()
            other.bind(STORE)
            assert set(other.existing()) == {("day 2026-12-01", 1)}
            other.make("day 2026-12-02")
            other.destroy("day 2026-12-01")
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert set(key_store.existing()) == {("day 2026-12-02", 1)}


def test_a_removed_token_is_an_error_never_a_false_destruction_and_works_again_once_it_is_back(
    key_store: Pkcs11KeyStore, token: Path, tmp_path: Path
) -> None:
    key_store.make("day 2026-12-01")
    key = key_store.key("day 2026-12-01", 1).reveal()
    away = tmp_path / "pulled"
    shutil.move(token, away)
    for action in (
        lambda: key_store.destroy("day 2026-12-01"),
        lambda: key_store.key("day 2026-12-01", 1),
        lambda: key_store.make("day 2026-12-02"),
        key_store.existing,
        key_store.bound_to,
    ):
        with pytest.raises(KeyStoreError, match="not available"):
            action()
    shutil.move(away, token)
    assert key_store.key("day 2026-12-01", 1).reveal() == key
    assert len(key_store.destroy("day 2026-12-01")) == 1


def test_another_stores_token_and_a_wrong_pin_are_refused(key_store: Pkcs11KeyStore, tmp_path: Path) -> None:
    with pytest.raises(ForeignStoreError, match=STORE):
        opened(tmp_path, copies="third").bind("B" * 22)
    wrong = opened(tmp_path, copies="fourth", pin="9999")
    key_store.restart()
    with pytest.raises(KeyStoreError, match="probe"):
        wrong.existing()
    with pytest.raises(KeyStoreError):
        opened(tmp_path, module="/nowhere/libnone.so").existing()
    key_store.bind(STORE)  # as at every start
    assert key_store.existing() == set()
    swapped = opened(tmp_path, copies="fifth")
    swapped.expect("B" * 22)
    key_store.restart()
    with pytest.raises(KeyStoreError, match="another token"):
        swapped.existing()


@pytest.fixture
def served(token: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The same token over a socket, as several machines would share it; the client library."""
    socket = tmp_path / "p11.sock"
    module = library_path("softhsm/libsofthsm2.so", "**/libsofthsm2.so")
    command = ["p11-kit", "server", "--foreground", "--name", str(socket), "--provider", module, "pkcs11:token=probe"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + PATIENCE
    while not socket.exists():
        assert time.monotonic() < until
        time.sleep(0.02)
    monkeypatch.setenv("P11_KIT_SERVER_ADDRESS", f"unix:path={socket}")
    yield library_path("**/pkcs11/p11-kit-client.so")
    process.terminate()
    process.wait(PATIENCE)


def test_the_token_behind_p11_kit_server_does_the_same(served: str, tmp_path: Path) -> None:
    key_store = opened(tmp_path, module=served)
    key_store.restart()
    key_store.bind(STORE)
    key_store.make("day 2026-12-01")
    assert len(key_store.key("day 2026-12-01", 1).reveal()) == 32
    assert len(key_store.destroy("day 2026-12-01")) == 1
    assert key_store.existing() == set()


class Thing:
    """An object on a token that does what its test says."""

    def __init__(self, held: "list[Thing]", purpose: str, name: bytes, fails: bool = False) -> None:
        self.held, self.purpose, self.name, self.fails = held, purpose, name, fails

    def __getitem__(self, attribute: Attribute) -> object:
        if self.fails:
            raise ObjectHandleInvalid
        return self.name if attribute is Attribute.ID else self.purpose

    def sign(self, data: bytes, mechanism: object) -> bytes:
        return b"s" * 32

    def destroy(self) -> None:
        self.held.remove(self)


class Session:
    """A token on which another process, whose lock was lost, is doing the same."""

    def __init__(self, rivals: int = 0) -> None:
        self.held: list[Thing] = []
        self.rivals = rivals

    def get_objects(self, template: object) -> list[Thing]:
        return list(self.held)

    def generate_key(self, *_: object, label: str, **more: object) -> Thing:
        name = bytes(more["id"])  # type: ignore[call-overload]
        made = Thing(self.held, label, name)
        self.held.append(made)
        if self.rivals:
            self.rivals -= 1
            self.held.append(Thing(self.held, label, name))
        return made


def test_of_two_keys_with_one_name_neither_is_used() -> None:
    session = Session(rivals=1)
    assert pkcs11._make(session, "day 2026-12-01") == 2
    assert sorted(thing.name for thing in session.held) == [b"1", b"2"]


def test_objects_that_vanish_or_are_not_ours_are_passed_over() -> None:
    session = Session()
    session.held = [Thing(session.held, "x", b"1", fails=True), Thing(session.held, "x", b"not a number")]
    assert list(pkcs11._names(session, {})) == []
    assert pkcs11._objects(session, "x") == []
    assert pkcs11._sign(session, "x", 1) is None


def test_a_key_that_stays_although_it_was_destroyed_is_an_error() -> None:
    session = Session()
    stubborn = Thing([], "x", b"1")
    stubborn.destroy = lambda: None  # type: ignore[method-assign]
    session.held = [stubborn]
    with pytest.raises(PKCS11Error, match="still there"):
        pkcs11._destroy(session, "x", None)
