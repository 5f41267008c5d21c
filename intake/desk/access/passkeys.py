"""Handles passkeys (WebAuthn with PRF), as an unlocker and as a second factor. Only this module imports py_webauthn.

The output of the authenticator's PRF opens the keyring in the browser. The server checks that the authenticator was used.

py_webauthn takes 0.2 s to import, and many groups have no passkeys. Each function that needs it imports it.
"""

import asyncio
import contextlib
import json
import re
from dataclasses import dataclass
from importlib import import_module
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from crypto.encoding import Shape, b64, check_id, unb64
from crypto.errors import CryptoError
from intake.desk.access import decoys
from intake.desk.routes import DeskRoute, PublicRoute
from intake.errors import InvalidError, SignInError, StaleError
from intake.service.service import Service
from intake.store.cases import used_tokens
from intake.store.engines.engine import Transaction
from intake.store.members import passkeys, unlockers
from intake.store.members.passkeys import StoredPasskey
from intake.web import bodies
from intake.web.tokens import Purpose, Tokens, new_bearer

if TYPE_CHECKING:
    from webauthn.registration.verify_registration_response import VerifiedRegistration

SECONDS = 300  # seconds of a challenge's life
_LOCALHOST = re.compile(r"localhost(:[0-9]{1,5})?")
USED = "the passkey's challenge has expired or was used. Nothing was changed. Try again"


class PasskeyIn(Shape, frozen=True):
    """An authenticator's answer (WebAuthn's JSON form), and the challenge's token."""

    token: str
    credential: dict[str, Any]


class BeginIn(Shape, frozen=True):
    """The body of `POST passkeys/begin`."""

    handle_id: str


class Challenge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of a challenge's token."""

    challenge: str
    until: int

    @property
    def data(self) -> bytes:
        """The bytes that an authenticator signs."""
        return self.challenge.encode()


@dataclass(frozen=True, slots=True)
class PasskeyUse:
    """A passkey that an authenticator has just used, and its new signature counter."""

    passkey: StoredPasskey
    uses: int


@dataclass(frozen=True, slots=True)
class Site:
    """The relying party's id and the origin that clients must name."""

    id: str
    origin: str


class Passkeys:
    """Makes challenges and checks the answers of authenticators."""

    def __init__(self, service: Service, tokens: Tokens) -> None:
        self._service = service
        self._tokens = tokens

    @property
    def routes(self) -> list[DeskRoute]:
        """The routes below `/api/desk`."""
        return [
            PublicRoute("POST", "/passkeys/begin", self.begin),
            PublicRoute("POST", "/passkeys/options", self.options),
        ]

    async def begin(self, request: Request) -> Response:
        """Make a challenge for a handle's passkeys, among decoys. The answer has the same shape for every handle."""
        sent, site = await bodies.read(request, BeginIn, bodies.SMALL), self.site(request)
        try:
            check_id(sent.handle_id)
        except CryptoError:
            raise InvalidError("the handle's id is malformed. Nothing was checked") from None
        offered = await self._service.read(lambda tx: self._offered(tx, sent.handle_id))
        token, challenge = self._challenge()
        await _import_webauthn()
        import webauthn
        from webauthn.helpers.structs import PublicKeyCredentialDescriptor, UserVerificationRequirement

        options = webauthn.generate_authentication_options(
            rp_id=site.id,
            challenge=challenge,
            allow_credentials=[PublicKeyCredentialDescriptor(id=unb64(passkey.id)) for passkey in offered],
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return bodies.answer({"token": token, "options": json.loads(webauthn.options_to_json(options))})

    def _offered(self, tx: Transaction, handle_id: str) -> list[StoredPasskey]:
        stored = unlockers.of_handle(tx, self._service.row_keys, handle_id)
        return self.offered(tx, handle_id, stored[0].member if stored else "")

    def offered(self, tx: Transaction, handle_id: str, member: str) -> list[StoredPasskey]:
        """Return the passkeys of a handle's member, if there is one, among decoys."""
        row_keys = self._service.row_keys
        return decoys.with_decoys(row_keys.sign_in_key(tx), handle_id, member, passkeys.every(tx, row_keys))

    async def options(self, request: Request) -> Response:
        """Return the options to make a passkey. They name nobody."""
        site = self.site(request)
        token, challenge = self._challenge()
        await _import_webauthn()
        import webauthn
        from webauthn.helpers.structs import AuthenticatorSelectionCriteria, ResidentKeyRequirement, UserVerificationRequirement

        options = webauthn.generate_registration_options(
            rp_id=site.id,
            rp_name=self._service.settings.group_name,
            user_name="desk",
            challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.DISCOURAGED, user_verification=UserVerificationRequirement.REQUIRED
            ),
        )
        return bodies.answer({"token": token, "options": json.loads(webauthn.options_to_json(options))})

    async def registered(self, sent: PasskeyIn, request: Request, member: str, unlocker: str) -> StoredPasskey:
        """Check a passkey that an authenticator has made.

        Raises:
            InvalidError: The passkey is for another origin or challenge, or does not verify.
        """
        site, challenge = self.site(request), await self.take(sent.token)
        await _import_webauthn()
        registration = verified_registration(sent.credential, challenge, site)
        return StoredPasskey(
            b64(registration.credential_id), member, unlocker, registration.credential_public_key, registration.sign_count
        )

    def check(self, sent: PasskeyIn, challenge: bytes, offered: list[StoredPasskey], request: Request) -> PasskeyUse | None:
        """Check the use of an offered passkey. Return None for another passkey, a decoy, or a use that does not verify."""
        site = self.site(request)
        passkey = next((stored for stored in offered if stored.id == sent.credential.get("id")), None)
        if passkey is None:
            return None
        uses = verified_use(sent.credential, challenge, site, passkey)
        return PasskeyUse(passkey, uses) if uses is not None and passkey.member else None

    async def count_use(self, use: PasskeyUse) -> None:
        """Store the counter, so that a copied authenticator is detected."""
        await self._service.write(lambda tx: passkeys.count_use(tx, self._service.row_keys, use.passkey, use.uses))

    def site(self, request: Request) -> Site:
        """Return the configured origin, or localhost without one.

        Raises:
            InvalidError: Passkeys cannot be made for this address.
        """
        origin = self._service.settings.origin
        if not origin:
            here = request.headers.get("host", "")
            if not _LOCALHOST.fullmatch(here):
                raise InvalidError(
                    "passkeys need a host name. Nothing was changed. The operator can set one with INTAKE_ORIGIN"
                )
            return Site("localhost", f"http://{here}")
        host = urlsplit(origin).hostname or ""
        with contextlib.suppress(ValueError):
            ip_address(host)
            raise InvalidError("passkeys need a host name. Nothing was changed. The operator can set one with INTAKE_ORIGIN")
        return Site(host, origin)

    def _challenge(self) -> tuple[str, bytes]:
        challenge = new_bearer()
        token = self._tokens.sign(Purpose.PASSKEY, Challenge(challenge, self._service.seconds + SECONDS))
        return token, challenge.encode()

    def read(self, token: str) -> Challenge:
        """Read a challenge's token.

        Raises:
            SignInError: This server did not sign the token, or it has expired.
        """
        try:
            challenge = self._tokens.read(Purpose.PASSKEY, Challenge, token)
        except StaleError:
            raise SignInError("the passkey's token is not valid. Nothing was checked. Try again") from None
        if challenge.until < self._service.seconds:
            raise SignInError(USED)
        return challenge

    def check_unused(self, tx: Transaction, challenge: Challenge) -> None:
        """Refuse a used challenge before anything is computed for it.

        Raises:
            SignInError: The challenge was used.
        """
        if used_tokens.used(tx, [_name(challenge)]):
            raise SignInError(USED)

    async def use(self, challenge: Challenge) -> None:
        """Mark a challenge as used.

        Raises:
            SignInError: The challenge was used before.
        """
        try:
            await self._service.write(lambda tx: used_tokens.redeem(tx, _name(challenge), self._service.today))
        except StaleError:
            raise SignInError(USED) from None

    async def take(self, token: str) -> bytes:
        """Read a challenge's token and mark the challenge as used. Raises like `read` and `use`."""
        challenge = self.read(token)
        await self.use(challenge)
        return challenge.data


async def _import_webauthn() -> None:
    # In a thread, so that the first use of a passkey stops nobody else's request.
    await asyncio.to_thread(import_module, "webauthn")


def _name(challenge: Challenge) -> str:
    return f"challenge {challenge.challenge}"


# An authenticator's answer is CBOR and COSE that the client controls. The library does not check each length and type, so it
# raises `IndexError`, `AttributeError` and others besides its own errors. All of them mean that the answer does not verify.


def verified_registration(credential: dict[str, Any], challenge: bytes, site: Site) -> "VerifiedRegistration":
    """Return the passkey that an authenticator has made.

    Raises:
        InvalidError: The passkey does not verify.
    """
    import webauthn
    from webauthn.helpers import decode_credential_public_key, decoded_public_key_to_cryptography

    try:
        registration = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.id,
            expected_origin=site.origin,
            require_user_verification=True,
        )
        # Without attestation nothing has used the key yet. A key that cannot be used would never sign anybody in.
        decoded_public_key_to_cryptography(decode_credential_public_key(registration.credential_public_key))
    except Exception:  # see above
        raise InvalidError("the passkey does not verify, or was made for another address. Nothing was stored") from None
    return registration


def verified_use(credential: dict[str, Any], challenge: bytes, site: Site, passkey: StoredPasskey) -> int | None:
    """Return the counter of a passkey that was just used, or None if it does not verify."""
    import webauthn

    try:
        return webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.id,
            expected_origin=site.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.uses,
            require_user_verification=True,
        ).new_sign_count
    except Exception:  # see above
        return None
