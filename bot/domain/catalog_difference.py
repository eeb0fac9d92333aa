"""What differs between two catalogs, in words; values of settings are never told. Pure."""

from collections.abc import Iterator

from bot.domain.catalog import Catalog, EnvironmentEntry, Place, ServiceEntry
from bot.domain.words import listed


def catalog_differences(before: Catalog, after: Catalog) -> list[str]:
    """A sentence each, what protects people first."""
    old = {place: before.at(place) for place in before.places()}
    new = {place: after.at(place) for place in after.places()}
    told = [f"{place} is gone from the catalog." for place in old if place not in new]
    told += [f"{place} is new{_kind(entry)}." for place, entry in new.items() if place not in old]
    both = [(old[place], new[place]) for place in new if place in old]
    told += [_protection(now) for was, now in both if was.protected != now.protected]
    told += [line for was, now in both for line in _settings(was, now)]
    for name, service in after.services.items():
        if name in before.services:
            told += _service(before.services[name], service)
    return told


def _kind(entry: EnvironmentEntry) -> str:
    return "" if entry.protected else ", not protected"


def _protection(now: EnvironmentEntry) -> str:
    return f"{now.place} is protected now." if now.protected else f"{now.place} is not protected any more."


def _settings(was: EnvironmentEntry, now: EnvironmentEntry) -> Iterator[str]:
    """Sections by name, and the rest of an environment."""
    if was.url != now.url:
        yield f"{now.place} has another url: {now.url or 'none'}."
    changed = [key for key in now.sections if key in was.sections and now.sections[key] != was.sections[key]]
    for words, names in (
        ("has new settings for", changed),
        ("uses now", [key for key in now.sections if key not in was.sections]),
        ("uses no longer", [key for key in was.sections if key not in now.sections]),
    ):
        if names:
            yield f"{now.place} {words} {listed(sorted(names), 'and')}."
    rest = [(was.script_env, was.run_as, was.aliases), (now.script_env, now.run_as, now.aliases)]
    if rest[0] != rest[1]:
        yield _differs(now.place)


def _differs(place: Place) -> str:
    return f"{place} has another script_env, run_as or aliases."


def _service(was: ServiceEntry, now: ServiceEntry) -> Iterator[str]:
    if was.cards != now.cards:
        yield f"Runs of {now.name} are shown in another channel."
    if was.bound != now.bound:
        yield f"Other channels stand for {now.name}."
    if was.public_name != now.public_name or was.updates != now.updates:
        yield f"People outside read {now.name} by another name, or at other times."
    if was.repository != now.repository or was.migrations != now.migrations:
        yield f"{now.name} has another repository or other migrations."
    if was.thresholds != now.thresholds:
        yield f"{now.name} has other thresholds."
    named = sorted(now.scripts.keys() | was.scripts.keys())
    scripts = [name for name in named if now.scripts.get(name) != was.scripts.get(name)]
    if scripts:
        yield f"Scripts of {now.name} that are new, gone or different: {', '.join(scripts)}."
