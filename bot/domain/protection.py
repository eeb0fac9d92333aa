"""An unprotected environment must not share its data with a protected one: what is the same, by name and by value.

Pure; secrets come in through `resolve` and never go out: a finding names places and variables only.
"""

from collections.abc import Callable, Iterator
from itertools import product
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import BaseModel

from bot.domain.catalog import Catalog, EnvironmentEntry, Place

SHARED = {"postgres": ("url", "read"), "stripe": ("key",), "releases": ("folder",)}
"""What makes two environments one: their database, their payments, the folder that a switch changes."""

Shared = tuple[Place, str, str, str, Place]
"""(unprotected place, section, key, what it names, protected place)."""


def shared_names(catalog: Catalog) -> list[Shared]:
    """The same $NAME or folder in an unprotected and a protected environment."""
    return [
        (open_.place, section, key, value, closed.place)
        for open_, closed in _pairs(catalog)
        for section, key, value in _values(open_)
        if any(value == other for kind, _, other in _values(closed) if kind == section)
    ]


def shared_parts(catalog: Catalog, resolve: Callable[[str], str]) -> list[str]:
    """The same host and database, or the same live Stripe key, behind different names: one sentence each.

    `resolve` turns `$NAME` into its value.
    """
    return [
        f"{open_.place} is not protected but has the same {_NOUNS[section]} as {closed.place}, which is "
        f"({name} and {other}). Give {open_.place} its own, or protect it."
        for open_, closed in _pairs(catalog)
        for section, _, name in _values(open_)
        for kind, _, other in _values(closed)
        if section == kind and section in _NOUNS and _same(section, resolve(name), resolve(other))
    ]


_NOUNS = {"postgres": "database", "stripe": "live Stripe key"}


def _pairs(catalog: Catalog) -> Iterator[tuple[EnvironmentEntry, EnvironmentEntry]]:
    entries = [entry for service in catalog.services.values() for entry in service.environments.values()]
    return ((one, two) for one, two in product(entries, entries) if not one.protected and two.protected)


def _values(entry: EnvironmentEntry) -> Iterator[tuple[str, str, str]]:
    """(section, key, value) of what would make two environments one."""
    for section, keys in SHARED.items():
        found = entry.sections.get(section)
        for key in keys:
            value = getattr(found, key, None) if isinstance(found, BaseModel) else None
            if value is not None:
                yield section, key, str(value)


def _same(section: str, one: str, two: str) -> bool:
    if section == "stripe":
        return one == two and one.startswith(("sk_live_", "rk_live_"))
    return _database(one) == _database(two)


def _database(url: str) -> tuple[str, int, str]:
    """Host, port and database of a PostgreSQL URL; a socket's folder counts as its host."""
    split, asked = urlsplit(url), parse_qs(urlsplit(url).query)
    host = (split.hostname or asked.get("host", ["localhost"])[0]).rstrip("/.").lower()
    port = split.port or int(asked.get("port", ["5432"])[0])
    name = unquote(split.path.lstrip("/")) or asked.get("dbname", [unquote(split.username or "")])[0]
    return "localhost" if host in ("127.0.0.1", "::1") else host, port, name
