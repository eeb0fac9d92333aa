"""Pingdom's state change webhook (pingdom.com: "Webhooks")."""

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.domain.incoming import Incoming, Malformed, Notice, State, check_token, moment
from bot.providers.uptime.told import told

_STATES: dict[str, State] = {"DOWN": "down", "FAILING": "down", "UP": "up", "SUCCESS": "up"}


class _Change(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)
    check_id: int
    check_name: str
    current_state: str
    state_changed_timestamp: int | None = None
    description: str = ""


def read(incoming: Incoming) -> Notice | None:
    check_token(incoming)
    try:
        change = _Change.model_validate(incoming.json())
    except ValidationError:
        raise Malformed("not a state change of Pingdom's") from None
    return told(
        incoming,
        "Pingdom",
        change.check_name,
        _STATES.get(change.current_state.upper(), ""),
        change.description,
        link=f"https://my.pingdom.com/reports/uptime#check={change.check_id}",
        at=moment(change.state_changed_timestamp),
    )
