"""How an answer's head and body reach the connection."""

import asyncio
from typing import cast

from intake.server.answer_transport import AnswerTransport


class Recorder:
    """A transport that records each write."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.closing = False

    def write(self, data: bytes) -> None:
        self.writes.append(data)

    def writelines(self, parts: tuple[bytes, ...]) -> None:
        self.writes.append(b"".join(parts))

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        self.writes.append(b"closed")
        self.closing = True


def over(recorder: Recorder, *, joined: bool = True) -> AnswerTransport:
    return AnswerTransport(cast(asyncio.Transport, recorder), asyncio.get_running_loop(), recorder.close, joined=joined)


async def test_head_and_body_are_one_write() -> None:
    recorder = Recorder()
    answer = over(recorder)
    answer.write(b"head")
    answer.write(b"body")
    answer.write(b"more")
    await asyncio.sleep(0)
    assert recorder.writes == [b"headbody", b"more"]


async def test_the_head_of_a_stream_does_not_wait_for_the_first_event() -> None:
    recorder = Recorder()
    answer = over(recorder)
    answer.write(b"head")
    await asyncio.sleep(0)
    assert recorder.writes == [b"head"]
    answer.write(b"event")
    assert recorder.writes == [b"head", b"event"]


async def test_a_head_without_a_body_is_written_before_the_connection_closes() -> None:
    recorder = Recorder()
    answer = over(recorder)
    answer.write(b"head")
    answer.close()
    await asyncio.sleep(0)
    assert recorder.writes == [b"head", b"closed"]


async def test_the_answer_to_head_is_written_at_once() -> None:
    recorder = Recorder()
    over(recorder, joined=False).write(b"head")
    assert recorder.writes == [b"head"]


async def test_nothing_is_written_to_a_closed_connection() -> None:
    recorder = Recorder()
    answer = over(recorder)
    answer.write(b"head")
    recorder.closing = True
    await asyncio.sleep(0)
    assert recorder.writes == []
