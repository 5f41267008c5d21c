"""Certificates: what a purge run leaves behind. docs/reference/format.md, Certificate."""

from crypto.encoding import Shape, Whole, from_json, to_json
from crypto.errors import CryptoError, SignatureError
from crypto.labels import Label
from crypto.signing import SigningKey, VerifyingKey, labelled_hash


class Certificate(Shape, frozen=True):
    """What this keeper destroyed in one run: no content, no ids of cases."""

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
    """The certificate's text and its signature."""
    text = to_json(certificate)
    return text, key.sign(Label.CERTIFICATE, text)


def verify(text: bytes, signature: str, key: VerifyingKey, previous: bytes | None) -> Certificate:
    """The certificate, if it is signed and continues `previous` (the text before it, if any).

    Raises:
        SignatureError: it is not.
    """
    key.verify(Label.CERTIFICATE, text, signature)
    certificate = read(text)
    expected = labelled_hash(Label.CERTIFICATE, previous) if previous is not None else ""
    if certificate.format != Label.CERTIFICATE or certificate.previous != expected:
        raise SignatureError("a certificate that does not continue the chain")
    return certificate


def read(text: bytes) -> Certificate:
    """A certificate's text, unverified.

    Raises:
        SignatureError: it cannot be read.
    """
    try:
        return from_json(Certificate, text)
    except CryptoError:
        raise SignatureError("not the JSON of this shape", "Certificate") from None
