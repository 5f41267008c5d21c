"""Errors of notices: a refused address, and a notice that was not sent."""

from enum import StrEnum


class Fault(StrEnum):
    """Why an address is refused. It depends only on the address and the settings, so it reveals nothing of the network."""

    KIND = "kind"
    """A service that this server does not send to."""
    HOST = "host"
    """A host that this server does not send to."""
    OPTION = "option"
    """An option that is not on the service's list."""
    FORM = "form"
    """Not an address of its service."""


class TargetError(Exception):
    """Raised when an address is refused."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(f"refused: {fault}")
        self.fault = fault


class NoticeError(Exception):
    """Raised when a notice was not sent. It gives no reason, which could reveal what answers in the server's network."""

    def __init__(self) -> None:
        super().__init__("the notice was not sent")
