"""Whatever arrives with a good signature: never a 500, never an effect, never a call to where a payload says.

All of it is asked and pressed by somebody who may only look; EXAMPLES=… throws that many times more (`make prove`).
"""

import asyncio
import hashlib
import hmac
import json
import sys
import time
import traceback
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qsl, quote

import aiohttp
import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

import bot
from bot.domain.run import State
from bot.sandbox.workspace import payloads
from bot.sandbox.workspace.deliver import Courier
from bot.sandbox.workspace.things import BOT_USER, Answer, Delivery
from tests.providers.webhooks.test_receivers import BETTERSTACK, GENERIC, ISSUE, PINGDOM, ROBOT, SENTRY, STRIPE
from tests.stories.conftest import Open
from tests.stories.test_forms import asked as form_for
from tests.support.company import CATALOG, GENERAL, Company
from tests.support.desk import Shelf
from tests.support.examples import SEED, TIMES
from tests.support.mutants import FORM, JSON, METADATA, as_form, kind_of, mutant, torn

BROKE = {"door.failed", "intake.failed", "listener.failed", "webhook.broke", "envelope.failed", "form.failed"}
BROKE |= {"socket.task_failed"}
DOORS = {"web.py", "door.py", "envelope.py"}  # where what Bolt trips over is caught
TOLD = {"chat.postEphemeral", "chat.postMessage", "chat.update", "views.open", "views.push", "users.info"}
TOLD |= {"conversations.open", "views.publish", "views.update"}


class Tap:
    """What the workspace hands to the bot, as bytes."""

    def __init__(self) -> None:
        self.heard: list[tuple[bytes, str]] = []

    def between(self, monkeypatch: pytest.MonkeyPatch) -> None:
        handed = Courier.post

        async def post(courier: Courier, body: bytes, kind: str, *more: Any) -> Answer:
            self.heard.append((body, kind))
            return await handed(courier, body, kind, *more)

        monkeypatch.setattr(Courier, "post", post)

    def last(self) -> Any:
        """A form's fields, or an event; what is JSON within a form as what it says."""
        body, kind = self.heard[-1]
        if kind == JSON:
            return json.loads(body)
        fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
        return json.loads(fields["payload"]) if "payload" in fields else fields


@contextmanager
def nothing_breaks() -> Iterator[None]:
    """An exception of ours is a hole, whatever was answered; where Bolt trips the door has its answer ready."""
    with capture_logs(processors=[_ours]) as logs:
        yield
    found = {entry["ours"] for entry in logs if entry["event"] in BROKE and entry.get("ours")}
    assert not found, "\n".join(sorted(found))


def _ours(_logger: object, _name: str, entry: EventDict) -> EventDict:
    """With the exception, where it came by code of ours beyond the door."""
    error = entry.get("exc_info")
    told = error if isinstance(error, BaseException) else sys.exception() if error else None
    frames = [Path(frame.filename) for frame in traceback.extract_tb(told.__traceback__)] if told else []
    if not any(Path(bot.__path__[0]) in one.parents and one.name not in DOORS for one in frames):
        return entry
    return {**entry, "ours": f"{entry['event']}: {''.join(traceback.format_exception(told, limit=-3))}"}


@pytest.fixture
async def bases(company: Company, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """One real payload of each kind, all by Eli, who may only look."""
    tap = Tap()
    tap.between(monkeypatch)
    card = await company.asked()
    await company.type("eli", "/poke because x")
    found = [tap.last()]
    for action in ("approval.approve", "approval.deny", "run.details"):
        await company.click("eli", card, action)
        found.append(tap.last())
    form = await form_for(company, "ana", "/poke shop")
    filled = {"@place": {"@place": {"type": "static_select", "selected_option": {"value": "shop production"}}}}
    eli = company.slack.state.people["U0ELI"]
    submitted = payloads.submission(eli, replace(form, state=filled), Delivery())
    found += [submitted, {**submitted, "type": "view_closed"}, {**submitted, "type": "block_suggestion"}]
    found += [
        payloads.message_shortcut(company.slack.state, eli, card, entry, Delivery())
        for entry in ("timeline.add", "incident.open")
    ]
    for event in EVENTS:
        await company.slack.send_event(event)
        found.append(tap.last())
    return found


PLACE = {"user": "U0ELI", "team": "T0LANTERN", "channel": GENERAL}
EVENTS = (
    {"type": "app_home_opened", "user": "U0ELI", "tab": "home", "channel": "D0ELI"},
    {"type": "user_change", "user": {"id": "U0ELI", "team_id": "T0LANTERN", "profile": {"display_name": "Eli"}}},
    {"type": "app_mention", **PLACE, "ts": "1.2", "text": f"<@{BOT_USER}> poke shop production because x"},
    {"type": "message", **PLACE, "channel_type": "im", "ts": "1.3", "text": "poke shop production because x"},
    {"type": "channel_rename", "channel": {"id": GENERAL, "name": "other"}},
    {"type": "team_join", "user": {"id": "U0ELI", "team_id": "T0LANTERN"}},
)


def _fresh(base: Any, number: int) -> Any:
    """Not seen before: what was delivered already is not looked at."""
    return {key: f"{number}.fuzz" if key in ("event_id", "trigger_id") else one for key, one in base.items()}


def _bytes(base: Any) -> tuple[bytes, str]:
    if not isinstance(base, dict) or "event" in base:
        return json.dumps(base).encode(), JSON
    return as_form(base if "command" in base else {"payload": json.dumps(base)}), FORM


async def test_no_signed_body_breaks_anything_or_has_an_effect(
    company: Company, bases: list[Any], shelf: Shelf
) -> None:
    random = Random(f"slack {SEED}")
    asked, planned = len(company.slack.calls), shelf.planned
    async with outsider() as knocks:
        with nothing_breaks():
            for number in range(120 * TIMES):
                body, kind = _bytes(mutant(_fresh(random.choice(bases), number), random))
                body = torn(body.replace(METADATA.encode(), knocks.url.encode()), random)
                headers = {**company.slack.sign(body), "Content-Type": kind_of(kind, random)}
                answer = await company.slack.deliver_raw(body, headers)
                assert answer.status in (200, 400, 413, 503), (answer.status, headers, body[:2000])
            await company.type("ben", "/runs")
            await company.see("newest first")
        assert knocks.heard == 0
    assert (await company.run()).state is State.WAITING
    assert await company.pool.fetchval("SELECT count(*) FROM votes") == 0
    assert await company.pool.fetchval("SELECT count(*) FROM runs WHERE risk <> 'read' AND state <> 'refused'") == 1
    assert (shelf.executed, shelf.planned) == ([], planned)
    assert {call.method for call in company.slack.calls[asked:]} <= TOLD


@dataclass(slots=True)
class Knocks:
    """Somebody's server; nothing in a payload may lead the bot there."""

    url: str = ""
    heard: int = 0


@asynccontextmanager
async def outsider() -> AsyncIterator[Knocks]:
    knocks = Knocks()

    async def hear(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        knocks.heard += 1
        writer.close()

    async with await asyncio.start_server(hear, "127.0.0.1", 0) as server:
        knocks.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        yield knocks


# --- others' webhooks, and the page for people without Slack -----------------------------------------------------

HOOKED: Mapping[str, list[Any]] = {
    "generic": [GENERIC],
    "stripe": [STRIPE],
    "sentry": [SENTRY, ISSUE],
    "betterstack": [BETTERSTACK],
    "pingdom": [PINGDOM],
    "uptimerobot": [ROBOT],
}
KEY = "a_secret_of_more_than_thirty_letters"


@pytest.fixture
async def hooked(open_company: Open, monkeypatch: pytest.MonkeyPatch) -> Company:
    monkeypatch.setenv("HOOK", KEY)
    hooks = ", ".join(f"{kind}: {{kind: {kind}, secret: $HOOK}}" for kind in HOOKED)
    return await open_company(catalog=CATALOG.replace("production: {}", f"production: {{webhooks: {{{hooks}}}}}"))


def _proven(kind: str, body: bytes) -> dict[str, str]:
    """As the sender would sign these very bytes."""
    now = int(time.time())
    digest = hmac.new(KEY.encode(), f"{now}.".encode() + body, hashlib.sha256).hexdigest()
    plain = hmac.new(KEY.encode(), body, hashlib.sha256).hexdigest()
    match kind:
        case "stripe":
            return {"Stripe-Signature": f"t={now},v1={digest}"}
        case "sentry":
            resource = "event_alert" if b"triggered_rule" in body else "issue"
            return {"Sentry-Hook-Signature": plain, "Sentry-Hook-Resource": resource, "Request-ID": "r"}
        case "generic":
            return {"X-Watchkeeper-Signature": f"t={now},v1={digest}"}
        case _:
            return {}


async def test_no_webhook_breaks_anything_or_does_more_than_note_itself(hooked: Company) -> None:
    random, statuses = Random(f"webhooks {SEED}"), set()
    base = f"http://127.0.0.1:{hooked.process.port}"
    async with aiohttp.ClientSession() as session:
        with nothing_breaks():
            for _ in range(120 * TIMES):
                kind = random.choice(list(HOOKED))
                body = torn(json.dumps(mutant(random.choice(HOOKED[kind]), random)).encode(), random)
                token = "" if _proven(kind, body) else f"/{KEY}"
                url = f"{base}/webhooks/{kind}/shop.production{token}"
                async with session.post(url, data=body, headers=_proven(kind, body)) as reply:
                    statuses.add(reply.status)
                    assert KEY not in await reply.text()
    assert statuses <= {200, 400, 401}
    assert 200 in statuses
    noted = await hooked.pool.fetch(
        "SELECT DISTINCT kind, service, environment FROM events WHERE service IS NOT NULL"
    )
    assert [tuple(row) for row in noted] == [("webhook.received", "shop", "production")]
    assert await hooked.pool.fetchval("SELECT count(*) FROM runs") == 0


LINKS = (
    "1-1999999999-" + "a" * 43,
    "9" * 18 + "-99999999999-" + "_" * 43,
    "1-000000000-" + "-" * 43,
    "\0",
    "..",
    "%00",
)


async def test_no_made_up_link_shows_an_incident_or_breaks(company: Company) -> None:
    await company.type("ana", "/incident checkout answers 500")
    await company.see("is open")
    random = Random(f"links {SEED}")
    base = f"http://127.0.0.1:{company.process.port}/incidents/"
    async with aiohttp.ClientSession() as session:
        with nothing_breaks():
            for number in range(30 * TIMES):
                link = (
                    LINKS[number % len(LINKS)]
                    if number < 30
                    else torn(random.choice(LINKS).encode(), random).decode("latin-1")
                )
                async with session.get(base + quote(link, safe=""), allow_redirects=False) as reply:
                    assert reply.status == 404, link
                    assert "checkout" not in await reply.text()
