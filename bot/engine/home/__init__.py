"""The App Home of one person: what concerns them, decided by the policy of now. Reads only.

A section is one function from `Looking` to a `Section`, or to None where there is nothing to say; SECTIONS is their
order on the page.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence

from bot.db import database
from bot.domain.home import Change, Section, stranger_home
from bot.engine.home.asked import asked
from bot.engine.home.health import health
from bot.engine.home.incidents import incidents
from bot.engine.home.looking import Looking
from bot.engine.home.reviews import reviews
from bot.engine.home.rights import rights
from bot.engine.home.running import running
from bot.engine.home.waiting import waiting
from bot.engine.installation import Installation
from permissions.eligible import standing

SECTIONS: tuple[Callable[[Looking], Awaitable[Section | None]], ...] = (
    waiting,
    incidents,
    reviews,
    asked,
    running,
    health,
    rights,
)


class EngineHome:
    """What App Homes show. `bot.slack.home` publishes it."""

    def __init__(self, installation: Installation) -> None:
        self._at = installation

    async def of(self, person: str) -> Sequence[Section]:
        """The person's Home; one that tells nothing where the policy would not know them."""
        await self._know(person)
        looking = self._looking(person)
        if standing(looking.person, self._at.team) != "full":
            return stranger_home()
        found = [await section(looking) for section in SECTIONS]
        return [section for section in found if section is not None]

    async def _know(self, person: str) -> None:
        """Whom we do not know lately enough Slack is asked about; what it said last counts while it is away."""
        if not self._at.people.fresh(person, await database.now(self._at.pool)):
            await self._at.people.refresh(person)

    def _looking(self, person: str) -> Looking:
        return Looking(self._at, self._at.person(person, self._at.team), self._at.clock())

    def concerns(self, person: str, changes: Collection[Change]) -> bool:
        """Whether one of these changes may show on the person's Home."""
        looking = self._looking(person)
        return any(looking.sees(change) for change in changes)
