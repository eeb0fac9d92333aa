"""The running process: puts the rooms together, starts them in order and ends them in the opposite one."""

import asyncio
import contextlib
import secrets
import signal
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import UTC, datetime

import structlog
from aiohttp import web as http
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp

from bot import incoming, loop_lag, reload, review
from bot.db import events, leader, offers, seal
from bot.db import people as people_table
from bot.db.bell import Bell
from bot.db.database import AWAY, Pool
from bot.db.records import PostgresRecords
from bot.domain.capability import ChainReport
from bot.domain.card import Card
from bot.domain.catalog import Place
from bot.domain.command import Command
from bot.domain.errors import ProviderError
from bot.domain.event import Kind
from bot.domain.health import Report
from bot.domain.json import JsonObject
from bot.domain.protection import shared_parts
from bot.engine.again import Again
from bot.engine.govern import EngineGovern
from bot.engine.home import EngineHome
from bot.engine.installation import Installation
from bot.engine.intake import Intake, unknown_if_recorded
from bot.engine.press import Press
from bot.engine.votes import Votes
from bot.files import Files, read
from bot.providers.examine import alert_card, examine
from bot.providers.registry import Providers, find_providers, find_receivers
from bot.schedule import Scheduler
from bot.settings import Settings, SettingsError, variable
from bot.slack.app import Identity, Listeners, bolt_app
from bot.slack.aside import Aside
from bot.slack.envelope import Envelopes
from bot.slack.follow import Follower
from bot.slack.guard import Guard
from bot.slack.home import HomePress, Homes
from bot.slack.inbox import SlackInbox
from bot.slack.people import SLACK_AWAY, SlackPeople
from bot.slack.reply import Replies
from bot.slack.send import Sender, web_client, web_session
from bot.slack.share import Sharing
from bot.slack.socket import SocketMode, SwitchedOff
from bot.storage import open_database
from bot.timeline import Projector
from bot.watch import Watch
from bot.web import SlackDoor, WebhookDoor, admin_app, public_app
from bot.worker import DRAIN, Worker

log = structlog.get_logger()


def secret(name: str) -> str:
    """The value of a `$NAME` of the catalog; ProviderError names the variable, never a value."""
    value = variable(name.removeprefix("$"))
    if not value:
        raise ProviderError("environment", f"{name} is not set in the bot's environment.", "Set it and restart.")
    return value


def now() -> datetime:
    return datetime.now(UTC)


class TaskFailed(Exception):
    """The process ended because one of its own tasks did; its log says more."""


class Process:
    """One running bot: web, worker, or both. `start` returns when it listens, `stop` when all has ended."""

    def __init__(
        self,
        settings: Settings,
        files: Files,
        pool: Pool,
        *,
        scratch: Callable[[], Awaitable[str]] | None = None,
        web: bool = True,
        worker: bool = True,
        drain_s: float = DRAIN,
    ) -> None:
        self._settings = settings
        self._drain_s = drain_s
        self._files = files
        self._pool = pool
        self._scratch = scratch
        self._with_web = web
        self._with_worker = worker
        self._tasks: set[asyncio.Task[None]] = set()
        self._runners: list[http.AppRunner] = []
        self.stopping = asyncio.Event()
        self.failed: str | None = None
        self.socket: SocketMode | None = None
        self._hung_up = asyncio.Event()
        self._retired: list[Providers] = []
        self._identified = asyncio.Event()
        self._working: asyncio.Task[None] | None = None
        self.session = web_session()
        self.providers = self._providers(files)
        self.port = settings.port
        self.admin_port = settings.admin_port

    async def start(self) -> None:
        await self._assemble()
        self._run("bell", self.bell.run())
        self._run("people", self.people.run())
        self._run("identity", self._identify())
        self._run("loop lag", loop_lag.watch())
        self._run("reload", self._reload_when_told())
        if self._with_worker:
            self._run("sealer", leader.lead(self._pool, "sealer", self._seal))
            self._run("follower", leader.lead(self._pool, "follower", self.follower.work))
            self._run("homes", leader.lead(self._pool, "homes", self.homes.work))
            self._run("watch", leader.lead(self._pool, "watch", self.watch.run))
            self._run("scheduler", leader.lead(self._pool, "scheduler", Scheduler(self.installation).run))
            self._run(
                "timeline",
                leader.lead(self._pool, "timeline", Projector(self._pool, self.bell, self.people.name).run),
            )
            self._working = self._run("worker", self.worker.run())
        if not self.installation.team:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(3):
                    await self._identified.wait()
        if self._other_files and self.installation.team:
            await Again(self.installation, self.votes).decide_all()
        if self._with_web:
            await self._open_to_slack()
        self.admin_port = await self._listen(
            admin_app(self.problems), self._settings.admin_host, self._settings.admin_port
        )
        await events.record(self._pool, Kind.BOT_STARTED, body={"policy": self._files.policy.digest})
        self.bell.ring("outbox", "work")
        log.info("bot.started", port=self.port, admin_port=self.admin_port, policy=self._files.policy.digest[:12])

    async def _assemble(self) -> None:
        settings, pool = self._settings, self._pool
        self.client = web_client(settings.bot_token.get_secret_value(), settings.api_url, self.session)
        self.bell = Bell(pool)
        self.people = SlackPeople(self.client, pool, now, self._files.policy.people)
        self.people.trust(self._files.policy.roles_by_group)
        await self.people.load()
        self.identity = Identity(settings.bot_token.get_secret_value())
        self.installation = Installation(
            pool,
            self.bell,
            self._files.commands,
            self._files.catalog,
            self._files.policy,
            self.people,
            self.providers,
            "",
        )
        await self._remember_workspace()
        self._other_files = await reload.note(pool, self._files, "start")
        self.votes = Votes(self.installation)
        self.govern = EngineGovern(self.installation, self.votes)
        self.intake = Intake(self.installation)
        self.worker = Worker(self.installation, self.govern, drain_s=self._drain_s)
        self.replies = Replies(self.session, settings.api_url)
        sender = Sender(self.client, self.replies, clock=asyncio.get_running_loop().time)
        self.follower = Follower(
            pool,
            sender,
            catalog=lambda: self.installation.catalog,
            names=self.people.name,
            commands=self._files.commands,
            bell=self.bell,
        )
        self.homes = Homes(pool, sender, self.bell, EngineHome(self.installation))
        self.watch = Watch(self.installation, self._examine, self._alert)

    def _providers(self, files: Files) -> Providers:
        return Providers(
            files.catalog,
            find_providers(),
            secret=secret,
            clock=now,
            data_dir=self._settings.data_dir.absolute(),
            scratch_server=self._scratch,
        )

    def _run(self, name: str, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """A task of the process: when one ends by an error, the process stops loudly."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            error = task.exception()
            log.error("process.task_failed", task=task.get_name(), exc_info=error)
            failed = f"{task.get_name()} failed ({type(error).__name__}); the log says more."
            says = str(error) if isinstance(error, SwitchedOff) else failed
            self.failed = self.failed or f"watchkeeper stopped: {says}"
            self.stopping.set()

    # --- duties -----------------------------------------------------------------------------------------------

    async def _seal(self) -> None:
        with self.bell.listener("outbox") as outbox:
            while True:
                sealed = await seal.seal(self._pool)
                if sealed:
                    self.bell.ring("sealed")
                if sealed < seal.BATCH:
                    await outbox.wait(1.0, gather_s=seal.GATHER_S)

    async def _identify(self) -> None:
        """Ask Slack who we are until it answers; without it the last known workspace counts."""
        while True:
            try:
                answer = await self.client.auth_test()
                workspace = {"team": answer["team_id"], "bot_user": answer["user_id"], "bot": answer.get("bot_id")}
                await self._adopt(workspace)
            except (*SLACK_AWAY, *AWAY) as error:
                log.warning("workspace.unknown_yet", error=type(error).__name__)
                await asyncio.sleep(2)
            else:
                return

    async def _adopt(self, workspace: dict[str, str | None]) -> None:
        known = await people_table.fact(self._pool, "workspace")
        if isinstance(known, dict) and known.get("team") != workspace["team"]:
            raise RuntimeError(
                f"This database belongs to workspace {known.get('team')}, the token to {workspace['team']}. "
                "One workspace an installation: give the other one its own DATABASE_URL."
            )
        await people_table.set_fact(self._pool, "workspace", dict(workspace))
        self._know(workspace)

    def _know(self, workspace: Mapping[str, object]) -> None:
        self.installation.team = self.identity.team = str(workspace["team"])
        self.identity.bot_user = str(workspace["bot_user"] or "")
        self.identity.bot = str(workspace["bot"] or "")
        self._identified.set()
        self.bell.ring("work")

    async def _remember_workspace(self) -> None:
        known = await people_table.fact(self._pool, "workspace")
        if isinstance(known, dict):
            self._know(known)

    # --- other files ----------------------------------------------------------------------------------------

    def hang_up(self) -> None:
        """SIGHUP: read catalog.yml and policy.yml again."""
        self._hung_up.set()

    async def _reload_when_told(self) -> None:
        while True:
            await self._hung_up.wait()
            self._hung_up.clear()
            try:
                await self._reload()
            except AWAY:
                log.error("reload.database_away", remedy="the old files stay in force; send SIGHUP again")
            except Exception:
                log.exception("reload.failed", remedy="the old files stay in force")

    async def _reload(self) -> None:
        """All of both files, or nothing of them; then requests that wait are decided again."""
        settings, commands = self._settings, self._files.commands
        try:
            files = await asyncio.to_thread(reload.read_again, lambda: load(settings, commands))
        except reload.Refused as refused:
            await reload.refuse(self._pool, refused.problems)
        else:
            await reload.note(self._pool, files, "SIGHUP")
            self._take(files)
            await Again(self.installation, self.votes).decide_all()
        self.bell.ring("outbox")

    def _take(self, files: Files) -> None:
        """In one go, between two turns of the loop. Runs in hand keep what they began with."""
        if files.catalog.digest != self._files.catalog.digest:
            self._retired.append(self.providers)
            self.providers = self.installation.providers = self._providers(files)
        self._files = files
        self.installation.catalog, self.installation.policy = files.catalog, files.policy
        self.people.rename(files.policy.people)
        self.people.trust(files.policy.roles_by_group)
        self.watch.renew()

    async def _examine(self, place: Place) -> Report:
        return await examine(self.providers, place, now)

    async def _alert(self, place: Place, report: Report, change: str) -> Card:
        return await alert_card(self.providers, place, report, change, PostgresRecords(self._pool))

    async def problems(self) -> list[str]:
        """Why this process is not ready; Slack being away is a metric, not unreadiness (design, interfaces)."""
        try:
            async with asyncio.timeout(2):
                policy = await people_table.fact(self._pool, reload.POLICY)
                catalog = await people_table.fact(self._pool, reload.CATALOG)
        except (*AWAY, TimeoutError):
            return ["the database is away"]
        deaf = self.socket.problems() if self.socket is not None else []
        return [*reload.in_step(self._files, policy, catalog), *deaf]

    # --- the door -----------------------------------------------------------------------------------------------

    async def _open_to_slack(self) -> None:
        """At a URL where there is a signing secret, over Socket Mode where there is an app token, or both."""
        settings, signing_secret, app_token = self._settings, self._settings.signing_secret, self._settings.app_token
        # Without a URL nothing is signed: a secret that nobody knows, so that no signature could ever be good.
        signed_with = signing_secret.get_secret_value() if signing_secret else secrets.token_hex(32)
        bolt = self._bolt(signed_with)
        if signing_secret is not None or incoming.expected(self._files.catalog):
            door = _door(bolt, signed_with) if signing_secret is not None else None
            app = public_app(door, WebhookDoor(self._webhooks()))
            self.port = await self._listen(app, settings.host, settings.port)
        if app_token is not None:
            self.socket = SocketMode(self.client, app_token.get_secret_value(), Envelopes(bolt))
            self._run("Socket Mode", self.socket.run())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(3):
                    await self.socket.linked.wait()

    def _bolt(self, signed_with: str) -> AsyncApp:
        press = Sharing(
            HomePress(Press(self.installation, self.intake, self.votes, self.govern), self._pool, self.bell),
            self._pool,
            team=lambda: self.installation.team,
            installed=self._files.commands,
            names=self.people.name,
        )
        inbox = SlackInbox(self._pool, self.bell, self.people, self.stopping.set)
        self.listeners = Listeners(
            self.intake,
            press,
            inbox,
            self.replies,
            now,
            unknown_if_recorded,
            self._offers,
            self._open_form,
            Aside(self._pool, self._open_form).tell,
        )
        return bolt_app(self.identity, signed_with, self.client, self.listeners)

    def _webhooks(self) -> incoming.Webhooks:
        return incoming.Webhooks(
            self._pool, self.bell, find_receivers(), lambda: self.installation.catalog, secret, now
        )

    async def _open_form(self, trigger: str, view: JsonObject) -> bool:
        try:
            await self.client.views_open(trigger_id=trigger, view=view)
        except SLACK_AWAY as error:
            log.warning("form.not_opened", error=type(error).__name__)
            return False
        return True

    async def _offers(self, card: Card) -> Mapping[str, str]:
        asks = [button.ask for button in card.buttons if button.ask.split(" ")[0] in self._files.commands]
        return await offers.mint_all(self._pool, asks)

    async def _listen(self, app: http.Application, host: str, port: int) -> int:
        runner = http.AppRunner(app, access_log=None)
        await runner.setup()
        await http.TCPSite(runner, host, port).start()
        self._runners.append(runner)
        return int(runner.addresses[0][1])

    # --- the end ------------------------------------------------------------------------------------------------

    async def stop(self) -> None:
        """No new requests, no new claims; 25 s for what runs; then what is left is recorded as interrupted."""
        try:
            await self._wind_down()
        finally:
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            for providers in (*self._retired, self.providers):
                await providers.close()
            await self.session.close()
            log.info("bot.stopped")

    async def _wind_down(self) -> None:
        for runner in self._runners:
            await runner.cleanup()
        if self.socket is not None:
            await self.socket.stop()
        if self._with_web and self._runners:  # else it did not come so far
            await self.listeners.drain()
        if self._working is not None:
            self.worker.drain()
            await asyncio.wait({self._working}, timeout=self._drain_s + 10)
        with contextlib.suppress(*AWAY):
            await events.record(self._pool, Kind.BOT_STOPPED)
            await seal.seal(self._pool)


def _door(bolt: AsyncApp, signing_secret: str) -> SlackDoor:
    async def dispatch(request: http.Request) -> http.Response:
        return await to_aiohttp_response(await bolt.async_dispatch(await to_bolt_request(request)))

    return SlackDoor(Guard(signing_secret, time.time), dispatch)


def load(settings: Settings, commands: Mapping[str, Command] | None = None) -> Files:
    """Both files, and what they say together about shared parts. Raises what `read` raises, and SettingsError."""
    files = read(settings.catalog, settings.policy, commands)
    shared = shared_parts(files.catalog, lambda name: variable(name.removeprefix("$")))
    unset = incoming.unset_secrets(files.catalog, variable)
    if shared or unset:
        raise SettingsError([*shared, *unset])
    return files


async def serve(settings: Settings, *, web: bool = True, worker: bool = True, drain_s: float = DRAIN) -> None:
    """Until SIGTERM, SIGINT, a revoked token or a failed task."""
    files = load(settings)
    if settings.database_url is None and not (web and worker):
        raise SettingsError(["DATABASE_URL is missing: web and worker in two processes need one PostgreSQL."])
    async with open_database(settings) as (pool, scratch):
        process = Process(settings, files, pool, scratch=scratch.url, web=web, worker=worker, drain_s=drain_s)
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, process.stopping.set)
        loop.add_signal_handler(signal.SIGHUP, process.hang_up)
        try:
            await process.start()
            await process.stopping.wait()
        finally:
            await process.stop()
        if process.failed is not None:
            raise TaskFailed(process.failed)


async def verify_chain(settings: Settings) -> ChainReport:
    """The chain of the bot's database, verified without starting the bot."""
    async with open_database(settings) as (pool, _):
        return await seal.verify(pool)


async def try_policy(
    settings: Settings, current: Files | None, proposed: Files, last: int
) -> review.Simulation | None:
    """The last requests of the bot's database, decided by both; None when nothing is recorded as in force."""
    async with open_database(settings) as (pool, _):
        in_force = current or await reload.in_force(pool)
        if in_force is None:
            return None
        return await review.tried(pool, in_force.policy, proposed.policy, proposed.catalog, last)
