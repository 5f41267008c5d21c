"""Explains to the operator why PostgreSQL cannot be reached or refuses to write.

libpq reports a failed connection as a text without a code. The text may name hosts, logins and databases. This module compares
it with patterns and never shows it.
"""

import re

from sqlalchemy.exc import DatabaseError

_SETTING = "INTAKE_DATABASE_URL"
_LOST = "the connection to the database was lost"
# The first pattern that matches libpq's text decides.
_CONNECTING = (
    (r"password authentication failed|no password supplied", f"the database refused the password in {_SETTING}"),
    (r"no pg_hba\.conf entry", "pg_hba.conf of the database does not allow this login from this machine"),
    (r'role ".*" does not exist|Peer authentication failed', f"the database does not know the login in {_SETTING}"),
    (r'database ".*" does not exist', f"the database that {_SETTING} names does not exist"),
    (r"permission denied for database", f"the login in {_SETTING} may not use this database"),
    (r"certificate|SSL|TLS", f"the TLS connection failed. Check sslmode, sslrootcert and the host in {_SETTING}"),
    (r"read-only|hot standby|session is not", f"no host in {_SETTING} is a primary that takes writes"),
    (r"starting up|shutting down|recovery", "the database is starting or stopping"),
    (r"too many (clients|connections)|connection slots", "the database has no connection left. Raise max_connections"),
    (r"could not translate host name|Name or service not known|nodename", f"the host in {_SETTING} has no address"),
    (r"refused|No such file|timed out|timeout|No route|unreachable", f"no database answers at the host and port in {_SETTING}"),
)
_READ_ONLY = "25006"  # SQLSTATE read_only_sql_transaction


def reason(error: DatabaseError) -> str:
    """Return why PostgreSQL refused or could not be reached, without names of rows. Empty for other engines."""
    diagnostics = getattr(error.orig, "diag", None)
    if diagnostics is None:
        return ""
    if getattr(error.orig, "sqlstate", None) == _READ_ONLY:
        return f"this database is a standby and takes no writes. Add target_session_attrs=read-write to {_SETTING}"
    if diagnostics.message_primary:
        return str(diagnostics.message_primary)
    text = str(error.orig)
    return next((words for pattern, words in _CONNECTING if re.search(pattern, text)), _LOST)
