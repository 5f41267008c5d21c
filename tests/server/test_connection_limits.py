"""Which connection the server closes when there are too many, and which bodies make room for others."""

from collections.abc import Callable
from ipaddress import ip_network

from intake.server.body_budget import BodyBudget
from intake.server.connection_limits import SOURCE_SHARE, ConnectionTable, source_reader


def table(most: int) -> ConnectionTable[int]:
    return ConnectionTable(most, source_reader([ip_network("10.0.0.0/8")]))


def test_the_connection_idle_for_longest_is_closed_and_never_one_in_use() -> None:
    connections = table(3)
    assert [connections.add(number, "127.0.0.1") for number in range(3)] == [None] * 3
    connections.serve(0)
    connections.wait(1)  # waits again: its body began
    assert connections.add(3, "127.0.0.1") == 2
    connections.remove(2)
    connections.serve(1)
    connections.serve(3)
    assert connections.add(4, "127.0.0.1") == 4  # no other connection waits


def test_one_source_holds_an_eighth_and_loses_its_own_oldest() -> None:
    connections = table(SOURCE_SHARE * 4)
    connections.add(100, "203.0.113.9")
    for number in range(4):
        assert connections.add(number, "192.0.2.7") is None
    assert connections.add(4, "192.0.2.7") == 0
    connections.remove(0)
    assert connections.add(5, "::ffff:192.0.2.7") == 1
    connections.remove(1)
    assert connections.add(101, "203.0.113.9") is None


def test_this_machine_and_named_proxies_speak_for_many() -> None:
    connections = table(SOURCE_SHARE * 2)
    for number, host in enumerate(["127.0.0.1", "10.1.1.1", "::1", ""] * 4):
        assert connections.add(number, host) is None
    for number in range(16):
        connections.remove(number)
    assert len(connections) == 0
    assert connections.add(1, "2001:db8:1:2::5") is None
    assert connections.add(2, "2001:db8:1:2:ffff::5") is None
    assert connections.add(3, "2001:db8:1:2::6") == 1


def budget(most: int, at: list[float]) -> tuple[BodyBudget, list[str], Callable[[str], Callable[[], None]]]:
    dropped: list[str] = []
    return BodyBudget(most, lambda: at[0]), dropped, lambda name: lambda: dropped.append(name)


def test_the_body_that_held_most_for_longest_makes_room() -> None:
    at = [0.0]
    bodies, dropped, drop = budget(1000, at)
    large, small = bodies.open(drop("large")), bodies.open(drop("small"))
    bodies.add(large, 700)
    bodies.add(small, 50)
    at[0] = 5.0
    newest = bodies.open(drop("newest"))
    bodies.add(newest, 300)
    assert dropped == ["large"]
    assert large.refused
    assert bodies.used == 350
    bodies.add(large, 500)  # the rest of this body is not kept
    assert bodies.used == 350


def test_a_body_that_has_arrived_is_never_refused() -> None:
    at = [0.0]
    bodies, dropped, drop = budget(1000, at)
    whole, newest = bodies.open(drop("whole")), bodies.open(drop("newest"))
    bodies.add(whole, 950)
    whole.whole = True
    at[0] = 5.0
    bodies.add(newest, 100)
    assert dropped == ["newest"]
    bodies.close(whole)
    bodies.close(whole)
    assert bodies.used == 0
