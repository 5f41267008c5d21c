"""A short run of a cluster in CI: the leader of its database is killed while people send. `make cluster` tries more faults."""

import asyncio
import os
from collections.abc import Iterator

import pytest

from tests.cluster.database import TTL
from tests.cluster.installation import installation
from tests.cluster.scenarios import LIMIT, Row, leader_is_killed, row

pytestmark = [
    pytest.mark.alone,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can make network namespaces"),
]

USUAL_GAPS = 10
"""How many of the gaps without a fault the servers and HAProxy have beyond `ttl`, on a machine too slow for `LIMIT`."""


@pytest.fixture(scope="module")
def after_a_killed_leader() -> Iterator[Row]:
    """Kill the leader of the smallest cluster with -9 while people send and withdraw."""
    with installation(databases=2, etcd=1, servers=1, deletion=False) as whole:
        yield asyncio.run(row(whole, "the leader is killed", leader_is_killed))


def test_a_killed_leader_loses_no_acknowledged_request(after_a_killed_leader: Row) -> None:
    assert after_a_killed_leader.acknowledged
    assert after_a_killed_leader.lost == 0


def test_nobody_is_answered_500_while_the_database_has_no_leader(after_a_killed_leader: Row) -> None:
    assert after_a_killed_leader.internal_errors == 0


def test_requests_are_taken_again_soon_after_a_leader_was_killed(after_a_killed_leader: Row) -> None:
    # A machine that is slow makes every gap longer, so the limit grows with the gaps before the fault.
    assert after_a_killed_leader.longest_gap < max(LIMIT, TTL + USUAL_GAPS * after_a_killed_leader.usual_gap)
