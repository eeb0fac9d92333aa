"""A small app for the workspace's tests: it keeps what it got and answers as told. Also a clock that stands still."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from bot.sandbox.workspace import Workspace
from bot.sandbox.workspace.things import Json

SECRET = "a-signing-secret"
TOKEN = "xoxb-sandbox"


class Clock:
    """Stands still until told."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def pass_s(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class SmallApp:
    url: str = ""
    got: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)
    answer: Callable[[dict[str, Any]], Awaitable[web.Response] | web.Response] = lambda payload: web.Response()

    async def serve(self, request: web.Request) -> web.Response:
        body = await request.text()
        self.raw.append(body)
        self.headers.append(dict(request.headers))
        self.got.append(_payload(request.content_type, body))
        answer = self.answer(self.got[-1])
        return answer if isinstance(answer, web.Response) else await answer

    async def never(self, payload: dict[str, Any]) -> web.Response:
        """An answer that never comes."""
        await asyncio.Event().wait()
        raise AssertionError


def _payload(kind: str, body: str) -> dict[str, Any]:
    if kind == "application/json":
        return dict(json.loads(body))
    form = dict(parse_qsl(body, keep_blank_values=True))
    return dict(json.loads(form["payload"])) if "payload" in form else dict(form)


def people_and_places(workspace: Workspace) -> None:
    workspace.add_person("U0ANA", "ana", "Ana Ortiz", title="Operator on call")
    workspace.add_person("U0BEN", "ben", "Ben Okafor")
    workspace.add_person("U0GONE", "gone", "Gone Long", deleted=True)
    workspace.add_channel("C0SHOPOPS", "shop-ops", members=["U0ANA", "U0BEN", "U0WATCH"])
    workspace.add_channel("C0OTHER", "other", members=["U0ANA"])
    workspace.add_channel("C0SECRET", "secret", members=["U0ANA"], is_private=True)


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def section(text: str, **more: object) -> Json:
    return {"type": "section", "text": mrkdwn(text), **more}


def button(action_id: str, text: str = "Press", **more: object) -> Json:
    return {"type": "button", "action_id": action_id, "text": plain(text), **more}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def card() -> list[Json]:
    """A question with two buttons."""
    approve = button("approval.approve", "Approve", value="q7", style="primary")
    return [section("*Roll back?*"), actions(approve, button("approval.deny", "Deny", value="q7"))]


def modal(*blocks: Json, **more: object) -> Json:
    return {"type": "modal", "title": plain("Roll back"), "submit": plain("Go"), "blocks": list(blocks), **more}


def field_of(name: str, **element: object) -> Json:
    """An input block that asks for a text."""
    typed = {"type": "plain_text_input", "action_id": f"{name}.typed", **element}
    return {"type": "input", "block_id": name, "label": plain(name), "element": typed}
