"""Runs every check of a place at once, each within its deadline, and looks up what is on record about it.

A check that does not answer, or breaks, becomes a finding of its own: partial answers are answers. Changes nothing.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import cast

import structlog

from bot.domain.capability import Check, Checks, Deploys, Finding, Records, ReleaseInfo
from bot.domain.card import Card
from bot.domain.catalog import Place
from bot.domain.errors import WatchkeeperError
from bot.domain.health import Past, Report, health_card
from bot.domain.json import Json
from bot.domain.words import span
from bot.providers.registry import Providers

log = structlog.get_logger()

WATCHED, STATE = "health", "state"  # records: what the watch remembers of a place
BAD = "bad-release"  # records: releases that somebody rolled back from
_RELEASES_S = 5.0


async def examine(providers: Providers, place: Place, clock: Callable[[], datetime]) -> Report:
    """What all checks of a place find now."""
    return await look_at(place, providers.all(place, Checks), clock)


async def look_at(place: Place, offers: Sequence[Checks], clock: Callable[[], datetime]) -> Report:
    """The same for checks at hand; never raises for a check, and takes as long as the slowest deadline at most."""
    begun = asyncio.get_running_loop().time()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_within(check)) for offer in offers for check in offer.checks()]
    took = timedelta(seconds=asyncio.get_running_loop().time() - begun)
    return Report(place, tuple(task.result() for task in tasks), clock(), took)


async def past_of(place: Place, deploys: Sequence[Deploys], records: Records | None, report: Report) -> Past:
    """What is on record: the releases, which of them are bad, and what the watch saw."""
    releases = await _releases(deploys)
    if records is None:
        return Past(releases)
    bad = await records.listed(BAD, place, limit=1000) if releases else ()
    state = await records.get(WATCHED, place, STATE) or {}
    return Past(
        releases,
        frozenset(commit for commit, value, _ in bad if value.get("bad", True)),
        _first_failure(state) if report.failing or state.get("state") == "failing" else None,
        _instant(state.get("fine_since")),
        _instant(state.get("watched_since")),
    )


async def alert_card(
    providers: Providers, place: Place, report: Report, change: str, records: Records | None = None
) -> Card:
    """The card that the watch posts: change is `failing` or `recovered`."""
    past = await past_of(place, providers.all(place, Deploys), records, report)
    return health_card(report, past, change=change, by="seen by the watch")


async def _within(check: Check) -> Finding:
    begun = asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout(check.deadline.total_seconds()):
            return await check.look()
    except TimeoutError:
        return Finding(check.name, "unknown", f"no answer within {span(check.deadline)}", "no answer", check.deadline)
    except WatchkeeperError as error:
        took = timedelta(seconds=asyncio.get_running_loop().time() - begun)
        return Finding(check.name, "unknown", str(error), "no answer", took)
    except Exception as error:
        log.exception("check.broke", check=check.name)
        return Finding(check.name, "unknown", f"this check itself broke ({type(error).__name__})", "broke")


async def _releases(deploys: Sequence[Deploys]) -> tuple[ReleaseInfo, ...]:
    """None where they cannot be read: what a release has to do with it is then left out of the card."""
    try:
        async with asyncio.timeout(_RELEASES_S):
            return tuple([one for offer in deploys for one in await offer.releases()])
    except (TimeoutError, WatchkeeperError) as error:
        log.warning("releases.unread", error=str(error))
        return ()


def _first_failure(state: Mapping[str, Json]) -> datetime | None:
    """When the watch first saw this failure: of the alarm, or of the failures that are not an alarm yet."""
    if state.get("state") == "failing":
        return _instant(state.get("since"))
    failures = cast("list[Json]", state.get("failures") or [])
    return _instant(failures[0]) if failures else None


def _instant(value: Json) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None
