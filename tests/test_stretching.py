"""Receipts and passwords are stretched beside everything else, not before it."""

import asyncio
import os
import sys
import threading

import pytest

from intake.stretching import NICE, Stretching


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a thread has no priority of its own")
def test_whoever_looks_at_a_page_goes_before_a_flood_of_receipts() -> None:
    def priority() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    async def stretched() -> int:
        stretching = Stretching()
        try:
            return await stretching.run(priority)
        finally:
            stretching.close()

    before = priority()
    assert asyncio.run(stretched()) == min(19, before + NICE)
    assert priority() == before
