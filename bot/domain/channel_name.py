"""The name of an incident's channel, as Slack allows it: small letters, digits, hyphens, 80 at most. Pure."""

import re
import unicodedata
from datetime import date

LONGEST = 80
TOPIC = 250


def channel_name(day: date, title: str, again: int = 1, *, test: bool = False) -> str:
    """`inc-2026-11-20-checkout-answers-500`; again: 2 for the first one after a name that is taken."""
    plain = unicodedata.normalize("NFKD", title.casefold()).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    head = f"{'test-' if test else ''}inc-{day.isoformat()}"
    tail = f"-{again}" if again > 1 else ""
    whole = f"{head}-{words}" if words else head
    return whole[: LONGEST - len(tail)].rstrip("-") + tail


def cut(text: str, limit: int = TOPIC) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
