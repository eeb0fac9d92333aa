"""Webhooks of a Sentry integration (docs.sentry.io: "Webhooks"): issue alerts, metric alerts, issues.

The signature covers the body alone: neither Sentry's Request-ID nor its timestamp header proves anything, so the
body's own bytes are the delivery's id, and the time inside it says whether it is stale.
"""

import re
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.domain.incoming import (
    STALE,
    Forged,
    Incoming,
    Malformed,
    Notice,
    Receiver,
    digest_of,
    discreet,
    moment,
    signed_with,
    web_link,
)

_LEVEL = re.compile(r"[a-z]{3,10}")


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Event(_Part):
    title: str = ""
    level: str = "error"
    datetime: str | None = None
    web_url: str = ""
    issue_id: str | int = ""


class _Issue(_Part):
    id: str | int = ""
    title: str = ""
    level: str = "error"
    culprit: str | None = None
    firstSeen: str | None = None  # noqa: N815 - Sentry's own spelling
    lastSeen: str | None = None  # noqa: N815 - Sentry's own spelling
    permalink: str | None = None
    web_url: str | None = None


class _Data(_Part):
    event: _Event | None = None
    issue: _Issue | None = None
    triggered_rule: str = ""
    description_title: str = ""
    description_text: str = ""
    web_url: str = ""


class _Hook(_Part):
    action: str = Field(default="", max_length=60)
    data: _Data


def read(incoming: Incoming) -> Notice | None:
    signature = incoming.headers.get("sentry-hook-signature", "")
    if not signature:
        raise Forged("signature missing")
    if not signed_with(incoming.secret, incoming.body, signature):
        raise Forged("signature wrong")
    try:
        hook = _Hook.model_validate(incoming.json())
    except ValidationError:
        raise Malformed("not a webhook of Sentry's") from None
    resource, key = incoming.headers.get("sentry-hook-resource", ""), digest_of(incoming.body)
    if resource == "event_alert" and hook.data.event is not None:
        return _alert(key, hook.data, hook.data.event, incoming.now)
    if resource == "metric_alert":
        return _metric(key, hook)
    if resource == "issue" and hook.data.issue is not None:
        return _issue(key, hook.action, hook.data.issue)
    return None


def _alert(key: str, data: _Data, event: _Event, now: datetime) -> Notice:
    at = moment(event.datetime)
    if at is not None and abs(now - at) > STALE:
        raise Forged("the event in it is too far from now")
    rule = f", by the rule “{discreet(data.triggered_rule, 60)}”" if data.triggered_rule else ""
    says = f"Sentry {_level(event.level)}: {discreet(event.title, 150)}{rule}"
    return Notice(key, f"event_alert {discreet(event.issue_id, 40)}".strip(), says, web_link(event.web_url), at)


def _metric(key: str, hook: _Hook) -> Notice:
    what = discreet(hook.data.description_title or hook.data.description_text or "a metric alert", 150)
    says = f"Sentry metric alert {discreet(hook.action, 20)}: {what}"
    return Notice(key, f"metric_alert {discreet(hook.action, 20)} {what}", says, web_link(hook.data.web_url))


def _issue(key: str, action: str, issue: _Issue) -> Notice | None:
    """Also when it was seen first and last; who is assigned, and comments, are not for a timeline."""
    if action not in ("created", "resolved", "unresolved", "ignored", "archived"):
        return None
    times = [moment(issue.firstSeen), moment(issue.lastSeen)]
    seen = [f"{at:%Y-%m-%d %H:%M} UTC" for at in times if at is not None]
    between = f", first seen {seen[0]}, last {seen[-1]}" if seen else ""
    says = f"Sentry {_level(issue.level)} {action}: {discreet(issue.title, 120)}{between}"
    return Notice(
        key, f"issue {action} {discreet(issue.id, 40)}".strip(), says, web_link(issue.permalink or issue.web_url)
    )


def _level(level: str) -> str:
    return level if _LEVEL.fullmatch(level) else "error"


RECEIVER = Receiver("sentry", "Sentry", True, read)
