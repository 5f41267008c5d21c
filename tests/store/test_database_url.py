"""The address of a PostgreSQL store, as libpq and as SQLAlchemy write it."""

import pytest
from sqlalchemy import make_url

from intake import settings
from intake.errors import SettingsError
from intake.settings.database_url import parse
from intake.store.engines.postgresql_address import is_safe

BASE = "postgresql+psycopg://"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("postgresql+psycopg://intake@db.example/intake", f"{BASE}intake@db.example/intake"),
        ("postgresql://intake@db.example/intake", f"{BASE}intake@db.example/intake"),
        ("postgres://db.example:5433/intake", f"{BASE}db.example:5433/intake"),
        ("postgresql://[2001:db8::1]:5433/intake?sslmode=verify-full", f"{BASE}[2001:db8::1]:5433/intake?sslmode=verify-full"),
        ("postgresql:///intake?host=/run/postgresql", f"{BASE}/intake?host=/run/postgresql"),
        ("postgresql://u:p%40ss@one,two:5433/intake", f"{BASE}u:p%40ss@/intake?host=one,two&port=,5433"),
        (
            "postgresql://u@one:5432,[::1]:5433/intake?target_session_attrs=read-write",
            f"{BASE}u@/intake?host=one,::1&port=5432,5433&target_session_attrs=read-write",
        ),
    ],
)
def test_each_form_is_read(written: str, read: str) -> None:
    assert parse(written) == read
    make_url(read)  # SQLAlchemy reads it too


@pytest.mark.parametrize(
    "wrong", ["mysql://db/intake", "db.example/intake", "postgresql://u@one:x/intake", "postgresql://u@[::1/x"]
)
def test_another_address_is_refused_without_repeating_it(wrong: str) -> None:
    with pytest.raises(SettingsError, match="INTAKE_DATABASE_URL must be like") as refused:
        settings.read({"INTAKE_DATABASE_URL": wrong})
    assert wrong not in str(refused.value)


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("postgresql://u@localhost:5432,127.0.0.1:5433/intake", True),
        ("postgresql://u@localhost,db.example/intake", False),
        ("postgresql://u@one.example,two.example/intake?sslmode=verify-full", True),
    ],
)
def test_every_host_of_a_list_must_be_safe(address: str, safe: bool) -> None:
    assert is_safe(parse(address)) is safe
