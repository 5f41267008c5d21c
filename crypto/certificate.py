"""Certificates of deletion runs. docs/reference/format.md, Certificate."""

from crypto.encoding import Shape, Whole, from_json, to_json
from crypto.errors import CryptoError, SignatureError
from crypto.labels import Label
from crypto.signing import SigningKey, VerifyingKey, labelled_hash


class Certificate(Shape, frozen=True):
    """The record of what one key store destroyed in one run. It names no content and no case."""

    format: str
    store: str
    number: Whole
    previous: str
    day: str
    days: list[str]
    cases: Whole
    withdrawn: Whole
    keys: list[str]
    scrub: str


def sign(certificate: Certificate, key: SigningKey) -> tuple[bytes, str]:
    """Sign a certificate. Return its text and its signature."""
    text = to_json(certificate)
    return text, key.sign(Label.CERTIFICATE, text)


def verify(text: bytes, signature: str, key: VerifyingKey, previous: bytes | None) -> Certificate:
    """Verify a certificate and that it continues `previous` (the text of the one before it, if any).

    Raises:
        SignatureError: it is not signed by this key, or does not continue the chain.
    """
    key.verify(Label.CERTIFICATE, text, signature)
    certificate = read(text)
    expected = labelled_hash(Label.CERTIFICATE, previous) if previous is not None else ""
    if certificate.format != Label.CERTIFICATE or certificate.previous != expected:
        raise SignatureError("a certificate that does not continue the chain")
    return certificate


def read(text: bytes) -> Certificate:
    """Parse a certificate's text without verifying it.

    Raises:
        SignatureError: the text cannot be parsed.
    """
    try:
        return from_json(Certificate, text)
    except CryptoError:
        raise SignatureError("not the JSON of this shape", "Certificate") from None
