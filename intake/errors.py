"""What this package raises for people to read; one place (`intake.server.problems`) maps it to answers."""


class IntakeError(Exception):
    """Raised when a request cannot be carried out; `problem` names the answer in docs/openapi.yaml."""

    problem = "invalid"


class InvalidError(IntakeError):
    """Raised when what was sent is not of the form that it must have."""


class TooLargeError(IntakeError):
    """Raised when a body is over its ceiling."""

    problem = "too-large"


class SlowError(IntakeError):
    """Raised when a body does not arrive within its time."""

    problem = "slow"


class NotFoundError(IntakeError):
    """Raised when there is no such thing, or it is not the asker's."""

    problem = "not-found"


class GoneError(IntakeError):
    """Raised when a case was deleted on its day."""

    problem = "gone"

    def __init__(self, day: str) -> None:
        super().__init__("deleted on its day")
        self.day = day


class StaleError(IntakeError):
    """Raised when a slate, a number or a version is no longer current: take a new one and seal again."""

    problem = "stale"


class TakenError(IntakeError):
    """Raised when an id is taken by something else."""

    problem = "taken"


class SignInError(IntakeError):
    """Raised when nobody is signed in, or handle and secret do not fit."""

    problem = "sign-in"


class InviteError(IntakeError):
    """Raised when an enrolment link was used, has expired, or never was."""

    problem = "invite"


class ForeignOriginError(IntakeError):
    """Raised when a write comes from another site's page."""

    problem = "foreign-origin"


class ClosedError(IntakeError):
    """Raised when the form is not open yet."""

    problem = "not-open"


class UnavailableError(IntakeError):
    """Raised when the store or the keeper cannot do its part; nothing was acknowledged."""

    problem = "unavailable"
