"""The questions about services: where each runs, what it is made of, who hears of it. Looks before it asks."""

import re
import shlex
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

from bot.domain.catalog_parts import NAME
from bot.domain.errors import ProviderError
from bot.init import ask, env_file
from bot.init.plan import Environment, Release, Service, Stripe
from bot.providers.http.find import health_paths
from bot.providers.postgres.find import look as look_at_database
from bot.providers.stripe.find import webhook_urls
from bot.slack.survey import Channel
from bot.terminal import run

_PROTECTED = frozenset({"production", "prod", "live"})
Answer = TypeVar("Answer")


@dataclass(slots=True)
class Asked:
    """What was asked so far. secrets: $NAME without the sign → the value that was typed."""

    channels: Sequence[Channel]
    taken: frozenset[str]
    bot: str
    stripe_api: str | None = None
    secrets: dict[str, str] = field(default_factory=dict)


def services(asked: Asked, *, at_least_one: bool) -> list[Service]:
    found: list[Service] = []
    while (at_least_one and not found) or ask.yes("Add another service?" if found else "Add a service?"):
        ask.title("A service")
        found.append(_service(asked, [service.name for service in found]))
    return found


def _service(asked: Asked, before: Sequence[str]) -> Service:
    name = ask.until(lambda word: _name(word, {*asked.taken, *before}), "Its name, as people will type it", "shop")
    cards = _channel(asked, f"Channel for its alerts and runs ({_some(asked.channels)})")
    listed = ask.until(_names, "Its environments", "production, staging")
    environments = tuple(_environment(asked, name, one) for one in listed)
    bound = {environment.name: cards.id for environment in environments[:1]} if cards else {}
    return Service(name, cards.id if cards else "", environments, bound)


def _name(word: str, taken: set[str]) -> str:
    if not NAME.fullmatch(word):
        raise ValueError("Use small letters, digits and hyphens, a letter first.")
    if word in taken:
        raise ValueError(f"“{word}” means something already: choose another name.")
    return word


def _names(words: str) -> list[str]:
    found = [word.lower() for word in words.replace(",", " ").split()]
    if not found or not all(NAME.fullmatch(word) for word in found) or len({*found}) < len(found):
        raise ValueError("Write names like production, staging.")
    return found


def _some(channels: Sequence[Channel]) -> str:
    names = [f"#{channel.name}" for channel in channels if not channel.is_archived]
    return ", ".join(names[:8]) + (", …" if len(names) > 8 else "")


def _channel(asked: Asked, question: str) -> Channel | None:
    live = [channel for channel in asked.channels if not channel.is_archived]
    channel = ask.one_of(live, lambda one: (one.name, one.id), f"{question}. Empty: none yet")
    if channel and not channel.is_member:
        ask.say(f"    Type /invite @{asked.bot} in #{channel.name}, else the bot cannot write there.")
    return channel


# --- one environment ----------------------------------------------------------------------------------------


def _environment(asked: Asked, service: str, name: str) -> Environment:
    ask.title(f"{service} {name}")
    protected = name in _PROTECTED or ask.yes("Does it hold anything that must not break (protected)?")
    url = ask.until(_url, "Its address, https://… (empty: none)")
    health = _health(url) if url else ""
    variable = re.sub(r"[^A-Z0-9]", "_", f"{service}_{name}".upper())
    database, seen = _database(asked, f"{variable}_DB")
    stripe = _stripe(asked, f"{variable}_STRIPE_KEY", url, seen) if url else None
    release = _release(service, name) if ask.yes("Are its releases built and restarted on this very host?") else None
    run_as = ask.line("User of this host that builds and restarts it (empty: the bot's own)") if release else ""
    return Environment(name, protected, url, health, database, stripe, release, run_as)


def _url(word: str) -> str:
    parts = urlsplit(word)
    if word and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise ValueError("Write it like https://shop.example.")
    return word.rstrip("/")


def _health(url: str) -> str:
    found = run(health_paths(url))
    if found:
        ask.say(f"    {url} answers at {', '.join(found)}.")
    else:
        ask.say(f"    {url} does not answer 200 anywhere that we tried; the path can be mended in catalog.yml.")
    return ask.until(_path, "Path of its health check", found[0] if found else "/")


def _path(word: str) -> str:
    if not re.fullmatch(r"/([^/\s#][^\s#]*)?", word):
        raise ValueError("Write a path, like /healthz.")
    return word


def _database(asked: Asked, variable: str) -> tuple[str, Sequence[str]]:
    """($NAME, columns of seen webhooks); ("", ()) when there is none."""

    def read(value: str) -> tuple[str, Sequence[str]]:
        if not value:
            return "", ()
        found = _tried(look_at_database(env_file.check(value)))
        ask.say(f"    {found.says}. Kept as ${variable} in .env.")
        asked.secrets[variable] = value
        return f"${variable}", found.seen

    return _secretly(read, "Its PostgreSQL, postgresql://… (not shown; empty: none)")


def _stripe(asked: Asked, variable: str, url: str, seen: Sequence[str]) -> Stripe | None:
    def read(value: str) -> Stripe | None:
        if not value:
            return None
        urls = _tried(webhook_urls(env_file.check(value), asked.stripe_api))
        asked.secrets[variable] = value
        return Stripe(f"${variable}", _webhook(urls, url), seen[0] if seen else "", asked.stripe_api or "")

    return _secretly(read, "Its Stripe key, a restricted one: rk_… (not shown; empty: none)")


def _webhook(urls: Sequence[str], url: str) -> str:
    host = urlsplit(url).netloc
    found = [urlsplit(one).path or "/" for one in urls if urlsplit(one).netloc == host]
    said = f"sends webhooks to {', '.join(found)}" if found else f"lists no webhook endpoint at {host}"
    ask.say(f"    The key works; Stripe {said}.")
    return ask.until(_path, "Path of its Stripe webhooks", found[0] if found else "/stripe/webhook")


def _release(service: str, environment: str) -> Release:
    suffix = "" if environment in _PROTECTED else f"-{environment}"
    return Release(
        ask.until(_something, "Its git repository (git@… or a path)"),
        ask.until(_absolute, "Folder of its releases", f"/srv/{service}{suffix}/releases"),
        ask.until(_arguments, "Command that builds one (empty: none)", ""),
        ask.until(_needed, "Command that restarts it", f"systemctl restart {service}"),
    )


def _something(word: str) -> str:
    if not word:
        raise ValueError("This one is needed.")
    return word


def _needed(words: str) -> tuple[str, ...]:
    return _arguments(_something(words))


def _absolute(word: str) -> str:
    if not word.startswith("/"):
        raise ValueError("Write the whole path, starting with /.")
    return word


def _arguments(words: str) -> tuple[str, ...]:
    try:
        found = tuple(shlex.split(words))
    except ValueError:
        raise ValueError("A quote is not closed.") from None
    if {"&&", "||", "|", ";", ">"} & {*found}:
        raise ValueError("No shell reads it: put several programs into one script of the service.")
    return found


# --- asking and looking -------------------------------------------------------------------------------------


def _secretly(read: Callable[[str], Answer], question: str) -> Answer:
    while True:
        try:
            return read(ask.secret(question))
        except ValueError as error:
            ask.say(f"    {error} Again, or empty.")


def _tried(work: Coroutine[Any, Any, Answer]) -> Answer:
    """What a provider's look gives; its error as a reason to ask again."""
    try:
        return run(work)
    except ProviderError as error:
        raise ValueError(error.what) from None


def unset(names: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
    """Values for variables that the catalog names and nobody set."""
    found: dict[str, str] = {}
    for name in names:
        if not given.get(name):
            value = _secretly(env_file.check, f"${name} (not shown; empty: later)")
            found |= {name: value} if value else {}
    return found
