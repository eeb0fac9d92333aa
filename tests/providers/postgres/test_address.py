"""Addresses: the password comes out of every form of them, and no wrong one is ever repeated."""

import os
from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.domain.capability import Checks
from bot.domain.errors import ProviderError
from bot.providers.postgres import PROVIDER, Postgres, PostgresSettings
from bot.providers.postgres.address import address, password_file
from bot.providers.process import run
from bot.providers.registry import Context


@pytest.mark.parametrize(
    ("url", "uri", "password", "server", "database"),
    [
        ("postgresql://u:p@h:6432/d", "postgresql://u@h:6432/d", "p", ("h", "6432"), "d"),
        ("postgres://u:p%40%3A@h/d", "postgresql://u@h/d", "p@:", ("h", "5432"), "d"),
        ("postgresql://u@h/d?password=p", "postgresql://u@h/d", "p", ("h", "5432"), "d"),
        ("postgresql://u:a@h/d?sslmode=require", "postgresql://u@h/d?sslmode=require", "a", ("h", "5432"), "d"),
        (
            "postgresql://postgres:@/shop_production?host=/run/pg",
            "postgresql://postgres@/shop_production?host=%2Frun%2Fpg",
            "",
            ("/run/pg", "5432"),
            "shop_production",
        ),
        ("postgresql://u%40x:p@[::1]:5433/d", "postgresql://u%40x@[::1]:5433/d", "p", ("[::1]", "5433"), "d"),
        ("postgresql:///d", "postgresql:///d", "", ("", "5432"), "d"),
    ],
)
def test_the_password_comes_out(url: str, uri: str, password: str, server: tuple[str, str], database: str) -> None:
    found = address(url, "$SHOP_DB")
    assert (found.uri, found.password, found.server, found.database) == (uri, password, server, database)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mysql://u:hunter2@h/d",
        "host=h password=hunter2",
        "postgresql://u@h/d?sslpassword=hunter2",
        "http://[hunter2",
    ],
)
def test_what_is_no_address_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ProviderError, match=r"\$SHOP_DB does not hold a PostgreSQL address") as caught:
        address(url, "$SHOP_DB")
    assert "hunter2" not in str(caught.value)


def test_another_database_of_the_server_for_another_user() -> None:
    at = address("postgresql://admin:p@h/postgres?sslmode=require", "$X")
    assert at.with_login("copy", "role") == "postgresql://role@h/copy?sslmode=require"


async def test_a_child_reads_the_password_from_a_file_without_a_name() -> None:
    with password_file("a:b\\c") as (environment, handles):
        path = environment["PGPASSFILE"]
        done = await run(["cat", path], timeout=timedelta(seconds=5), pass_fds=handles)
        links = os.fstat(handles[0]).st_nlink
    assert done.tail == "*:*:*:*:a\\:b\\\\c"
    assert links == 0


def test_without_a_password_there_is_no_file() -> None:
    with password_file("") as nothing:
        assert nothing == ({}, ())


def test_a_missing_variable_is_named(context_for: Callable[..., Context]) -> None:
    with pytest.raises(ProviderError, match=r"\$SHOP_DB is not set"):
        PROVIDER.offers(PostgresSettings(url="$SHOP_DB"), context_for())


def test_checks_look_where_the_catalog_says_read(context_for: Callable[..., Context]) -> None:
    secrets = {"$SHOP_DB": "postgresql://a@main/d", "$SHOP_READ": "postgresql://a@copy/d"}
    settings = PostgresSettings(url="$SHOP_DB", read="$SHOP_READ")
    database = PROVIDER.offers(settings, context_for(secrets=secrets))[Checks]
    assert isinstance(database, Postgres)
    assert (database.read.host, database.at.host) == ("copy", "main")
