"""What this package raises for people to read; one place (`intake.web.problems`) maps it to answers."""

from http import HTTPStatus


class IntakeError(Exception):
    """Raised when a request cannot be carried out; `problem` names the answer in docs/reference/openapi.yaml."""

    problem = "invalid"
    status = HTTPStatus.BAD_REQUEST


class InvalidError(IntakeError):
    """Raised when what was sent is not of the form that it must have."""


class SettingsError(IntakeError):
    """Raised when a setting has a value that the server cannot run with; the message names the setting."""


class AddressError(InvalidError):
    """Raised when notices do not go to an address; `fault` says why (`intake.notices.errors.Fault`)."""

    def __init__(self, fault: str) -> None:
        super().__init__("notices do not go to this address; nothing was stored")
        self.fault = fault


class TooLargeError(IntakeError):
    """Raised when a body is over its ceiling."""

    problem = "too-large"
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class SlowError(IntakeError):
    """Raised when a body does not arrive within its time."""

    problem = "slow"
    status = HTTPStatus.REQUEST_TIMEOUT


class NotFoundError(IntakeError):
    """Raised when there is no such thing, or it is not the asker's."""

    problem = "not-found"
    status = HTTPStatus.NOT_FOUND


class GoneError(IntakeError):
    """Raised when a case was deleted on its day."""

    problem = "gone"
    status = HTTPStatus.GONE

    def __init__(self, day: str) -> None:
        super().__init__("deleted on its day")
        self.day = day


class StaleError(IntakeError):
    """Raised when an offer, a number or a version is no longer current: take a new one and seal again."""

    problem = "stale"
    status = HTTPStatus.CONFLICT


class BusyError(IntakeError):
    """Raised when the same is being done from another window."""

    problem = "busy"
    status = HTTPStatus.CONFLICT


class MissingError(IntakeError):
    """Raised when a rotation does not cover every grant yet; names the cases that it lacks."""

    problem = "missing"
    status = HTTPStatus.CONFLICT

    def __init__(self, cases: list[str]) -> None:
        super().__init__("not every case is sealed to the new key yet")
        self.cases = cases


class TakenError(IntakeError):
    """Raised when an id is taken by something else."""

    problem = "taken"
    status = HTTPStatus.CONFLICT


class GroupFullError(IntakeError):
    """Raised when a group has as many members as it can have."""

    problem = "group-full"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("this group has as many members as it can have; nothing was stored")


class SignInError(IntakeError):
    """Raised when nobody is signed in, or handle and secret do not fit."""

    problem = "sign-in"
    status = HTTPStatus.UNAUTHORIZED


class SecondFactorError(IntakeError):
    """Raised when handle and passphrase fit, and the member wants a passkey asked for as well."""

    problem = "second-factor"
    status = HTTPStatus.UNAUTHORIZED


class InviteError(IntakeError):
    """Raised when an enrolment link was used, has expired, or never was."""

    problem = "invite"
    status = HTTPStatus.NOT_FOUND


class CrowdedError(IntakeError):
    """Raised when very many write at once: wait, and send again."""

    problem = "crowded"
    status = HTTPStatus.SERVICE_UNAVAILABLE


class WorkError(IntakeError):
    """Raised when an attempt costs work now; carries the token that the work is done for, and its price in tries."""

    problem = "work"
    status = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self, token: str, price: int) -> None:
        super().__init__("many sign in right now: do the work and send again; nothing was judged")
        self.token = token
        self.price = price


class DayLimitError(IntakeError):
    """Raised when one case or one member has written as much as can be taken in a day."""

    problem = "day-limit"
    status = HTTPStatus.TOO_MANY_REQUESTS


class FullError(IntakeError):
    """Raised when no more may be kept today; carries the group's phone number, if it has given one."""

    problem = "full"
    status = HTTPStatus.INSUFFICIENT_STORAGE

    def __init__(self, phone: str) -> None:
        super().__init__("no more can be kept today; nothing was stored")
        self.phone = phone


class ForeignOriginError(IntakeError):
    """Raised when a write comes from another site's page."""

    problem = "foreign-origin"
    status = HTTPStatus.FORBIDDEN


class MisdirectedError(IntakeError):
    """Raised when a request names another host than this service's."""

    problem = "misdirected"
    status = HTTPStatus.MISDIRECTED_REQUEST


class ClosedError(IntakeError):
    """Raised when the form is not open yet."""

    problem = "not-open"
    status = HTTPStatus.SERVICE_UNAVAILABLE


class ClockError(IntakeError):
    """Raised when the server's clock contradicts what is known: nothing may be dated until a person has looked."""

    problem = "clock"
    status = HTTPStatus.SERVICE_UNAVAILABLE


class NoRecentSignInError(IntakeError):
    """Raised when no member has signed in for so long that nobody can tell whether the keys are still theirs."""

    problem = "no-recent-sign-in"
    status = HTTPStatus.SERVICE_UNAVAILABLE


class UnavailableError(IntakeError):
    """Raised when the store or the keeper cannot do its part; nothing was acknowledged."""

    problem = "unavailable"
    status = HTTPStatus.SERVICE_UNAVAILABLE
