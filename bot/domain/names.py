"""Names as people type them: which service, environment or alias a word is, and whether the names can be told apart.

Pure. Names of services, environments and words are disjoint sets: that is why order is free.
"""

from collections.abc import Iterator, Mapping

from bot.domain.catalog import Catalog, ServiceEntry
from bot.domain.command import Command
from bot.domain.fields import fields_of

EVERY = "all"
"""The word for "no service in particular", where a service may be left out."""

RESERVED = frozenset({"help", "because", EVERY})
USUAL_ALIASES: Mapping[str, str] = {"prod": "production", "stg": "staging", "stage": "staging", "dev": "development"}


def environments_of(service: ServiceEntry) -> dict[str, str]:
    """Every name and alias of its environments → the environment."""
    own = {name.lower(): name for name in service.environments}
    said = {alias.lower(): name for name, entry in service.environments.items() for alias in entry.aliases}
    usual = {alias: own[name] for alias, name in USUAL_ALIASES.items() if name in own}
    return {**usual, **said, **own}


def all_environments(catalog: Catalog) -> dict[str, str]:
    """The same over every service; only for telling what kind of name a word is."""
    found: dict[str, str] = {}
    for service in catalog.services.values():
        found.update(environments_of(service))
    return found


def services_of(catalog: Catalog) -> dict[str, str]:
    return {name.lower(): name for name in catalog.services}


def check_names(commands: Mapping[str, Command], catalog: Catalog) -> list[str]:
    """What keeps order from being free: one sentence for each name that means two things. Empty = all is well."""
    uses: dict[str, set[str]] = {}
    for name, use in _uses(commands, catalog):
        uses.setdefault(name, set()).add(use)
    return [
        f"“{name}” is {' and '.join(sorted(found))}: rename it in the catalog, so that a typed word means one thing."
        for name, found in sorted(uses.items())
        if len(found) > 1
    ]


def _uses(commands: Mapping[str, Command], catalog: Catalog) -> Iterator[tuple[str, str]]:
    yield from ((name, "the name of a service") for name in services_of(catalog))
    yield from ((name, "the name of an environment") for name in all_environments(catalog))
    yield from ((name, "a word of its own") for name in RESERVED)
    for command in commands.values():
        for verb in command.verbs:
            yield from ((word, "a word of a command") for word in (verb.word,) if word)
            yield from ((word, "a word of a command") for field in fields_of(verb.request) for word in field.words)
    yield from ((command.word, "the name of a command") for command in commands.values())
