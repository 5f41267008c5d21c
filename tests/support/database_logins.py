"""The documented logins on a PostgreSQL store: the owner's, the servers' and the deletion's."""

import os
from pathlib import Path

from intake.store.engines.postgresql import PURGE, SERVER
from tests.support import postgres
from tests.support.forked_server import intake
from tests.support.postgres import Cluster

Logins = dict[str, dict[str, str]]
"""The environment of `owner`, `server` and `purge`."""


def made(cluster: Cluster, folder: Path) -> Logins:
    """Make a migrated database and its logins, as docs/howto/scale-with-postgresql.md says, before any deletion run."""
    owner = cluster.new()
    base = {**os.environ, "INTAKE_DATA": str(folder / "var"), "INTAKE_KEY_STORE": str(folder / "key-store")}
    base["PATH"] = f"{postgres.binaries()}:{base['PATH']}"
    (folder / "var").mkdir()
    logins = {"owner": {**base, "INTAKE_DATABASE_URL": owner}}
    migrated = intake(logins["owner"], "migrate")
    assert migrated.returncode == 0, migrated.stderr
    for name, role in (("server", SERVER), ("purge", PURGE)):
        logins[name] = {**base, "INTAKE_DATABASE_URL": cluster.login(owner, role)}
    allow_clearing(cluster, owner)
    return logins


def allow_clearing(cluster: Cluster, url: str) -> None:
    """Give the deletion's login the rights to clear the write-ahead log, as deploy/postgresql.sql does in each database."""
    cluster.run(f"GRANT pg_checkpoint, pg_monitor TO {PURGE}", url)
    cluster.run(f"GRANT EXECUTE ON FUNCTION pg_switch_wal() TO {PURGE}", url)


def with_days(logins: Logins) -> Logins:
    """Make the first deletion run, which makes the keys of the coming days."""
    run = intake(logins["purge"], "retention", "run")
    assert (run.returncode, run.stdout.splitlines()[-1]) == (0, "scrub: clean"), run.stdout + run.stderr
    return logins
