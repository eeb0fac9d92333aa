"""Healthchecks' webhook, whose body its owner writes: {"monitor": $NAME_JSON, "state": "$STATUS", "at": "$NOW"}."""

from bot.domain.incoming import Incoming, Notice, State, check_token, moment
from bot.providers.uptime.told import told

_STATES: dict[str, State] = {"down": "down", "up": "up"}


def read(incoming: Incoming) -> Notice | None:
    check_token(incoming)
    fields = incoming.json()
    state = _STATES.get(str(fields.get("state", "")).lower(), "")
    return told(incoming, "Healthchecks", fields.get("monitor"), state, "", at=moment(fields.get("at")))
