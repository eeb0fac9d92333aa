"""HTTP routes: Slack's one door, others' webhooks beside it, the admin port's /livez, /readyz and
/metrics; and the ports that they listen at."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot import metrics
from bot.domain.incident_page import HEADERS
from bot.incoming import Letter, Webhooks
from bot.logs import Seldom
from bot.paper import Papers
from bot.slack.guard import MAX_BODY, Guard, Refused

log = structlog.get_logger()

Dispatch = Callable[[web.Request], Awaitable[web.Response]]
Ready = Callable[[], Awaitable[list[str]]]

_READ_WITHIN_S = 10.0  # the whole body of a webhook


class SlackDoor:
    """POST /slack/events: guard first, then Bolt. Refusals are counted, logged at most every 10 s a reason."""

    def __init__(self, guard: Guard, dispatch: Dispatch, clock: Callable[[], float] = time.monotonic) -> None:
        self._guard = guard
        self._dispatch = dispatch
        self._clock = clock
        self._seldom = Seldom(clock)
        self._acknowledged = metrics.ACKNOWLEDGED.labels("slack")

    async def handle(self, request: web.Request) -> web.Response:
        begun = self._clock()
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        refused = self._guard.check(headers, body)
        if refused is not None:
            return self._refuse(refused)
        answer = await self._answered(request, event=headers.get("content-type", "").startswith("application/json"))
        self._acknowledged.observe(self._clock() - begun)
        return web.Response(status=200) if answer.status == 404 else answer

    async def _answered(self, request: web.Request, *, event: bool) -> web.Response:
        """Where Bolt itself trips over a payload: an event is wanted again, everything else is told of it."""
        try:
            return await self._dispatch(request)
        except Exception:
            error_id = secrets.token_hex(3)
            log.exception("door.failed", error_id=error_id)
            if event:
                return web.Response(status=503)
            text = f"Something failed on my side; my log names it {error_id}. `/runs` tells whether it was recorded."
            return web.json_response({"response_type": "ephemeral", "text": text})

    def _refuse(self, refused: Refused) -> web.Response:
        if refused.status != 200:
            metrics.REFUSED_AT_DOOR.labels(refused.why).inc()
            if self._seldom.due(refused.why):
                log.warning("door.refused", why=refused.why, status=refused.status)
        return web.Response(status=refused.status)


class WebhookDoor:
    """POST /webhooks/<name>/<service>.<environment>, for monitors that cannot sign with a token behind it."""

    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks = webhooks

    async def handle(self, request: web.Request) -> web.Response:
        try:
            async with asyncio.timeout(_READ_WITHIN_S):
                body = await request.read()
        except TimeoutError:
            return web.Response(status=408)
        headers = {name.lower(): value for name, value in request.headers.items()}
        at = request.match_info
        letter = Letter(at["name"], at["place"], at.get("token", ""), headers, dict(request.query), body)
        reply = await self._webhooks.receive(letter)
        return web.Response(status=reply.status, text=f"{reply.says}\n")


def _paper(papers: Papers) -> Dispatch:
    async def show(request: web.Request) -> web.Response:
        paper = await papers.show(request.match_info["link"])
        says = paper.page or ("Not found\n" if paper.status == 404 else "My database is away: try again.\n")
        kind = "text/html" if paper.page else "text/plain"
        return web.Response(status=paper.status, text=says, content_type=kind, headers=HEADERS)

    return show


def public_app(slack: SlackDoor | None, webhooks: WebhookDoor, papers: Papers) -> web.Application:
    """What the outside may reach. slack: None over Socket Mode, where Slack does not call."""
    app = web.Application(client_max_size=MAX_BODY + 1)
    if slack is not None:
        app.router.add_post("/slack/events", slack.handle)
    app.router.add_post("/webhooks/{name}/{place}", webhooks.handle)
    app.router.add_post("/webhooks/{name}/{place}/{token}", webhooks.handle)
    app.router.add_get("/incidents/{link}", _paper(papers))
    return app


def admin_app(ready: Ready) -> web.Application:
    """For the operator's own network only: not reachable from Slack's port."""

    async def livez(_: web.Request) -> web.Response:
        return web.Response(text="alive\n")

    async def readyz(_: web.Request) -> web.Response:
        problems = await ready()
        return web.json_response({"ready": not problems, "problems": problems}, status=503 if problems else 200)

    async def show_metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.router.add_get("/livez", livez)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", show_metrics)
    return app


class Ports:
    """What this process listens at."""

    def __init__(self) -> None:
        self._runners: list[web.AppRunner] = []

    async def listen(self, app: web.Application, host: str, port: int) -> int:
        """The port it got: another one only when 0 was asked for."""
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, host, port).start()
        self._runners.append(runner)
        return int(runner.addresses[0][1])

    async def close(self) -> None:
        for runner in self._runners:
            await runner.cleanup()
