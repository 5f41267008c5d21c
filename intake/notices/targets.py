"""The parsed addresses of notices, one class for each kind of service. Only `intake.notices.parser` makes them."""

from dataclasses import dataclass

MAX_RECIPIENTS = 5  # topics, rooms, chats or persons in one address


@dataclass(frozen=True, slots=True)
class Server:
    """A host, a port, and whether the connection is encrypted from its start."""

    host: str
    port: int
    secure: bool


@dataclass(frozen=True, slots=True, repr=False)
class Target:
    """The target of a notice. It contains secrets, so its `repr` shows nothing."""

    server: Server

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


@dataclass(frozen=True, slots=True, repr=False)
class Ntfy(Target):
    """Topics of an ntfy server, with an access token or with a user and a password."""

    topics: tuple[str, ...]
    token: str
    user: str
    password: str
    priority: int


@dataclass(frozen=True, slots=True, repr=False)
class Gotify(Target):
    """An application of a Gotify server, below a path."""

    folder: str
    token: str
    priority: int


@dataclass(frozen=True, slots=True, repr=False)
class Matrix(Target):
    """Matrix rooms, by id or alias, with an access token or with a user and a password. A room may lack its server."""

    rooms: tuple[str, ...]
    token: str
    user: str
    password: str


@dataclass(frozen=True, slots=True, repr=False)
class Telegram(Target):
    """Chats of a Telegram bot, each with its topic or 0."""

    token: str
    chats: tuple[tuple[str, int], ...]
    silent: bool


@dataclass(frozen=True, slots=True, repr=False)
class Signal(Target):
    """Persons and groups on Signal, through a gateway (signal-cli-rest-api) that sends as `sender`."""

    user: str
    password: str
    sender: str
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Mail(Target):
    """Persons, through a mail server. With `starttls` the connection is encrypted before anything else is sent."""

    starttls: bool
    login: str
    password: str
    sender: str
    recipients: tuple[str, ...]
