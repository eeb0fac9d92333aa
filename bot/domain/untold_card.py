"""The card of what could not be told, whatever was tried: a defect of the bot, and where the truth stands. Pure."""

from typing import Literal

from bot.domain.card import Card, Tone
from bot.domain.words import code

WHERE = {"slack": "in Slack", "timeline": "in an incident's timeline"}


def untold_card(follower: str, of: Literal["run", "event"], number: int, error: str) -> Card:
    what = f"R-{number}" if of == "run" else f"Entry No. {number} of the audit log"
    where = WHERE.get(follower, follower)
    look = code(f"/runs R-{number}") if of == "run" else code(f"/audit all --before {number + 1} --last 1")
    says = f"{what} could not be told {where}, though I tried for more than an hour: that is a defect of mine."
    do = f"{look} has what is recorded. My log has the reason ({error}): send it to whoever maintains me."
    return Card(
        Tone.WARN,
        f"Not told: {what}",
        f"{says} Nothing else was changed by it.",
        (f"{says}\n{do}",),
        footer="The record is whole: only its telling is missing",
    )
