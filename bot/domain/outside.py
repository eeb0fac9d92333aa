"""What happened without us, as lines of a timeline: webhooks, deploys by others, vendors' status pages. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.domain.event import Event, Kind
from bot.domain.incoming import moment
from bot.domain.json import JsonObject
from bot.domain.words import clean, quoted


@dataclass(frozen=True, slots=True)
class Told:
    """One line. source_id: empty where the event itself is the source; a burst of webhooks shares one."""

    source: str
    source_id: str
    at: datetime
    text: str
    author: str
    link: str = ""


def told(event: Event) -> Told | None:
    """None: a monitor that only said again what it had said before."""
    return _TOLD[event.kind](event, event.body)


def _webhook(event: Event, body: JsonObject) -> Told | None:
    at, says = moment(body.get("at")) or event.at, str(body.get("says", ""))
    author = clean(str(body.get("from", "")), 60)
    if "monitor" in body:
        return Told("webhook", "", at, says, author, _link(body)) if "card" in body else None
    count, since = int(str(body.get("count", 1))), moment(body.get("since")) or event.at
    source_id = f"{body.get('name')}:{body.get('kind')}:{since.isoformat()}"
    if count == 1:
        return Told("webhook", source_id, at, says, author, _link(body))
    return Told("webhook", source_id, since, f"{says} ×{count} since {since:%H:%M} UTC", author, _link(body))


def _deploy(event: Event, body: JsonObject) -> Told:
    was = f" (was {str(body['was'])[:7]})" if body.get("was") else ""
    title = f" {quoted(str(body['title']), 80)}" if body.get("title") else ""
    by = f" by {clean(str(body['author']), 60)}" if body.get("author") else ""
    text = f"Release {str(body.get('commit', ''))[:7]}{title}{by} became current{was}; not through Watchkeeper"
    return Told("deploy", "", moment(body.get("at")) or event.at, text, event.actor)


def _vendor(event: Event, body: JsonObject) -> Told:
    name, state, was = (clean(str(body.get(key, "")), 60) for key in ("name", "state", "was"))
    if state == "ok":
        return Told("vendor", "", event.at, f"{name} says that all is well again (was {was})", name, _link(body))
    return Told(
        "vendor", "", event.at, f"{name} says {state} on its status page: {body.get('says', '')}", name, _link(body)
    )


def _link(body: JsonObject) -> str:
    return str(body.get("link") or "")


_TOLD: Mapping[Kind, Callable[[Event, JsonObject], Told | None]] = {
    Kind.WEBHOOK_RECEIVED: _webhook,
    Kind.DEPLOY_SEEN: _deploy,
    Kind.VENDOR_CHANGED: _vendor,
}
KINDS = frozenset(_TOLD)
