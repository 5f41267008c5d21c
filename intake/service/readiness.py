"""Checks whether this server can take a request now, for load balancers and metrics."""

from enum import StrEnum

from intake.service.service import Service
from intake.store.errors import StoreError
from retention.days import day_purpose
from retention.errors import RetentionError
from retention.policy import expiry_day

FULL = 100  # percent


class Obstacle(StrEnum):
    """A reason why this server cannot take a request. A load balancer then sends people to another server."""

    CLOCK = "clock"  # the clock contradicts the store, or a person must confirm it
    DATABASE = "database"  # the store cannot be read
    KEY_STORE = "key-store"  # the key store cannot be read, or lacks keys of the days ahead
    DAYS = "days"  # no deletion run has made the keys of the days ahead
    QUOTA = "quota"  # the day or the whole store is full


def obstacle(service: Service) -> Obstacle | None:
    """Return the first obstacle, or None. Reads a few rows and lists the key store, and changes nothing."""
    if service.guard.contradiction is not None:
        return Obstacle.CLOCK
    today = service.today
    wanted = {expiry_day(today, days).isoformat() for days in range(1, service.settings.policy.maximum_days + 1)}
    try:
        ready = {record.day: record.generation for record in service.job.store.days() if not record.purging}
        percent = service.database.run(lambda tx: service.quota.share(tx, today.isoformat()), read_only=True)
    except (StoreError, RetentionError):
        return Obstacle.DATABASE
    if not wanted <= ready.keys():
        return Obstacle.DAYS
    try:
        bound, living = service.job.key_store.bound_to(), set(service.job.key_store.existing())
    except RetentionError:
        return Obstacle.KEY_STORE
    if bound != service.job.store.store_id or any((day_purpose(day), ready[day]) not in living for day in wanted):
        return Obstacle.KEY_STORE
    return Obstacle.QUOTA if percent >= FULL else None
