"""Short answers to one person."""

from dataclasses import replace

from bot.domain.card import Card, Tone
from bot.domain.run import Run
from bot.domain.words import bold


def note(what: str, next_step: str = "", run: Run | None = None, tone: Tone = Tone.INFO) -> Card:
    """What was found or refused, and the way on; nothing was changed by it."""
    card = recorded(what, next_step, run, tone)
    return replace(card, footer=f"Nothing was changed by this{f' · {run.label}' if run else ''}", unchanged=True)


def recorded(what: str, next_step: str = "", run: Run | None = None, tone: Tone = Tone.INFO) -> Card:
    """What was recorded, and what follows."""
    whole = len(what) <= 140
    return Card(
        tone,
        what if whole else f"{what[:139]}…",
        f"{what} {next_step}".strip(),
        tuple(part for part in ("" if whole else bold(what), next_step) if part),
        footer=run.label if run else "",
    )
