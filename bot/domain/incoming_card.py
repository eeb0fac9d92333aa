"""What the cards channel reads when a monitor outside says that something is down, or up again. Pure."""

from datetime import datetime

from bot.domain.card import Button, Card, Tone
from bot.domain.catalog import Place
from bot.domain.incoming import Notice
from bot.domain.words import clean, link, when


def monitor_card(place: Place, notice: Notice, watch: str) -> Card:
    """watch: what our own checks say at this moment, a sentence."""
    name = clean(notice.monitor, 80)
    down = notice.state == "down"
    title = f"{place}: {name} is {'down, seen from outside' if down else 'up again, seen from outside'}"
    at = f" ({when(notice.at)})" if notice.at else ""
    lines = [f"{notice.says}{at}", watch]
    if notice.link:
        lines.append(link(notice.link, "What it watches"))
    buttons = (_declare(place, notice), Button("Look now", ask=f"/health {place}")) if down else ()
    text = f"{title}. {notice.says}. {watch}"
    return Card(Tone.FAIL if down else Tone.OK, title, text, tuple(lines), buttons, "Nothing was changed")


def _declare(place: Place, notice: Notice) -> Button:
    words = " ".join(notice.monitor.replace('"', " ").split())[:60]
    return Button("Open incident", ask=f'/incident "{words} is down" {place}', style="danger")


def watch_says(state: str, since: str) -> str:
    """What the watch remembers of the place: its state and since when, as an ISO time."""
    match state:
        case "failing":
            begun = f", since {when(datetime.fromisoformat(since))}" if since else ""
            return f"Our own checks fail too{begun}."
        case "ok":
            return "Our own checks pass: it may be the way to it, or a part that we do not check."
        case _:
            return "Our own checks have not looked yet."
