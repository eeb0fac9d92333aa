"""What people outside are told: which words may go, the draft, and that they went. Sends nothing itself."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from bot.db import database, outward, timeline
from bot.db.database import Rows
from bot.domain.capability import StatusPage
from bot.domain.catalog import UpdateRule
from bot.domain.errors import Impossible
from bot.domain.incident import Incident, IncidentId
from bot.domain.outward import Ready, Told, Wish
from bot.domain.plain_words import Inside, flaws, put_right
from bot.domain.run import Run
from bot.domain.update_clock import draft, promised, state_of, with_next
from bot.domain.words import code, quoted
from bot.engine.installation import Installation
from bot.engine.places import place_of

_COMMON = frozenset({"live", "main"})
"""Names of environments that are also words which everybody uses."""


class EngineOutward:
    """`bot.domain.capability.Outward`."""

    def __init__(self, installation: Installation, at: datetime) -> None:
        self._at = installation
        self._asked_at = at

    async def ready(self, incident: Incident | None, wish: Wish) -> Ready:
        """The exact words; Impossible says which of them cannot go out, and what to write instead."""
        found = _tellable(incident)
        rule = rule_for(self._at, found) or UpdateRule()
        told, now = await outward.told(self._at.pool, found.id), await database.now(self._at.pool)
        state = wish.state or state_of(found)
        next_at = (
            None if state == "resolved" else wish.next_at or promised(self._asked_at, found.opened_at, told, rule)
        )
        if next_at is not None and next_at <= now:
            raise Impossible(
                "The time that it promises for the next update is past.", "Post it again, or add --next."
            )
        self._look_through(wish.text)
        title = f"Problem with {public_name(self._at, found) or 'our service'}"
        return Ready(found, title, state, with_next(wish.text, next_at, self._asked_at), next_at, len(told) + 1)

    def _look_through(self, text: str) -> None:
        found = flaws(text, inside_of(self._at))
        if not found:
            return
        right = put_right(text, found)
        instead = f"For example: {quoted(right, 1000)}" if right else "Say what people see instead."
        raise Impossible(" ".join(["These words are for us, not for people outside.", *map(str, found)]), instead)

    async def told(self, incident: IncidentId) -> Sequence[Told]:
        return await outward.told(self._at.pool, incident)

    def expects(self, incident: Incident) -> bool:
        """Whether the catalog has people outside told of it, with or without a page."""
        return rule_for(self._at, incident) is not None

    async def posted(self, ready: Ready, run: Run) -> None:
        async with self._at.pool.acquire() as connection, connection.transaction():
            await outward.post(connection, ready.incident, run, ready.state, ready.text, ready.next_at)
        self._at.bell.ring("outbox", "incidents")


def _tellable(incident: Incident | None) -> Incident:
    if incident is None:
        raise Impossible("Which incident is this about?", f"Type it in its channel, or add {code('INC-7')}.")
    if incident.private:
        what = f"{incident.label} is private: I tell nobody outside of it."
        raise Impossible(what, "Whoever may decide that writes on the page itself.")
    if incident.test:
        raise Impossible(
            f"{incident.label} is a rehearsal: people outside hear nothing of it.", "Read it out instead."
        )
    if incident.merged_into is not None:
        raise Impossible(f"{incident.label} goes on as INC-{incident.merged_into}.", "Post there.")
    return incident


def rule_for(at: Installation, incident: Incident) -> UpdateRule | None:
    """When people outside are told of it; None: neither a rule nor a page is in the catalog."""
    place = place_of(incident, at.catalog)
    if place is None:
        return None
    return at.catalog.services[place.service].updates or (
        UpdateRule() if at.providers.all(place, StatusPage) else None
    )


def public_name(at: Installation, incident: Incident) -> str:
    place = place_of(incident, at.catalog)
    return at.catalog.services[place.service].public_name if place else ""


def inside_of(at: Installation) -> Inside:
    """What only people inside know by name: of the catalog, and everybody's own names."""
    names, hosts = dict[str, str](), set[str]()
    for service in at.catalog.services.values():
        for environment in service.environments.values():
            for one in (environment.place.environment, *environment.aliases):
                if one not in _COMMON:
                    names[one] = ""
            if environment.protected and environment.url:
                hosts.add(urlsplit(environment.url).hostname or "")
        names |= {script: "" for script in service.scripts if "-" in script}
    names |= {service.name: service.public_name for service in at.catalog.services.values()}
    known = {one.name for one in at.people.everyone().values() if not one.is_bot and one.name}
    own = {name.capitalize() for name in at.policy.people}
    return Inside(names, frozenset(known | own), frozenset(filter(None, hosts)))


async def draft_of(
    rows: Rows, at: Installation, incident: Incident, told: Sequence[Told]
) -> tuple[str, list[str], bool]:
    """(words to begin with, public entries that were left out, whether nobody has written any)."""
    entries = await timeline.of_incident(rows, incident.id)
    public = [one for one in entries if one.public and one.source != outward.PUBLIC]
    new = [one.text for one in public if not told or one.recorded_at > told[-1].at]
    inside = inside_of(at)
    fit = [line for line in new if not flaws(line, inside)]
    words = draft(incident, public_name(at, incident), fit[-3:], told)
    return words.replace('"', "”"), [line for line in new if line not in fit], not public
