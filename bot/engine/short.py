"""Short answers to one person."""

from bot.domain.card import Card, Tone
from bot.domain.run import Run
from bot.domain.words import bold


def note(what: str, next_step: str = "", run: Run | None = None, tone: Tone = Tone.INFO) -> Card:
    """What was found or refused, and the way on; nothing was changed by it."""
    label = f" · {run.label}" if run else ""
    whole = len(what) <= 140
    return Card(
        tone,
        what if whole else f"{what[:139]}…",
        f"{what} {next_step}".strip(),
        tuple(part for part in ("" if whole else bold(what), next_step) if part),
        footer=f"Nothing was changed by this{label}",
    )
