"""The fair queue: a source that floods delays only itself, and a key that floods waits behind the other keys of its source."""

import pytest

from intake.service.fair_queue import FairQueue


def all_of(queue: FairQueue[str]) -> list[str]:
    return [queue.pop() for _ in range(len(queue))]


def test_sources_take_turns_even_if_one_sends_more() -> None:
    queue = FairQueue[str](100, 100)
    for number in range(5):
        queue.put(f"flood {number}", b"a", str(number))
    queue.put("one", b"b", "")
    assert all_of(queue) == ["flood 0", "one", "flood 1", "flood 2", "flood 3", "flood 4"]


def test_keys_of_one_source_take_turns() -> None:
    queue = FairQueue[str](100, 100)
    for number in range(3):
        queue.put(f"flood {number}", b"", "a handle")
    queue.put("first", b"", "another")
    queue.put("second", b"", "another")
    assert all_of(queue) == ["flood 0", "first", "flood 1", "second", "flood 2"]


def test_a_full_queue_drops_the_newest_item_of_the_largest_source() -> None:
    queue = FairQueue[str](4, 100)
    for number in range(4):
        assert queue.put(f"flood {number}", b"a", "") is None
    assert queue.put("honest", b"b", "") == "flood 3"
    assert queue.put("flood 4", b"a", "") == "flood 4"
    assert all_of(queue) == ["flood 0", "honest", "flood 1", "flood 2"]


def test_a_newcomer_displaces_nobody_who_waits_as_long() -> None:
    queue = FairQueue[str](2, 100)
    queue.put("a", b"", "a")
    queue.put("b", b"", "b")
    assert queue.put("c", b"", "c") == "c"


def test_a_key_has_a_bound_of_its_own() -> None:
    queue = FairQueue[str](100, 2)
    assert [queue.put(str(number), b"", "a") for number in range(3)] == [None, None, "2"]
    assert queue.put("other", b"", "b") is None


def test_an_empty_queue_returns_nothing() -> None:
    queue = FairQueue[str](1, 1)
    queue.put("a", b"", "")
    queue.pop()
    assert len(queue) == 0
    with pytest.raises(KeyError):
        queue.pop()
