"""One page: an incident there for each of ours, found again by its marker; what may be there is looked for."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.errors import ProviderError
from bot.domain.incident import Severity
from bot.domain.json import JsonObject
from bot.domain.outward import PublicUpdate
from bot.providers.statuspage.client import StatuspageApi, Unanswered
from bot.providers.statuspage.models import OURS, Incident, StatuspageSettings

IMPACTS: Mapping[Severity, str] = {
    Severity.SEV1: "critical",
    Severity.SEV2: "major",
    Severity.SEV3: "minor",
    Severity.SEV4: "minor",
}
_ILL: Mapping[Severity, str] = {
    Severity.SEV1: "major_outage",
    Severity.SEV2: "partial_outage",
    Severity.SEV3: "degraded_performance",
    Severity.SEV4: "degraded_performance",
}


@dataclass(frozen=True, slots=True)
class Statuspage:
    """`bot.domain.capability.StatusPage`."""

    api: StatuspageApi
    settings: StatuspageSettings

    @property
    def name(self) -> str:
        return "the status page"

    def binds(self) -> JsonObject:
        components: JsonObject = {**self.settings.components}
        return {"statuspage": self.settings.page, "components": components, "notify": self.settings.notify}

    async def tell(self, update: PublicUpdate) -> str:
        """Where it can be read. What was sent and not answered is looked for before it is sent again, once."""
        for _ in range(2):
            known = await self._find(update.marker)
            if known is not None and known.ours.get("update") == update.key:
                return known.shortlink or ""
            try:
                return await self._send(update, known)
            except Unanswered:
                continue
        known = await self._find(update.marker)
        if known is not None and known.ours.get("update") == update.key:
            return known.shortlink or ""
        raise ProviderError(
            "statuspage",
            "Statuspage took the words twice without an answer, and does not show them yet.",
            "Look at the page before you post them again.",
            changed="unknown",
        )

    async def _find(self, marker: str) -> Incident | None:
        for found in (self.api.unresolved, self.api.latest):
            for one in await found():
                if one.ours.get("incident") == marker:
                    return one
        return None

    async def _send(self, update: PublicUpdate, known: Incident | None) -> str:
        if known is None:
            sent = await self.api.create({"name": update.title, **self._said(update)})
        else:
            sent = await self.api.change(known.id, self._said(update))
        return sent.shortlink or ""

    def _said(self, update: PublicUpdate) -> JsonObject:
        said: JsonObject = {
            "status": update.state,
            "body": update.text,
            "impact_override": IMPACTS[update.severity],
            "deliver_notifications": self.settings.notify,
            "metadata": {OURS: {"incident": update.marker, "update": update.key}},
        }
        if self.settings.components:
            ids = list(self.settings.components.values())
            said["component_ids"] = [*ids]
            said["components"] = dict.fromkeys(ids, component_state(update))
        return said


def component_state(update: PublicUpdate) -> str:
    match update.state:
        case "resolved":
            return "operational"
        case "monitoring":
            return "degraded_performance"
        case _:
            return _ILL[update.severity]
