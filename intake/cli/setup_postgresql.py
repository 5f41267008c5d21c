"""`intake setup postgresql`: deploy/postgresql.sql with the logins of this installation, and its lines of `pg_hba.conf`.

`ALTER SYSTEM` reaches one machine only. For a cluster, the settings are printed for Patroni or for `postgresql.conf`.
"""

import re

from intake.cli import deploy_files
from intake.errors import SettingsError
from intake.settings import Settings
from intake.store.engines import postgresql_address
from intake.store.engines.postgresql_address import Address

_SETTING = re.compile(r"^ALTER SYSTEM SET (\w+) = '?(\w+)'?;$", re.MULTILINE)
_SERVER, _PURGE = "intake_web", "intake_nightly"  # the logins as deploy/postgresql.sql names them


def statements(config: Settings, account: str) -> str:
    """Return SQL that psql runs. Its last lines are comments for `pg_hba.conf` and `pg_ident.conf`.

    The login of the servers is the one of INTAKE_DATABASE_URL, if the address names one.

    Args:
        config: the settings.
        account: the account that runs the service, for a database on the same machine.

    Raises:
        SettingsError: the settings name no PostgreSQL.
    """
    if not config.database_url:
        raise SettingsError("INTAKE_DATABASE_URL must be the address of a PostgreSQL database first. Nothing was printed")
    address = postgresql_address.parse(config.database_url)
    server, purge = address.login or _SERVER, _PURGE
    if server == purge:
        raise SettingsError(
            f"INTAKE_DATABASE_URL names {purge}, which is the login of the deletion. "
            "Put the servers' login into the settings file, and that one into purge.env. Nothing was printed"
        )
    for name in (server, address.database):
        if not name.isprintable() or set(name) & set('"$'):
            raise SettingsError(
                "INTAKE_DATABASE_URL has a login or a database with a quote or a dollar sign. Nothing was printed"
            )
    sql = re.sub(rf"\b{_SERVER}\b", lambda _: _quoted(server), deploy_files.read("postgresql.sql"))
    lines = "".join(f"-- {line}\n" for line in _authentication(address, server, purge, account))
    return f"{sql}\n{lines}"


def patroni() -> str:
    """Return the settings as Patroni's dynamic configuration, which reaches every member of a cluster."""
    lines = "".join(f"    {name}: '{value}'\n" for name, value in _settings())
    return (
        "# For bootstrap.dcs of a new cluster, or for a running one:\n"
        "#   intake setup postgresql --patroni | patronictl edit-config --apply -\n"
        "# max_locks_per_transaction then needs: patronictl restart\n"
        "# Without synchronous_mode, a failover may lose requests that were acknowledged.\n"
        "synchronous_mode: true\n"
        f"postgresql:\n  parameters:\n{lines}"
    )


def configuration() -> str:
    """Return the settings as lines of `postgresql.conf`, for each machine of a cluster without Patroni."""
    lines = "".join(f"{name} = {value}\n" for name, value in _settings())
    return f"# For postgresql.conf of each machine, standbys too. Restart the standbys first: they need as many locks.\n{lines}"


def _settings() -> list[tuple[str, str]]:
    """Return what deploy/postgresql.sql sets by ALTER SYSTEM: names and values."""
    return _SETTING.findall(deploy_files.read("postgresql.sql"))


def _authentication(address: Address, server: str, purge: str, account: str) -> list[str]:
    """Return the lines that let both logins in, for the way in which the address connects."""
    who = f"{_quoted(address.database or server)}  {_quoted(server)},{_quoted(purge)}"
    if all(postgresql_address.is_socket(host) for host in address.hosts):
        return [
            f"pg_hba.conf, before other lines for this database: the account {account} may use both logins without a password.",
            f"local  {who}  peer  map=sealed_intake",
            "pg_ident.conf:",
            *(f"sealed_intake  {_quoted(account)}  {_quoted(login)}" for login in (server, purge)),
        ]
    passwords = [f"Give each login a password, in psql: \\password {_quoted(login)}" for login in (server, purge)]
    if all(postgresql_address.is_here(host) for host in address.hosts):
        networks = ("127.0.0.1/32", "::1/128")
        lines = [f"host  {who}  {network}  scram-sha-256" for network in networks]
        return [*passwords, "pg_hba.conf, before other lines for this database:", *lines]
    return [
        *passwords,
        "pg_hba.conf, before other lines for this database. Replace samenet if the servers are in other networks:",
        f"hostssl  {who}  samenet  scram-sha-256",
    ]


def _quoted(name: str) -> str:
    """Return a name of SQL or a word of `pg_hba.conf`. In quotes, none is a keyword."""
    return f'"{name}"'
