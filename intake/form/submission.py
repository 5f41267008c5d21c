"""The parcel of `POST cases`: decoded and checked once, into the value that the store takes."""

from crypto.encoding import Shape, Whole, check_id, parse_day, unb64
from crypto.errors import CryptoError
from crypto.parcel import Files, Size
from crypto.sheet import Sizes
from intake.errors import InvalidError
from intake.store.cases.cases import NewGrant
from intake.store.cases.submissions import Submission
from intake.web import bodies
from retention.policy import Policy

LOOKUP = 32  # bytes
SEALED_BY = "browser"


class SubmissionGrant(Shape, frozen=True):
    """A grant: the grantee, their epoch key, and the size of the age file."""

    member: str
    epoch: str
    file: Size


class SubmissionBody(Shape, frozen=True):
    """The JSON of the parcel of `POST cases`. Everything is encrypted except what the server must know."""

    offer: str
    work: str
    case: str
    lookup: str
    days: Whole
    expires: str
    shown: bool
    request: Size
    receipt_grant: Size
    grants: list[SubmissionGrant]

    def submission(self, files: Files, policy: Policy) -> Submission:
        """Check everything about the case that can be checked without a key and without a clock.

        `Ingest` compares `expires` with `days` on the day on which it stores the case.

        Args:
            files: the files of the parcel: the request, the receipt grant, and the grants in their order.
            policy: for how many days the form may keep a case.

        Raises:
            InvalidError: An id, a day, a file or the grants are not valid, or the form may not keep a case for so many days.
        """
        try:
            check_id(self.case)
            unb64(self.lookup, LOOKUP)
            parse_day(self.expires)
        except CryptoError:
            raise InvalidError("an id or a day is malformed. Nothing was stored") from None
        if not policy.allows(self.days):
            raise InvalidError(f"a request is kept for 1 to {policy.maximum_days} days. Nothing was stored. Choose fewer days")
        try:
            request, receipt_grant = files.take(self.request), files.take(self.receipt_grant)
            grants = tuple(NewGrant(grant.member, grant.epoch, files.take(grant.file)) for grant in self.grants)
            files.end()
        except CryptoError:
            raise InvalidError("the parcel's files have other sizes than it says. Nothing was stored. Send again") from None
        bodies.check_file(request, Sizes.REQUEST, {2} if self.shown else {1})
        bodies.check_file(receipt_grant, Sizes.RECEIPT_GRANT, {1})
        for grant in grants:
            bodies.check_file(grant.file, Sizes.GRANT, {1})
        if len({grant.member for grant in grants}) != len(grants):
            raise InvalidError("two grants name one coordinator. Nothing was stored")
        return Submission(self.case, self.lookup, self.expires, request, self.shown, receipt_grant, grants, SEALED_BY)
