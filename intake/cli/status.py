"""`intake status`: the store, the group, the clock and the backups in a few lines."""

import json

from crypto import keylist
from intake import settings
from intake.cli.consoles import out
from intake.cli.options import AsJson
from intake.cli.read_only import read_only
from intake.service.automatic_backups import BackupState, state_of
from intake.service.quota import WARN_PERCENT, Quota
from intake.service.service import utc_now
from intake.store.clock import known_days
from intake.store.deletion.purge_store import PurgeStore
from intake.store.members import members
from retention.clock import contradiction, remedy


def status(as_json: AsJson = False) -> None:
    """Show the store, the group's fingerprint and how many members there are.

    Example: intake status --json
    """
    config = settings.read()
    backup = state_of(config.data) if config.backup_file else None
    today = utc_now().date()
    with read_only() as database:
        report: dict[str, object] = {"store": PurgeStore(database).store_id, "fingerprint": "", "members": 0}
        with database.transaction() as tx:
            entries = members.entries(tx)
            report["clock"] = contradiction(today, known_days(tx)) or ""
            report["storage_percent"] = percent = Quota(config.quota).share(tx, today.isoformat())
    if entries:
        keys = keylist.verify(entries, today)
        report |= {"fingerprint": keys.fingerprint, "members": len(keys.members)}
    if backup is not None:
        report["backup"] = {"succeeded": backup.succeeded, "failure": backup.failure}
    if as_json:
        out.print(json.dumps(report), soft_wrap=True)
        return
    out.print(f"store        {report['store']}")
    out.print(f"fingerprint  {report['fingerprint'] or 'none yet: no coordinator has enrolled'}")
    out.print(f"members      {report['members']}")
    clock = f"{report['clock']}. {remedy(today)}" if report["clock"] else "no contradiction found"
    out.print(f"clock        {clock}", soft_wrap=True)
    out.print(f"storage      {percent}% used{': nearly full' if percent >= WARN_PERCENT else ''}")
    if backup is not None:
        out.print(f"backup       {_backup_in_words(backup)}", soft_wrap=True)


def _backup_in_words(state: BackupState) -> str:
    last = f"the last one is of {state.succeeded}" if state.succeeded else "none yet"
    return f"failed: {state.failure} ({last})" if state.failure else last
