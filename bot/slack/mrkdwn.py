"""Card words as Slack's mrkdwn, plain text and rich text elements; what people typed can never ping or link.

Slack's mrkdwn (docs.slack.dev "Formatting message text"): & < > are escaped, marks become its own tokens.
"""

import re
from datetime import UTC, datetime
from urllib.parse import urlsplit

from bot.domain.json import JsonObject
from bot.domain.words import BOLD, CHANNEL, CODE, ITALIC, LINK, PERSON, SPLIT, WHEN, clock, plain, render

_USER = re.compile(r"[UW][A-Z0-9]{2,}")
_CHANNEL = re.compile(r"[CGD][A-Z0-9]{2,}")
_PRIVATE = re.compile("[\ue000-\uf8ff]")
_FORMATS = {"clock": "{time}", "exact": "{time_secs}", "date": "{date_short_pretty} {time}"}
_STYLES = {BOLD: "bold", CODE: "code", ITALIC: "italic"}
_HARMLESS = str.maketrans("<>", "‹›")
_GRAVE = "ˋ"  # looks like a backtick and opens nothing


def mrkdwn(text: str) -> str:
    return render(text, _token, _typed)


def plain_text(text: str) -> str:
    """For headers and dialogs, where no mark is shown."""
    return _PRIVATE.sub("", plain(text)).strip()


def marked(text: str) -> bool:
    return _PRIVATE.search(text) is not None


def elements(text: str) -> list[JsonObject]:
    """Rich text elements: nothing in them is parsed by Slack."""
    found: list[JsonObject] = []

    def mark(kind: str, inside: str) -> str:
        found.append(_element(kind, inside))
        return ""

    def typed(part: str) -> str:
        shown = _PRIVATE.sub("", part)
        if shown:
            found.append({"type": "text", "text": shown})
        return ""

    render(text, mark, typed)
    return found or [{"type": "text", "text": "–"}]


def escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def without_references(text: str) -> str:
    """For a channel's topic: Slack reads mentions in it, and counts an escaped sign as four characters."""
    return plain_text(text).translate(_HARMLESS)


def web(url: str) -> str:
    """The address, if it is one that a person may be sent to; else empty."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    bad = any(one.isspace() or one in '<>|`"' for one in url)
    return url if parts.scheme in ("http", "https") and parts.netloc and not bad else ""


def _typed(part: str) -> str:
    return escape(_PRIVATE.sub("", part)).replace("`", _GRAVE)


def _line(text: str) -> str:
    return " ".join(_PRIVATE.sub("", text).split())


def _token(kind: str, inside: str) -> str:
    shown = _line(inside)
    if kind == BOLD:
        return f"*{_typed(shown).replace('*', '∗')}*" if shown else ""
    if kind == ITALIC:
        return f"_{_typed(shown)}_" if shown else ""
    if kind == CODE:
        return f"`{_typed(shown)}`" if shown else ""
    if kind == WHEN:
        return _date(inside)
    return _reference(kind, inside)


def _reference(kind: str, inside: str) -> str:
    if kind == PERSON:
        return f"<@{inside}>" if _USER.fullmatch(inside) else _typed(_line(inside))
    if kind == CHANNEL:
        return f"<#{inside}>" if _CHANNEL.fullmatch(inside) else _typed(_line(inside))
    if kind == LINK:
        url, label = _link(inside)
        shown = _typed(label).replace("|", "¦") or escape(url)
        return f"<{escape(url)}|{shown}>" if url else shown
    raise AssertionError(kind)


def _link(inside: str) -> tuple[str, str]:
    url, _, label = inside.partition(SPLIT)
    return web(url), _line(label)


def _when(inside: str) -> tuple[datetime, str, str] | None:
    """(instant, Slack's format, what is shown without it)."""
    iso, _, style = inside.partition(SPLIT)
    try:
        at = datetime.fromisoformat(iso)
        return at.astimezone(UTC), _FORMATS[style], clock(iso, style)
    except (ValueError, KeyError, OverflowError):
        return None


def _date(inside: str) -> str:
    found = _when(inside)
    if found is None:
        return _typed(_line(inside))
    at, form, fallback = found
    return f"<!date^{int(at.timestamp())}^{form}|{fallback}>"


def _element(kind: str, inside: str) -> JsonObject:
    if kind == PERSON and _USER.fullmatch(inside):
        return {"type": "user", "user_id": inside}
    if kind == CHANNEL and _CHANNEL.fullmatch(inside):
        return {"type": "channel", "channel_id": inside}
    if kind == LINK and (found := _link(inside))[0]:
        return {"type": "link", "url": found[0], "text": found[1] or found[0]}
    if kind == WHEN and (instant := _when(inside)):
        at, form, fallback = instant
        return {"type": "date", "timestamp": int(at.timestamp()), "format": form, "fallback": fallback}
    shown = _line(inside.partition(SPLIT)[2] if kind == LINK else inside) or "–"
    style = _STYLES.get(kind)
    return {"type": "text", "text": shown, "style": {style: True}} if style else {"type": "text", "text": shown}
