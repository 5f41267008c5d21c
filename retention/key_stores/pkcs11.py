"""A key store on a PKCS#11 token that several machines can share: a network HSM, `p11-kit server`, SoftHSM.

The token makes each secret and never exports it. A deletion key is the HMAC-SHA256 of the secret over one label. The
ciphertexts under these keys (day roots, keyrings) are kept in a folder, and cannot be decrypted without the token.

A removed token behaves like one without keys. So a key counts as missing or destroyed only after the token has confirmed its
identity.
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
_MARK = "sealed-intake store"  # label of the data object that names the store
_SECRETS = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.TOKEN: True}
# Made on the token, never readable, copied or changed.
_TEMPLATE = {
    Attribute.TOKEN: True,
    Attribute.PRIVATE: True,
    Attribute.SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
    Attribute.MODIFIABLE: False,
    Attribute.COPYABLE: False,
}


class Pkcs11KeyStore:
    """Keeps deletion keys on a token. See `retention.ports.KeyStore`.

    One session per process and one call at a time, because not every PKCS#11 module is thread-safe.
    """

    def __init__(self, module: str, token: str, pin: Secret, copies: FileKeyStore) -> None:
        self._module = module
        self._token = token
        self._pin = pin
        self._copies = copies
        self._store: str | None = None
        self._session: Any = None
        self._mutex = threading.RLock()

    def bound_to(self) -> str | None:
        """Return the id of the store that the token belongs to, if any."""
        return self._with_session(_mark_of)

    def bind(self, store: str) -> None:
        """Bind the token and the folder of ciphertexts to a store.

        Raises:
            ForeignStoreError: the token belongs to another store. No key was changed.
        """
        bound = self.bound_to()
        if bound is None and not self.existing():
            mark = {
                Attribute.CLASS: ObjectClass.DATA,
                Attribute.TOKEN: True,
                Attribute.PRIVATE: False,
                Attribute.LABEL: _MARK,
                Attribute.VALUE: store.encode("ascii"),
            }
            self._with_session(lambda session: session.create_object(mark))
        elif bound != store:
            raise ForeignStoreError(
                f"this token holds the keys of store {bound or 'unknown'}, not of {store}. No key was changed"
            )
        if self._copies.bound_to() != store:
            self._copies.bind(store)
        self.expect(store)

    def expect(self, store: str) -> None:
        """Expect this store. Writes nothing."""
        self._store = store
        self._copies.expect(store)

    def existing(self) -> Collection[tuple[str, int]]:
        """Return the purpose and generation of every key on the token."""
        return self._with_session(lambda session: set(_names(session, _SECRETS)))

    def make(self, purpose: str) -> int:
        """Make a key with a generation above all that exist."""
        return self._with_session(lambda session: _make(session, purpose))

    def key(self, purpose: str, generation: int) -> Secret:
        """Return a key: the HMAC-SHA256 of the token's secret over one label, 32 bytes.

        Raises:
            LostKeyError: the key does not exist.
            KeyStoreError: the token was removed or refuses.
        """
        key = self._with_session(lambda session: _sign(session, purpose, generation))
        if key is None:
            raise LostKeyError(f"the deletion key for {purpose.split()[0]} does not exist any more")
        return Secret(key)

    def keep_copy(self, purpose: str, generation: int, sealed: bytes) -> None:
        """Store a ciphertext under a key in the folder."""
        self._copies.keep_copy(purpose, generation, sealed)

    def copy_of(self, purpose: str, generation: int) -> bytes | None:
        """Return the ciphertext that `keep_copy` stored, if any."""
        return self._copies.copy_of(purpose, generation)

    def destroy(self, purpose: str, below: int | None = None) -> Sequence[str]:
        """Destroy keys on the token, and check afterwards that they do not exist any more."""
        destroyed = self._with_session(lambda session: _destroy(session, purpose, below))
        for generation, _ in destroyed:
            self._copies.drop_copy(purpose, generation)
        return [fingerprint for _, fingerprint in destroyed]

    def repair(self, committed: Mapping[str, int]) -> Sequence[str]:
        """Remove half-written files from the folder. A token has no mirrors."""
        self._copies.clear()
        return []

    def held_by_mirrors(self, committed: Mapping[str, int]) -> str:
        """Return nothing: a token has no mirrors."""
        return ""

    def mirror_with(self, missing: Mapping[str, int]) -> Path | None:
        """Return nothing: a token has no mirrors."""
        return None

    def restart(self) -> None:
        """Restart the PKCS#11 module, as after an outage or a fork."""
        with self._mutex:
            self._session = None
            library = pkcs11.lib(self._module)
            try:
                library.reinitialize()
            except PKCS11Error:
                library.initialize()  # it was not initialized, or not in this process

    def _with_session(self, operation: Callable[[Any], T]) -> T:
        with self._mutex:
            try:
                return self._attempt(operation)
            except PKCS11Error:
                # After a token was removed, a module does not work until it is restarted.
                self._session = None
            try:
                self.restart()
                return self._attempt(operation)
            except PKCS11Error as error:
                self._session = None
                raise KeyStoreError(f"the token {self._token} is not available or refuses ({type(error).__name__})") from None

    def _attempt(self, operation: Callable[[Any], T]) -> T:
        if self._session is None:
            token = pkcs11.lib(self._module).get_token(token_label=self._token)
            session = token.open(rw=True, user_pin=self._pin.reveal().decode())
            if self._store is not None and _mark_of(session) != self._store:
                session.close()
                raise KeyStoreError(f"another token is in the place of {self._token}")
            self._session = session
        self._session.token.slot.get_token()  # raises if the token was removed
        result = operation(self._session)
        self._session.token.slot.get_token()
        return result


def _mark_of(session: Any) -> str | None:
    for mark in list(session.get_objects({Attribute.CLASS: ObjectClass.DATA, Attribute.LABEL: _MARK})):
        return bytes(mark[Attribute.VALUE]).decode("ascii")
    return None


def _names(session: Any, template: Mapping[Any, Any]) -> Iterator[tuple[str, int]]:
    for key in list(session.get_objects(template)):
        try:
            yield key[Attribute.LABEL], int(bytes(key[Attribute.ID]))
        except (ObjectHandleInvalid, ValueError):
            continue  # destroyed by another process meanwhile, or not a deletion key


def _objects(session: Any, purpose: str) -> list[tuple[int, Any]]:
    keys = []
    for key in list(session.get_objects({**_SECRETS, Attribute.LABEL: purpose})):
        try:
            keys.append((int(bytes(key[Attribute.ID])), key))
        except (ObjectHandleInvalid, ValueError):
            continue
    return sorted(keys, key=lambda item: item[0])


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
        # A token accepts two keys of one name. Callers hold the purpose's lock. If it was lost, neither key may be used.
        if sum(number == generation for number, _ in _objects(session, purpose)) == 1:
            return generation
        made.destroy()
        generation += 1


def _sign(session: Any, purpose: str, generation: int) -> bytes | None:
    for number, key in _objects(session, purpose):
        if number == generation:
            return bytes(key.sign(Label.DELETION_KEY.value.encode(), mechanism=Mechanism.SHA256_HMAC))
    return None


def _destroy(session: Any, purpose: str, below: int | None) -> list[tuple[int, str]]:
    destroyed = []
    for number, secret in _objects(session, purpose):
        if below is None or number < below:
            key = bytes(secret.sign(Label.DELETION_KEY.value.encode(), mechanism=Mechanism.SHA256_HMAC))
            secret.destroy()
            destroyed.append((number, b64(sha256(key).digest())))
    if any(below is None or number < below for number, _ in _objects(session, purpose)):
        raise PKCS11Error("a key that was destroyed is still there")
    return destroyed
