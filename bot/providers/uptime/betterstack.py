"""Better Stack's outgoing webhook of an incident (betterstack.com/docs: "Outgoing webhooks")."""

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.domain.incoming import Incoming, Malformed, Notice, State, check_token, moment
from bot.providers.uptime.told import told


class _Attributes(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)
    name: str = ""
    url: str | None = None
    cause: str | None = None
    status: str = ""
    started_at: str | None = None
    resolved_at: str | None = None
    acknowledged_at: str | None = None


class _Data(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)
    attributes: _Attributes


class _Hook(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)
    data: _Data


def read(incoming: Incoming) -> Notice | None:
    """None where somebody only acknowledged it. What the page answered (`response_content`) is never read."""
    check_token(incoming)
    try:
        found = _Hook.model_validate(incoming.json()).data.attributes
    except ValidationError:
        raise Malformed("not an incident of Better Stack's") from None
    if found.acknowledged_at and not found.resolved_at:
        return None
    state: State = "up" if found.resolved_at or found.status.lower() == "resolved" else "down"
    at = moment(found.resolved_at if state == "up" else found.started_at)
    return told(incoming, "Better Stack", found.name, state, found.cause, link=found.url, at=at)
