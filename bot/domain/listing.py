"""What a list of the record looks like for whoever asked: a title, a table, what to do next. Pure."""

from collections.abc import Iterable, Sequence

from bot.domain.card import Button, Card, Part, Table, Tone


def listing(
    title: str,
    first: str,
    head: tuple[str, ...],
    rows: Iterable[tuple[str, ...]],
    *,
    more: Sequence[Part] = (),
    buttons: tuple[Button, ...] = (),
    footer: str,
    private: bool = False,
) -> Card:
    """first: what the notification tells besides the title. footer: where to read on."""
    table = Table(head, tuple(rows))
    body = (*([table] if table.rows else []), *more)
    footer = f"Nothing was changed · {footer}"
    return Card(Tone.INFO, title, f"{title}; {first}. Nothing was changed.", body, buttons, footer, private)


def nothing(title: str, more: str) -> Card:
    return Card(Tone.INFO, title, f"{title}. {more}", (more,), footer="Nothing was changed")
