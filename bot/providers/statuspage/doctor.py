"""Whether the key reaches the page and its components are there. Reads only; whether it may write shows no read."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.checkup import Remark
from bot.domain.errors import ProviderError
from bot.domain.words import clean
from bot.providers.statuspage.client import StatuspageApi
from bot.providers.statuspage.models import StatuspageSettings


@dataclass(frozen=True, slots=True)
class StatuspageDoctor:
    """`bot.domain.checkup.Doctor`."""

    api: StatuspageApi
    settings: StatuspageSettings

    async def examine(self) -> Sequence[Remark]:
        try:
            page, there = await self.api.page(), {one.id for one in await self.api.components()}
        except ProviderError as error:
            return [Remark("status page", "fail", error.what, error.next_step or "See status.atlassian.com.")]
        missing = [f"{name} ({one})" for name, one in self.settings.components.items() if one not in there]
        if missing:
            what = f"The page {clean(page.name, 60)} has no component {', '.join(missing)}: it would refuse updates."
            return [Remark("status page", "fail", what, "Copy the ids again from the components' own pages.")]
        if not self.settings.components:
            what = f"{clean(page.name, 60)} answers; the catalog names none of its components."
            remedy = "Name those that an incident here concerns, so that their state changes too."
            return [Remark("status page", "warn", what, remedy)]
        return [Remark("status page", "ok", f"{clean(page.name, 60)} answers, {len(self.settings.components)} named")]
