"""Writes the head of an answer together with its body."""

from asyncio import AbstractEventLoop, Transport
from collections.abc import Callable


class AnswerTransport:
    """The part of a transport that an answer uses.

    uvicorn writes an answer's head and its body apart. This keeps the head back until the body, or until the next turn of the
    event loop. A short answer then costs one packet and one system call instead of two.

    Args:
        transport: the connection's.
        loop: the event loop.
        close: closes the connection. The protocol's own lingers over an unread body.
        joined: whether a body follows the head. None follows the head of an answer to `HEAD`.
    """

    __slots__ = ("_close", "_head", "_holds", "_loop", "_transport", "is_closing")

    def __init__(self, transport: Transport, loop: AbstractEventLoop, close: Callable[[], None], *, joined: bool) -> None:
        self._transport = transport
        self._loop = loop
        self._close = close
        self._holds = joined  # until the first write
        self._head = b""
        self.is_closing = transport.is_closing

    def write(self, data: bytes) -> None:
        """Write the head, or a part of the body."""
        if self._head:
            head, self._head = self._head, b""
            self._transport.writelines((head, data))
        elif self._holds:
            self._holds, self._head = False, data
            self._loop.call_soon(self._flush)
        else:
            self._transport.write(data)

    def close(self) -> None:
        """Write what waits, and close."""
        self._flush()
        self._close()

    def _flush(self) -> None:
        head, self._head = self._head, b""
        if head and not self._transport.is_closing():
            self._transport.write(head)
