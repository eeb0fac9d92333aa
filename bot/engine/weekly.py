"""Puts the weekly report together: for the ops channel, or for one person and the places they may look at."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.db import overview, weekly
from bot.db.database import Rows
from bot.domain.card import Card
from bot.domain.incident import Incident
from bot.domain.run import State
from bot.domain.weekly import UNUSED_FOR, Stale, Week
from bot.domain.weekly_card import weekly_card
from bot.engine.home.looking import Looking
from bot.engine.installation import Installation
from bot.engine.knowing import is_admin
from permissions.model import AUDIT_READ, POLICY_READ, Permission, Person, Risk
from permissions.unused import Use, unused
from permissions.wording import grant_words

Where = tuple[str | None, str | None]
Sees = Callable[[str | None, str | None], bool]


@dataclass(frozen=True, slots=True)
class _Reader:
    """What may be told: `sees` a place, `knows` of an incident."""

    sees: Sees
    knows: Callable[[Incident], bool]
    policy: bool


async def for_channel(at: Installation, rows: Rows, begin: datetime, end: datetime) -> Card:
    """For everybody in the channel: all places, and nothing of private incidents."""
    reader = _Reader(lambda _service, _environment: True, lambda incident: not incident.private, policy=True)
    return weekly_card(await _week(at, rows, begin, end, reader))


async def for_person(at: Installation, by: str, begin: datetime, end: datetime) -> Card:
    """For one person alone."""
    looking = Looking(at, at.person(by, at.team), end)
    admin = is_admin(at, by, at.team)

    def sees(service: str | None, environment: str | None) -> bool:
        return service is None or looking.may(AUDIT_READ, service, environment)

    reader = _Reader(
        sees, lambda incident: admin or incident.known_to(by), policy=looking.may(POLICY_READ, None, None)
    )
    async with at.pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        week = await _week(at, connection, begin, end, reader)
    whole = all(sees(place.service, place.environment) for place in at.catalog.places())
    return replace(weekly_card(replace(week, whole=whole)), private=True)


async def _week(at: Installation, rows: Rows, begin: datetime, end: datetime, reader: _Reader) -> Week:
    sees, name = reader.sees, at.people.name
    asked = [one for one in await weekly.asked(rows, begin, end) if sees(one.service, one.environment)]
    unvoted = [one for one in await weekly.unvoted(rows, begin, end) if sees(one.service, one.environment)]
    troubles = [
        told
        for incident, told in await weekly.troubles(rows, begin, end)
        if reader.knows(incident) and _concerns(incident, sees)
    ]
    places, failing = await _watched(at, rows, sees)
    return Week(
        begin,
        end,
        at.zone,
        asked=[one for one in asked if one.state is not State.REFUSED],
        looks=_count((await weekly.looks(rows, begin, end)).items(), sees),
        refused=[one for one in asked if one.state is State.REFUSED],
        unvoted=[
            replace(one, actor=name(one.actor), reviewer=one.reviewer and name(one.reviewer)) for one in unvoted
        ],
        missed=[line for line, *where in await weekly.missed(rows, begin, end) if sees(*where)],
        freezes=[
            replace(freeze, by=name(freeze.by))
            for service, environment, freeze in await weekly.freezes(rows, begin, end)
            if sees(service, environment)
        ],
        troubles=troubles,
        overdue=sum(reader.knows(one) and _concerns(one, sees) for one in await weekly.overdue(rows, end)),
        away=await weekly.away(rows, begin, end),
        alarms=_count((await weekly.alarms(rows, begin, end)).items(), sees),
        failing=failing,
        places=places,
        stale=await _stale(at, rows, end) if reader.policy else Stale(),
    )


def _concerns(incident: Incident, sees: Sees) -> bool:
    """Whether it is at a place that is seen, or at none in particular."""
    return not incident.affected or any(sees(one.service, one.environment or None) for one in incident.affected)


def _count(found: Iterable[tuple[Where, int]], sees: Sees) -> int:
    return sum(count for where, count in found if sees(*where))


async def _watched(at: Installation, rows: Rows, sees: Sees) -> tuple[int, list[str]]:
    """How many places of the catalog are watched, and which of them fail now."""
    health = await overview.health(rows)
    places = [one for one in at.catalog.places() if sees(one.service, one.environment)]
    states = {place: health.get((place.service, place.environment), {}).get("state") for place in places}
    return len(places), [str(place) for place, state in states.items() if state == "failing"]


# --- what is left over in the policy ---------------------------------------------------------------------------


async def _stale(at: Installation, rows: Rows, end: datetime) -> Stale:
    """Of use it says nothing before the record is old enough to know."""
    left = (at.people.get(person) for person in at.policy.names)
    gone = tuple(at.policy.names[one.id] for one in left if one is not None and one.is_deactivated)
    since, first = end - UNUSED_FOR, await weekly.recorded_since(rows)
    if first is None or first > since:
        return Stale(gone)
    used = [
        Use(
            _as_member(at, one.person),
            Permission(one.permission),
            Risk(one.risk),
            at.scope(one.service, one.environment),
        )
        for one in await weekly.uses(rows, since)
    ]
    roles, grants = unused(at.policy, used)
    return Stale(gone, roles, tuple((grant_words(grant), grant.where) for grant in grants), since)


def _as_member(at: Installation, person: str) -> Person:
    """As they were when they used it: somebody who left since did use it."""
    return replace(at.person(person, at.team), is_deactivated=False, known=True)
