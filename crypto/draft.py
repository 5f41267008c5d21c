"""Drafts: what a member has typed in a case and not sent, readable by them alone. docs/reference/format.md, Draft."""

from crypto import age, sheet
from crypto.age import Identity
from crypto.encoding import CaseId, MemberId, Shape, Whole, from_json, to_json
from crypto.errors import BindingError
from crypto.labels import Label, derive
from crypto.sheet import Sizes
from crypto.signing import SigningKey


class Draft(Shape, frozen=True):
    """The texts of a case's fields by the field's name. `after` counts the shared entries that the member had read."""

    format: str
    case: CaseId
    member: MemberId
    after: Whole
    fields: dict[str, str]

    def __repr__(self) -> str:
        return f"Draft({self.case})"


def identity(key: SigningKey) -> Identity:
    """Return the key that opens a member's drafts. Its recipient is never published."""
    return Identity(derive(key.seed, Label.DRAFT_IDENTITY))


def seal(draft: Draft, key: SigningKey) -> bytes:
    """Encrypt a draft for its own member, and sign it."""
    return age.encrypt(sheet.write(to_json(draft), Sizes.ENTRY, Label.DRAFT, author=key), [identity(key).recipient])


def open_(file: bytes, key: SigningKey, case: CaseId, member: MemberId) -> Draft:
    """Open a member's own draft of this case.

    Raises:
        BindingError: the draft is of another case or member.
        CryptoError: it does not open, or is not signed by its member.
    """
    parsed = sheet.parse(age.decrypt(file, [identity(key)]), Sizes.ENTRY)
    parsed.check_mac(None)
    parsed.check_signature(Label.DRAFT, key.verifying_key)
    draft = from_json(Draft, parsed.body)
    if draft.format != Label.DRAFT or (draft.case, draft.member) != (case, member):
        raise BindingError("a draft of another case or member")
    return draft
