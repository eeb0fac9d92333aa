"""That other files are in force, or that broken ones were refused, as people read it in their channels. Pure."""

from bot.domain.card import Card, Tone
from bot.domain.event import Event, Kind
from bot.domain.words import clean, code, some

SHOWN = 15


def told(event: Event) -> Card | None:
    """None where there is nothing to tell: the first start, or a start with the same files."""
    says = _lines(event, "says" if event.kind is Kind.POLICY_CHANGED else "problems")
    if not says:
        return None
    return _changed(event, says) if event.kind is Kind.POLICY_CHANGED else _refused(says)


def _changed(event: Event, says: list[str]) -> Card:
    digest = clean(str(event.body.get("digest") or "")[:6])
    before = clean(str(event.body.get("before") or "")[:6])
    same = event.body.get("digest") == event.body.get("before")
    footer = f"policy {digest}, unchanged" if same else f"policy {digest}{f', before {before}' if before else ''}"
    return Card(
        Tone.INFO,
        "The catalog has changed" if same else "The policy has changed",
        f"Other rules are in force: {clean(says[0], 300)}{_more(says, 1)} Requests that wait were decided again.",
        (_list(says), f"Requests that wait were decided again. {code('watchkeeper policy explain')} says the whole."),
        footer=footer,
    )


def _refused(says: list[str]) -> Card:
    return Card(
        Tone.FAIL,
        "A changed policy or catalog was refused",
        f"The files on disk cannot be used: {clean(says[0], 300)}{_more(says, 1)} The old ones stay in force. "
        "Nothing was changed.",
        (
            _list(says),
            f"The old files stay in force. Mend these, try {code('watchkeeper policy check')}, reload again.",
        ),
        footer=f"{some(len(says), 'problem')} · nothing was changed",
    )


def _list(says: list[str]) -> str:
    more = [f"• and {len(says) - SHOWN} more"] if len(says) > SHOWN else []
    return "\n".join([*(f"• {clean(line, 300)}" for line in says[:SHOWN]), *more])


def _more(says: list[str], shown: int) -> str:
    return f" And {len(says) - shown} more." if len(says) > shown else ""


def _lines(event: Event, key: str) -> list[str]:
    lines = event.body.get(key)
    return [str(line) for line in lines] if isinstance(lines, list) else []
