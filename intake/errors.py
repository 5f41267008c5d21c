"""The errors that this package raises for people to read. One place (`intake.web.problems`) maps them to answers."""

from http import HTTPStatus


class IntakeError(Exception):
    """Raised when a request cannot be carried out. `problem` names the answer in docs/reference/openapi.yaml."""

    problem = "invalid"
    status = HTTPStatus.BAD_REQUEST


class InvalidError(IntakeError):
    """Raised when a request is malformed or not allowed."""


class SettingsError(IntakeError):
    """Raised when a setting has a value that the server cannot run with. The message names the setting."""


class AddressError(InvalidError):
    """Raised when notices cannot be sent to an address. `fault` says why (`intake.notices.errors.Fault`)."""

    def __init__(self, fault: str) -> None:
        super().__init__("this server does not send notices to this address. Nothing was stored")
        self.fault = fault


class TooLargeError(IntakeError):
    """Raised when a body is larger than its limit."""

    problem = "too-large"
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class SlowError(IntakeError):
    """Raised when a body does not arrive within its time."""

    problem = "slow"
    status = HTTPStatus.REQUEST_TIMEOUT


class NotFoundError(IntakeError):
    """Raised when something does not exist, or does not belong to the client."""

    problem = "not-found"
    status = HTTPStatus.NOT_FOUND


class GoneError(IntakeError):
    """Raised when a case was deleted on its expiry day."""

    problem = "gone"
    status = HTTPStatus.GONE

    def __init__(self, day: str) -> None:
        super().__init__("the request was deleted on its expiry day")
        self.day = day


class StaleError(IntakeError):
    """Raised when an offer, a number or a version is no longer current. The client takes a new one and encrypts again."""

    problem = "stale"
    status = HTTPStatus.CONFLICT


class DayChangedError(StaleError):
    """Raised when a case's expiry day is not the one that its number of days gives today: midnight UTC has passed meanwhile."""


class FormChangedError(StaleError):
    """Raised when a page is from before the group changed its form, and does not fit the new one."""


class BusyError(IntakeError):
    """Raised when another window is already doing this."""

    problem = "busy"
    status = HTTPStatus.CONFLICT


class MissingError(IntakeError):
    """Raised when a rotation does not cover every grant yet. It names the missing cases."""

    problem = "missing"
    status = HTTPStatus.CONFLICT

    def __init__(self, cases: list[str]) -> None:
        super().__init__("some cases are not encrypted to the new key yet. Nothing was changed. Send the missing grants")
        self.cases = cases


class TakenError(IntakeError):
    """Raised when the id belongs to something else already."""

    problem = "taken"
    status = HTTPStatus.CONFLICT


class GroupFullError(IntakeError):
    """Raised when a group has the largest possible number of members."""

    problem = "group-full"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("the group has the largest possible number of members. Nothing was stored")


class SignInError(IntakeError):
    """Raised when nobody is signed in, or when handle and secret do not match."""

    problem = "sign-in"
    status = HTTPStatus.UNAUTHORIZED


class SecondFactorError(IntakeError):
    """Raised when handle and passphrase match, and the member also requires a passkey."""

    problem = "second-factor"
    status = HTTPStatus.UNAUTHORIZED


class InviteError(IntakeError):
    """Raised when an enrolment link was used, has expired, or never existed."""

    problem = "invite"
    status = HTTPStatus.NOT_FOUND


class CrowdedError(IntakeError):
    """Raised when too many people write at once. The client waits and sends again."""

    problem = "crowded"
    status = HTTPStatus.SERVICE_UNAVAILABLE


class WorkError(IntakeError):
    """Raised when an attempt costs work now. It has the token to do the work for, and the price in tries."""

    problem = "work"
    status = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self, token: str, price: int) -> None:
        super().__init__("many people are signing in. Nothing was checked. Do the proof of work and send again")
        self.token = token
        self.price = price


class DayLimitError(IntakeError):
    """Raised when one case or one member has written as much as is allowed in a day."""

    problem = "day-limit"
    status = HTTPStatus.TOO_MANY_REQUESTS


class CaseFullError(IntakeError):
    """Raised when a case has as many entries as a case may have."""

    problem = "case-full"
    status = HTTPStatus.CONFLICT


class FullError(IntakeError):
    """Raised when the storage quota is used up. It carries the group's phone number, if there is one."""

    problem = "full"
    status = HTTPStatus.INSUFFICIENT_STORAGE

    def __init__(self, phone: str) -> None:
        super().__init__("the storage quota is used up. Nothing was stored. Try tomorrow, or call the group")
        self.phone = phone


class ForeignOriginError(IntakeError):
    """Raised when a write comes from another site's page."""

    problem = "foreign-origin"
    status = HTTPStatus.FORBIDDEN


class MisdirectedError(IntakeError):
    """Raised when a request names a host that is not this service's."""

    problem = "misdirected"
    status = HTTPStatus.MISDIRECTED_REQUEST


class ClosedError(IntakeError):
    """Raised when the form is not open yet."""

    problem = "not-open"
    status = HTTPStatus.SERVICE_UNAVAILABLE


class ClockError(IntakeError):
    """Raised when the server's clock contradicts what is known. The server dates nothing until a person has checked it."""

    problem = "clock"
    status = HTTPStatus.SERVICE_UNAVAILABLE


class NoRecentSignInError(IntakeError):
    """Raised when no member has signed in recently, so nobody can vouch for the members' keys."""

    problem = "no-recent-sign-in"
    status = HTTPStatus.SERVICE_UNAVAILABLE


class UnavailableError(IntakeError):
    """Raised when the store or the key store fails. Nothing was acknowledged."""

    problem = "unavailable"
    status = HTTPStatus.SERVICE_UNAVAILABLE
