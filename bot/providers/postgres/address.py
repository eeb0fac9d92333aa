"""A database's address without its password, and the password where only the child can read it.

A password is never an argument and never in an environment: both can be read in /proc.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from bot.domain.errors import ProviderError

_SCHEMES = ("postgresql", "postgres")
_SECRET_OPTIONS = ("password", "sslpassword", "passfile")


@dataclass(frozen=True, slots=True)
class Address:
    """uri: safe to show to a child process, without the password."""

    uri: str
    password: str
    host: str
    port: str
    database: str

    @property
    def server(self) -> tuple[str, str]:
        return self.host, self.port

    def with_login(self, database: str, user: str | None = None) -> str:
        """The URI of another database of the server, without any password."""
        parts = urlsplit(self.uri)
        hosts = parts.netloc.rpartition("@")[2]
        netloc = f"{quote(user, safe='')}@{hosts}" if user is not None else parts.netloc
        dropped = {"dbname"} if user is None else {"dbname", "user"}  # an option would win over the path
        options = [(name, value) for name, value in parse_qsl(parts.query) if name not in dropped]
        return _join(netloc, database, options)


def address(url: str, variable: str) -> Address:
    """ProviderError when it is no URI; what is wrong is told without any of it."""
    try:
        parts = urlsplit(url)
        options = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:
        raise _unreadable(variable) from None
    if parts.scheme not in _SCHEMES or any(name in ("sslpassword", "passfile") for name, _ in options):
        raise _unreadable(variable)
    login, _, hosts = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    given = dict(options)
    kept = [(name, value) for name, value in options if name not in _SECRET_OPTIONS]
    netloc = f"{user}@{hosts}" if user else hosts
    host, port = _host(hosts)
    return Address(
        _join(netloc, unquote(parts.path.lstrip("/")), kept),
        given.get("password") or unquote(password),
        given.get("host", host),
        given.get("port", port) or "5432",
        given.get("dbname") or unquote(parts.path.lstrip("/")),
    )


@contextmanager
def password_file(password: str) -> Iterator[tuple[dict[str, str], tuple[int, ...]]]:
    """(environment, file handles) for a child: a passfile without a name on any disk, gone with its last reader."""
    if not password:
        yield {}, ()
        return
    with tempfile.TemporaryFile("w+", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(f"*:*:*:*:{password.replace(chr(92), chr(92) * 2).replace(':', chr(92) + ':')}\n")
        file.flush()
        yield {"PGPASSFILE": f"/dev/fd/{file.fileno()}"}, (file.fileno(),)


def _join(netloc: str, database: str, options: list[tuple[str, str]]) -> str:
    query = f"?{urlencode(options)}" if options else ""
    return f"postgresql://{netloc}/{quote(database, safe='')}{query}"


def _host(hosts: str) -> tuple[str, str]:
    host, colon, port = hosts.rpartition(":")
    if not colon or port.endswith("]"):
        return unquote(hosts), ""
    return unquote(host), port


def _unreadable(variable: str) -> ProviderError:
    return ProviderError(
        "postgres",
        f"{variable} does not hold a PostgreSQL address.",
        "It looks like postgresql://user:password@host:5432/database; options with secrets are not taken.",
    )
