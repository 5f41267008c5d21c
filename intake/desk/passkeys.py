"""Passkeys: WebAuthn with PRF, as a way to unlock and as a second factor. Checked by py_webauthn, touched here alone.

What the authenticator's PRF gives opens the keyring in the browser; what is checked here says that the authenticator was there.
"""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import msgspec
import webauthn
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from webauthn.helpers import options_to_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from crypto.encoding import Shape, b64, unb64
from crypto.labels import Label, derive
from intake.errors import InvalidError, SignInError, StaleError
from intake.server.web import bodies
from intake.server.web.tokens import Purpose, Tokens, new_bearer
from intake.service import Service
from intake.store import passkeys, spent
from intake.store.passkeys import StoredPasskey

SECONDS = 300  # a challenge's life
_FAKE = 32  # bytes of a credential id that nobody has


class PasskeyIn(Shape, frozen=True):
    """What an authenticator answered (WebAuthn's JSON form), and the challenge's token."""

    token: str
    credential: dict[str, Any]


class BeginIn(Shape, frozen=True):
    """`POST passkeys/begin`: whose."""

    handle_id: str


class Challenge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a challenge's token says."""

    challenge: str
    until: int


@dataclass(frozen=True, slots=True)
class Site:
    """Where passkeys are made for: the relying party's id and the origin that clients must name."""

    id: str
    origin: str


class Passkeys:
    """Challenges, and the checking of what authenticators answer."""

    def __init__(self, service: Service, tokens: Tokens) -> None:
        self._service = service
        self._tokens = tokens

    @property
    def routes(self) -> list[Route]:
        """Under `/api/desk`."""
        return [
            Route("/passkeys/begin", self.begin, methods=["POST"]),
            Route("/passkeys/options", self.options, methods=["POST"]),
        ]

    async def begin(self, request: Request) -> Response:
        """A challenge for the passkeys of a handle; who has none gets one that nobody can answer."""
        sent, site = await bodies.read(request, BeginIn, bodies.SMALL), self.site(request)
        found = await self._service.read(lambda tx: passkeys.of_handle(tx, sent.handle_id))
        ids = [unb64(one.id) for one in found] or [self._nobodys(sent.handle_id)]
        token, challenge = self._challenge()
        made = webauthn.generate_authentication_options(
            rp_id=site.id,
            challenge=challenge,
            allow_credentials=[PublicKeyCredentialDescriptor(id=one) for one in ids],
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return bodies.answer({"token": token, "options": json.loads(options_to_json(made))})

    async def options(self, request: Request) -> Response:
        """What a browser needs to make a passkey; it names nobody."""
        site = self.site(request)
        token, challenge = self._challenge()
        made = webauthn.generate_registration_options(
            rp_id=site.id,
            rp_name=self._service.settings.group_name,
            user_name="desk",
            challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.DISCOURAGED, user_verification=UserVerificationRequirement.REQUIRED
            ),
        )
        return bodies.answer({"token": token, "options": json.loads(options_to_json(made))})

    async def registered(self, sent: PasskeyIn, request: Request, member: str, unlocker: str) -> StoredPasskey:
        """The passkey that an authenticator has made.

        Raises:
            InvalidError: for another origin, another challenge, or not verifying.
        """
        site, challenge = self.site(request), await self._take(sent.token)
        try:
            made = webauthn.verify_registration_response(
                credential=sent.credential,
                expected_challenge=challenge,
                expected_rp_id=site.id,
                expected_origin=site.origin,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError):
            raise InvalidError("a passkey that does not verify, or was made for another address") from None
        return StoredPasskey(b64(made.credential_id), member, unlocker, made.credential_public_key, made.sign_count)

    async def check(self, sent: PasskeyIn, request: Request, member: str) -> StoredPasskey:
        """A passkey of this member's, shown just now.

        Raises:
            SignInError: none of theirs, for another origin, another challenge, or not verifying.
        """
        site, challenge = self.site(request), await self._take(sent.token)
        found = await self._service.read(lambda tx: passkeys.of(tx, member))
        known = next((one for one in found if one.id == sent.credential.get("id")), None)
        if known is None:
            raise SignInError("this passkey does not fit")
        try:
            shown = webauthn.verify_authentication_response(
                credential=sent.credential,
                expected_challenge=challenge,
                expected_rp_id=site.id,
                expected_origin=site.origin,
                credential_public_key=known.public_key,
                credential_current_sign_count=known.uses,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError):
            raise SignInError("this passkey does not fit") from None
        await self._service.write(lambda tx: passkeys.count_use(tx, known.id, shown.new_sign_count))
        return known

    def site(self, request: Request) -> Site:
        """Where this is: the configured origin; without one, localhost alone.

        Raises:
            InvalidError: an address that passkeys cannot be made for.
        """
        origin = self._service.settings.origin or f"http://{request.headers.get('host', '')}"
        host = urlsplit(origin).hostname or ""
        if host != "localhost" and (not self._service.settings.origin or host.replace(".", "").isdigit()):
            raise InvalidError("passkeys need INTAKE_ORIGIN, an address with a name")
        return Site(host, origin)

    def _challenge(self) -> tuple[str, bytes]:
        challenge = new_bearer()
        token = self._tokens.sign(Purpose.PASSKEY, Challenge(challenge, self._service.seconds + SECONDS))
        return token, challenge.encode()

    async def _take(self, token: str) -> bytes:
        """The challenge of a token, once."""
        try:
            found = self._tokens.read(Purpose.PASSKEY, Challenge, token)
        except StaleError:
            raise SignInError("this passkey does not fit") from None
        if found.until < self._service.seconds:
            raise SignInError("this took too long, or was used: try again")
        try:
            await self._service.write(lambda tx: spent.spend(tx, f"challenge {found.challenge}", self._service.today))
        except StaleError:
            raise SignInError("this took too long, or was used: try again") from None
        return found.challenge.encode()

    def _nobodys(self, handle_id: str) -> bytes:
        """Always the same for a handle, so that asking twice tells nothing."""
        return derive(self._service.secret, Label.PASSKEY, handle_id.encode(), length=_FAKE).reveal()
