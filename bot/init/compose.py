"""Writes catalog.yml and policy.yml from what was told, in the shape of examples/. Pure.

A catalog that is there keeps its lines and comments: services are added at its end.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from bot.init.plan import Environment, Release, Service, Stripe, Team

_PLAIN = re.compile(r"[A-Za-z$/][\w$./:@+-]*")
_TRAPS = frozenset({"yes", "no", "on", "off", "true", "false", "null", "y", "n"})
_CATALOG = """\
# catalog.yml: what we operate. $NAME = an environment variable of the bot; a pasted secret is refused.
# `watchkeeper policy check` names mistakes, `watchkeeper doctor` looks at everything, examples/ shows more.
services:
"""
_POLICY = "# policy.yml: who may do what. Not granted = no; a denial beats every grant."
_GRANTS = """\
grants:
  - {role: viewer, may: [read]}
  - {role: operator, may: [record, change], except: [billing, env:set]}
  - {role: admin, may: [record, change, destructive]}
"""


def catalog(services: Sequence[Service], before: str = "") -> str:
    """The file, with these services at its end."""
    text = before.rstrip("\n") + "\n" if before.strip() else _CATALOG
    step = _step(text)
    lines = (line for service in services for line in _service(service))
    return text + "".join(f"{step * depth}{line}\n" for depth, line in lines)


def policy(team: Team) -> str:
    rotation = [*team.admins, *team.operators]
    oncall = f"oncall: {{rotation: {_list(rotation)}, handover: Mon 10:00 UTC}}\n" if len(rotation) > 1 else ""
    return (
        f"{_POLICY}\n"
        f"preset: {team.preset}\n"
        f"people: {_mapping(team.people)}\n"
        "roles:\n"
        f"  admin: {_list(team.admins)}\n"
        f"  operator: {_list(['admin', *team.operators])}\n"
        "  viewer: everyone                                       # members of the workspace, never guests\n"
        f"{oncall}{_GRANTS}"
    )


def _step(text: str) -> str:
    """How far the first service stands in."""
    found = re.search(r"(?m)^services:[^\n]*\n(?:\s*(?:#[^\n]*)?\n)*( +)\S", text)
    return found[1] if found else "  "


def _service(service: Service) -> Iterator[tuple[int, str]]:
    """(depth, line)."""
    yield 1, f"{scalar(service.name)}:"
    if service.cards:
        bound = {scalar(name): f"[{id_}]" for name, id_ in service.bound.items()}
        yield 2, f"channels: {_raw({'cards': service.cards, **bound})}"
    yield 2, "environments:"
    for environment in service.environments:
        lines = [*_environment(environment)]
        yield 3, f"{scalar(environment.name)}:" if lines else f"{scalar(environment.name)}: {{}}"
        yield from ((4, line) for line in lines)


def _environment(environment: Environment) -> Iterator[str]:
    if not environment.protected:
        yield "protected: false"
    if environment.url:
        yield f"url: {scalar(environment.url)}"
    if environment.health:
        yield f"health: {_health(environment.health)}"
    if environment.database:
        yield f"postgres: {{url: {environment.database}}}"
    if environment.stripe:
        yield f"stripe: {_stripe(environment.stripe)}"
    if environment.release:
        yield from _release(environment.release)
    if environment.run_as:
        yield f"run_as: {scalar(environment.run_as)}"


def _health(path: str) -> str:
    return _raw({**({"name": "Home"} if path == "/" else {}), "path": scalar(path)})


def _stripe(stripe: Stripe) -> str:
    told = {"key": stripe.key, "webhook": stripe.webhook, "seen": stripe.seen, "api": stripe.api}
    return _mapping({name: value for name, value in told.items() if value})


def _release(release: Release) -> Iterator[str]:
    yield "releases:"
    yield f"  repository: {scalar(release.repository)}"
    yield f"  folder: {scalar(release.folder)}"
    if release.build:
        yield f"  build: {_list(release.build)}"
    yield f"  restart: {_list(release.restart)}"


def _mapping(values: Mapping[str, str]) -> str:
    return _raw({scalar(name): scalar(value) for name, value in values.items()})


def _raw(values: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{name}: {value}" for name, value in values.items()) + "}"


def _list(values: Iterable[str]) -> str:
    return "[" + ", ".join(scalar(value) for value in values) + "]"


def scalar(value: str) -> str:
    """A string that YAML reads as this very string."""
    plain = _PLAIN.fullmatch(value) and value.lower() not in _TRAPS and not value.endswith(":")
    return value if plain else json.dumps(value, ensure_ascii=False)
