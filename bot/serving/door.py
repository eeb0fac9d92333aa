"""The ways in: Slack at a URL where there is a signing secret, over Socket Mode where there is an app token, or both;
and others' webhooks where the catalog expects some."""

import asyncio
import contextlib
import secrets
import time
from collections.abc import Mapping
from functools import partial

import structlog
from aiohttp import web as http
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot import incoming
from bot.db import offers
from bot.domain.card import Card
from bot.domain.json import JsonObject
from bot.engine.installation import Installation
from bot.engine.intake import Intake, unknown_if_recorded
from bot.engine.noting import may_note
from bot.incoming import Webhooks
from bot.paper import Papers
from bot.serving.tasks import Tasks
from bot.settings import Settings
from bot.slack.app import Identity, Listeners, bolt_app
from bot.slack.aside import Aside
from bot.slack.bound import Bound
from bot.slack.by_hand import ByHand
from bot.slack.envelope import Envelopes
from bot.slack.guard import Guard
from bot.slack.inbox import SlackInbox
from bot.slack.mentions import Mentions
from bot.slack.people import SLACK_AWAY, SlackPeople
from bot.slack.reply import Replies
from bot.slack.share import Press, Sharing
from bot.slack.shortcuts import Shortcuts
from bot.slack.socket import SocketMode
from bot.slack.spoken import spoken
from bot.web import Ports, SlackDoor, WebhookDoor, public_app

log = structlog.get_logger()

TRIGGER_S = 3.0  # Slack takes no form later than that


class Door:
    """Opened once; what comes in goes to the intake, the press or the inbox."""

    def __init__(
        self,
        settings: Settings,
        installation: Installation,
        identity: Identity,
        intake: Intake,
        press: Press,
        people: SlackPeople,
        replies: Replies,
        client: AsyncWebClient,
        tasks: Tasks,
    ) -> None:
        self.socket: SocketMode | None = None
        self._settings = settings
        self._installation = installation
        self._identity = identity
        self._client = client
        self._tasks = tasks
        sharing = Sharing(
            press,
            installation.pool,
            team=lambda: installation.team,
            installed=installation.commands,
            names=people.name,
            listed=lambda: installation.policy.shared_channels,
        )
        by_hand = ByHand(installation.bell, lambda: identity.bot_user, partial(may_note, installation))
        inbox = SlackInbox(installation.pool, installation.bell, people, tasks.stopping.set, by_hand)
        chosen = Shortcuts(
            sharing,
            installation.pool,
            installation.bell,
            intake.receive,
            team=lambda: installation.team,
            may=partial(may_note, installation),
            zone_of=installation.zone_of,
            bound=Bound(settings.bot_token.get_secret_value()),
        )
        self._listeners = Listeners(
            intake,
            chosen,
            inbox,
            Mentions(installation.pool, installation.bell, intake, identity, installation.commands),
            replies,
            installation.clock,
            unknown_if_recorded,
            self._offers,
            self._open_form,
            Aside(installation.pool, self._open_form).tell,
            chosen.chosen,
            intake.forms.shown,
            spoken(installation.commands, lambda: installation.catalog.commands),
        )

    async def open(self, webhooks: Webhooks, ports: Ports) -> int:
        """The port that the outside reaches; the configured one where nothing listens."""
        signing_secret, app_token = self._settings.signing_secret, self._settings.app_token
        # Without a URL nothing is signed: a secret that nobody knows, so that no signature could ever be good.
        signed_with = signing_secret.get_secret_value() if signing_secret else secrets.token_hex(32)
        bolt = bolt_app(self._identity, signed_with, self._client, self._listeners)
        port = self._settings.port
        wanted = signing_secret or incoming.expected(self._installation.catalog) or self._settings.url
        if wanted:
            slack = _at_url(bolt, signed_with) if signing_secret is not None else None
            papers = Papers(self._installation.pool, self._installation.people.name)
            port = await ports.listen(public_app(slack, WebhookDoor(webhooks), papers), self._settings.host, port)
        if app_token is not None:
            await self._link(SocketMode(self._client, app_token.get_secret_value(), Envelopes(bolt)))
        return port

    async def _link(self, socket: SocketMode) -> None:
        self.socket = socket
        self._tasks.run("Socket Mode", socket.run())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(3):
                await socket.linked.wait()

    def problems(self) -> list[str]:
        return self.socket.problems() if self.socket is not None else []

    async def close(self) -> None:
        """The ports are closed by then."""
        if self.socket is not None:
            await self.socket.stop()
        await self._listeners.drain()

    async def _open_form(self, trigger: str, view: JsonObject) -> bool:
        try:
            async with asyncio.timeout(TRIGGER_S):
                await self._client.views_open(trigger_id=trigger, view=view)
        except (*SLACK_AWAY, TimeoutError) as error:
            log.warning("form.not_opened", error=type(error).__name__)
            return False
        return True

    async def _offers(self, card: Card) -> Mapping[str, str]:
        asks = [button.ask for button in card.buttons if button.ask.split(" ")[0] in self._installation.commands]
        return await offers.mint_all(self._installation.pool, asks)


def _at_url(bolt: AsyncApp, signing_secret: str) -> SlackDoor:
    async def dispatch(request: http.Request) -> http.Response:
        return await to_aiohttp_response(await bolt.async_dispatch(await to_bolt_request(request)))

    return SlackDoor(Guard(signing_secret, time.time), dispatch)
