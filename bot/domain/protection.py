"""An unprotected environment must not share its data with a protected one: what is the same, by name and by value.

Pure; secrets come in through `resolve` and never go out: a finding names places and variables only.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import BaseModel

from bot.domain.catalog import Catalog, EnvironmentEntry, Place

SHARED = {"postgres": ("url", "read", "restore"), "stripe": ("key",), "releases": ("folder",)}
"""What makes two environments one: their database, their payments, the folder that a switch changes."""


@dataclass(frozen=True, slots=True)
class Part:
    """One value of one environment, by its name in the catalog."""

    place: Place
    section: str
    key: str
    value: str


def shared_names(catalog: Catalog) -> list[tuple[Part, Place]]:
    """The same $NAME or folder in an unprotected environment (its scripts included) and in a protected one."""
    return [
        (mine, closed.place)
        for open_, closed in _pairs(catalog)
        for mine in (*_parts(open_), *_script_parts(open_))
        if any(mine.value == its.value and mine.section in (its.section, SCRIPTS) for its in _parts(closed))
    ]


def shared_parts(catalog: Catalog, resolve: Callable[[str], str]) -> list[str]:
    """The same host and database, or the same live Stripe key, behind different names: one sentence each.

    `resolve` turns `$NAME` into its value.
    """
    return [
        f"{mine.place} is not protected but has the same {what} as {its.place}, which is "
        f"({mine.value} and {its.value}). Give {mine.place} its own, or protect it."
        for open_, closed in _pairs(catalog)
        for mine in (*_parts(open_), *_script_parts(open_))
        for its in _parts(closed)
        if mine.value.startswith("$") and its.value.startswith("$")
        if (what := _same(resolve(mine.value), resolve(its.value)))
    ]


SCRIPTS = "script_env"


def _pairs(catalog: Catalog) -> Iterator[tuple[EnvironmentEntry, EnvironmentEntry]]:
    entries = [entry for service in catalog.services.values() for entry in service.environments.values()]
    return ((one, two) for one, two in product(entries, entries) if not one.protected and two.protected)


def _parts(entry: EnvironmentEntry) -> Iterator[Part]:
    for section, keys in SHARED.items():
        found = entry.sections.get(section)
        for key in keys:
            value = getattr(found, key, None) if isinstance(found, BaseModel) else None
            if value is not None:
                yield Part(entry.place, section, key, str(value))


def _script_parts(entry: EnvironmentEntry) -> Iterator[Part]:
    return (Part(entry.place, SCRIPTS, name, value) for name, value in entry.script_env.items())


def _same(one: str, two: str) -> str:
    """What two values both are; "" when they are different things."""
    if one == two and one.startswith(("sk_live_", "rk_live_")):
        return "live Stripe key"
    both = one.startswith(_POSTGRES) and two.startswith(_POSTGRES)
    return "database" if both and _database(one) == _database(two) else ""


_POSTGRES = ("postgres://", "postgresql://")


def _database(url: str) -> tuple[str, str, str]:
    """Host, port and database of a PostgreSQL URL; a socket's folder counts as its host."""
    split, asked = urlsplit(url), parse_qs(urlsplit(url).query)
    host, _, port = split.netloc.rpartition("@")[2].partition(":")
    host = (host or asked.get("host", ["localhost"])[0]).rstrip("/.").lower()
    name = unquote(split.path.lstrip("/")) or asked.get("dbname", [unquote(split.username or "")])[0]
    return "localhost" if host == "127.0.0.1" else host, port or asked.get("port", ["5432"])[0], name
