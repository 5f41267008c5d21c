"""A keeper on a PKCS#11 token, so that several machines share one: a network HSM, `p11-kit server`, SoftHSM.

A lock key is a secret that the token makes and never gives out; what seals with it is HMAC-SHA256 of it over one label.
What is sealed under the keys (roots, keyrings) lies in a folder beside: none of it opens without the token.

A token that was pulled answers like one that holds no keys. So nothing is believed to be gone, or destroyed, before the token
has been asked who it is.
"""

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag, ObjectClass
from pkcs11.exceptions import ObjectHandleInvalid, PKCS11Error

from crypto.encoding import b64
from crypto.labels import Label
from crypto.secret import Secret
from retention.errors import ForeignStoreError, KeyStoreError, LostKeyError
from retention.key_stores.file import FileKeyStore

T = TypeVar("T")
_BITS = 256
_MARK = "sealed-intake store"  # label of the data object that says whose keys these are
_SECRETS = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.TOKEN: True}
# Made on the token, never readable, never copied or changed.
_TEMPLATE = {
    Attribute.TOKEN: True,
    Attribute.PRIVATE: True,
    Attribute.SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
    Attribute.MODIFIABLE: False,
    Attribute.COPYABLE: False,
}


class Pkcs11KeyStore:
    """See `retention.ports.KeyStore`. One session per process; calls one at a time: not every module bears several threads."""

    def __init__(self, module: str, token: str, pin: Secret, copies: FileKeyStore) -> None:
        self._module = module
        self._token = token
        self._pin = pin
        self._copies = copies
        self._store: str | None = None
        self._session: Any = None
        self._mutex = threading.RLock()

    def bound_to(self) -> str | None:
        """The store that the token says it belongs to, if any."""
        return self._do(_mark_of)

    def bind(self, store: str) -> None:
        """Belong to `store` from now on."""
        bound = self.bound_to()
        if bound is None and not self.living():
            mark = {
                Attribute.CLASS: ObjectClass.DATA,
                Attribute.TOKEN: True,
                Attribute.PRIVATE: False,
                Attribute.LABEL: _MARK,
                Attribute.VALUE: store.encode("ascii"),
            }
            self._do(lambda session: session.create_object(mark))
        elif bound != store:
            raise ForeignStoreError(
                f"this token holds the keys of store {bound or 'unknown'}, not of {store}; no key was touched"
            )
        if self._copies.bound_to() != store:
            self._copies.bind(store)
        self.expect(store)

    def expect(self, store: str) -> None:
        """Belong to `store`, without writing anything."""
        self._store = store
        self._copies.expect(store)

    def living(self) -> Collection[tuple[str, int]]:
        """Purpose and generation of every key on the token."""
        return self._do(lambda session: set(_names(session, _SECRETS)))

    def make(self, purpose: str) -> int:
        """A new key above all that live."""
        return self._do(lambda session: _make(session, purpose))

    def key(self, purpose: str, generation: int) -> Secret:
        """HMAC-SHA256 of the token's key over one label, 32 bytes.

        Raises:
            LostKeyError: it was destroyed, or never was.
            KeyStoreError: the token is away or refuses.
        """
        found = self._do(lambda session: _sign(session, purpose, generation))
        if found is None:
            raise LostKeyError(f"the lock key for {purpose.split()[0]} is gone")
        return Secret(found)

    def keep_copy(self, purpose: str, generation: int, sealed: bytes) -> None:
        """Lay what is sealed under a key into the folder."""
        self._copies.keep_copy(purpose, generation, sealed)

    def copy_of(self, purpose: str, generation: int) -> bytes | None:
        """What `keep_copy` laid there, if anything."""
        return self._copies.copy_of(purpose, generation)

    def destroy(self, purpose: str, below: int | None = None) -> Sequence[str]:
        """Destroy on the token; asked again afterwards whether they are gone."""
        gone = self._do(lambda session: _destroy(session, purpose, below))
        for generation, _ in gone:
            self._copies.drop_copy(purpose, generation)
        return [fingerprint for _, fingerprint in gone]

    def settle(self, committed: Mapping[str, int]) -> Sequence[str]:
        """A token has no mirrors."""
        self._copies.clear()
        return []

    def held_by_mirrors(self, committed: Mapping[str, int]) -> str:
        """A token has no mirrors."""
        return ""

    def mirror_with(self, lacking: Mapping[str, int]) -> Path | None:
        """A token has no mirrors."""
        return None

    def restart(self) -> None:
        """Start the module anew, as after an outage or a fork."""
        with self._mutex:
            self._session = None
            library = pkcs11.lib(self._module)
            try:
                library.reinitialize()
            except PKCS11Error:
                library.initialize()  # it had not been, or not in this process

    def _do(self, what: Callable[[Any], T]) -> T:
        with self._mutex:
            try:
                return self._attempt(what)
            except PKCS11Error:
                # A module that saw its token go stays confused until it is started anew.
                self._session = None
            try:
                self.restart()
                return self._attempt(what)
            except PKCS11Error as error:
                self._session = None
                raise KeyStoreError(f"the token {self._token} is away or refuses ({type(error).__name__})") from None

    def _attempt(self, what: Callable[[Any], T]) -> T:
        if self._session is None:
            token = pkcs11.lib(self._module).get_token(token_label=self._token)
            session = token.open(rw=True, user_pin=self._pin.reveal().decode())
            if self._store is not None and _mark_of(session) != self._store:
                session.close()
                raise KeyStoreError(f"another token lies where {self._token} was")
            self._session = session
        self._session.token.slot.get_token()  # raises if it was pulled
        done = what(self._session)
        self._session.token.slot.get_token()
        return done


def _mark_of(session: Any) -> str | None:
    for found in list(session.get_objects({Attribute.CLASS: ObjectClass.DATA, Attribute.LABEL: _MARK})):
        return bytes(found[Attribute.VALUE]).decode("ascii")
    return None


def _names(session: Any, template: Mapping[Any, Any]) -> Iterator[tuple[str, int]]:
    for found in list(session.get_objects(template)):
        try:
            yield found[Attribute.LABEL], int(bytes(found[Attribute.ID]))
        except (ObjectHandleInvalid, ValueError):
            continue  # destroyed by another process meanwhile, or nothing of ours


def _objects(session: Any, purpose: str) -> list[tuple[int, Any]]:
    found = []
    for one in list(session.get_objects({**_SECRETS, Attribute.LABEL: purpose})):
        try:
            found.append((int(bytes(one[Attribute.ID])), one))
        except (ObjectHandleInvalid, ValueError):
            continue
    return sorted(found, key=lambda item: item[0])


def _make(session: Any, purpose: str) -> int:
    generation = max((number for number, _ in _objects(session, purpose)), default=0) + 1
    while True:
        name = str(generation).encode()
        made = session.generate_key(
            KeyType.GENERIC_SECRET,
            _BITS,
            label=purpose,
            id=name,
            store=True,
            capabilities=MechanismFlag.SIGN,
            template=_TEMPLATE,
        )
        # Tokens take two keys of one name. Callers hold the purpose's lock; should it have been lost, neither may be used.
        if sum(number == generation for number, _ in _objects(session, purpose)) == 1:
            return generation
        made.destroy()
        generation += 1


def _sign(session: Any, purpose: str, generation: int) -> bytes | None:
    for number, found in _objects(session, purpose):
        if number == generation:
            return bytes(found.sign(Label.LOCK_KEY.value.encode(), mechanism=Mechanism.SHA256_HMAC))
    return None


def _destroy(session: Any, purpose: str, below: int | None) -> list[tuple[int, str]]:
    gone = []
    for number, found in _objects(session, purpose):
        if below is None or number < below:
            key = bytes(found.sign(Label.LOCK_KEY.value.encode(), mechanism=Mechanism.SHA256_HMAC))
            found.destroy()
            gone.append((number, b64(sha256(key).digest())))
    if any(below is None or number < below for number, _ in _objects(session, purpose)):
        raise PKCS11Error("a key that was destroyed is still there")
    return gone
