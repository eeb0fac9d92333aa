"""Where a request about an incident belongs: the incident's own place, known before anything is decided."""

from dataclasses import replace
from typing import Any, cast

from bot.db import incidents
from bot.db.database import Rows
from bot.domain.catalog import Catalog, Place
from bot.domain.incident import Incident, IncidentId
from bot.domain.parse import Parsed, line_of


async def placed(rows: Rows, catalog: Catalog, parsed: Parsed, channel: str) -> Parsed:
    """The same request with its incident and place filled in; a private incident lends none: it would tell of it."""
    if not parsed.verb.of_incident:
        return parsed
    asked = cast("IncidentId | None", getattr(parsed.request, "incident", None))
    incident = await incidents.get(rows, asked) if asked else await incidents.at_channel(rows, channel)
    place = place_of(incident, catalog) if incident is not None and not incident.private else None
    if incident is None or place is None:
        return parsed
    request = replace(
        cast("Any", parsed.request), incident=incident.id, service=place.service, environment=place.environment
    )
    return replace(parsed, request=request, place=place, line=line_of(parsed.command, parsed.verb, request))


def place_of(incident: Incident, catalog: Catalog) -> Place | None:
    """Its first one that the catalog knows; where it concerns all environments, the protected one."""
    for one in incident.affected:
        service = catalog.services.get(one.service)
        if service is None:
            continue
        if one.environment in service.environments:
            return Place(service.name, one.environment)
        protected = [name for name, entry in service.environments.items() if entry.protected]
        return Place(service.name, next(iter([*protected, *service.environments])))
    return None
