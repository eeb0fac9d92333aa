"""UptimeRobot's web-hook contact: its default variables, in the address, a form or JSON."""

from bot.domain.incoming import Incoming, Notice, State, check_token, moment
from bot.providers.uptime.told import told

_STATES: dict[str, State] = {"1": "down", "2": "up"}


def read(incoming: Incoming) -> Notice | None:
    """None for what is neither down nor up: expiring certificates and domains."""
    check_token(incoming)
    fields = incoming.fields()
    kind = str(fields.get("alertType", ""))
    if kind in ("3", "4", "5"):
        return None
    return told(
        incoming,
        "UptimeRobot",
        fields.get("monitorFriendlyName"),
        _STATES.get(kind, ""),
        fields.get("alertDetails"),
        link=fields.get("monitorURL"),
        at=moment(fields.get("alertDateTime")),
    )
