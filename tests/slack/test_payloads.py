"""What Slack sent is read so that it can be kept, and ids that are none belong to nobody."""

from typing import Any

import pytest
from pydantic import ValidationError

from bot.slack.payloads import SaidPayload, SlashPayload

SAID: dict[str, Any] = {
    "team_id": "T0LANTERN",
    "event_id": "Ev1",
    "event": {"type": "app_mention", "user": "U0ELI", "channel": "C0GENERAL", "ts": "1.2", "text": "<@U0WATCH> help"},
}
TYPED: dict[str, Any] = {
    "team_id": "T0LANTERN",
    "channel_id": "C0GENERAL",
    "user_id": "U0ELI",
    "command": "/runs",
    "trigger_id": "1.2",
}


def test_zero_bytes_and_half_characters_are_taken_out() -> None:
    event = {**SAID["event"], "team": "T0LANTERN\ud800", "text": "he\0lp"}
    read = SaidPayload.model_validate({**SAID, "event_id": "Ev1\0", "event": event})
    assert (read.team, read.event_id, read.event.text) == ("T0LANTERN", "Ev1", "help")


@pytest.mark.parametrize("field", ["team_id", "channel_id", "user_id"])
@pytest.mark.parametrize("value", ["", "\0", '["U0ELI", "U0ELI"]', "u0eli", "U0ELI\n", "U" * 41, ["U0ELI"], None])
def test_what_is_no_id_belongs_to_nobody(field: str, value: object) -> None:
    SlashPayload.model_validate(TYPED)
    with pytest.raises(ValidationError):
        SlashPayload.model_validate({**TYPED, field: value})
