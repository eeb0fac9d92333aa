"""The running process: puts the rooms together, starts them in order and ends them in the opposite one."""

import asyncio
import contextlib
import gc
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from weakref import WeakSet

import structlog

from bot import incoming, loop_lag, reload, review
from bot.alive import Alive
from bot.db import events, leader, migration, seal
from bot.db.bell import Bell
from bot.db.database import AWAY, Pool
from bot.db.inspect import reached
from bot.db.records import PostgresRecords
from bot.dead_man import DeadMan
from bot.domain.anchor import Anchor
from bot.domain.capability import ChainReport
from bot.domain.card import Card
from bot.domain.catalog import Place
from bot.domain.command import Command
from bot.domain.errors import ProviderError
from bot.domain.event import Kind
from bot.domain.health import Report
from bot.domain.protection import shared_parts
from bot.engine.again import Again
from bot.engine.govern import EngineGovern
from bot.engine.home import EngineHome
from bot.engine.installation import Installation
from bot.engine.intake import Intake
from bot.engine.press import Press
from bot.engine.votes import Votes
from bot.files import Files, read
from bot.outside import Outside
from bot.providers.examine import alert_card, examine
from bot.providers.registry import Providers, find_providers, find_receivers
from bot.retention import Retention
from bot.schedule import Scheduler
from bot.serving import incidents
from bot.serving.door import Door
from bot.serving.reloading import Reloading
from bot.serving.tasks import Tasks
from bot.serving.workspace import Workspace
from bot.settings import Settings, SettingsError, variable
from bot.slack.app import Identity
from bot.slack.follow import Follower
from bot.slack.home import HomePress, Homes
from bot.slack.kept import Keeper
from bot.slack.people import SlackPeople
from bot.slack.presence import Presence
from bot.slack.reply import Replies
from bot.slack.send import Sender, web_client, web_session
from bot.slack.spoken import spoken
from bot.storage import open_database
from bot.watch import Watch
from bot.web import Ports, admin_app
from bot.weekly import Weekly
from bot.worker import DRAIN, Worker
from permissions.eligible import admins

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
        linger_s: float = 0,
    ) -> None:
        self._settings = settings
        self._drain_s = drain_s
        self._linger_s = linger_s
        self._files = files
        self._pool = pool
        self._scratch = scratch
        self._with_web = web
        self._with_worker = worker
        self._tasks = Tasks()
        self._ports = Ports()
        self._opened = WeakSet[Providers]()
        self._working: asyncio.Task[None] | None = None
        self.door: Door | None = None
        self.session = web_session()
        self.port = settings.port
        self.admin_port = settings.admin_port

    @property
    def stopping(self) -> asyncio.Event:
        return self._tasks.stopping

    @property
    def failed(self) -> str | None:
        return self._tasks.failed

    async def start(self) -> None:
        await self._assemble()
        await self.workspace.remember()
        other_files = await reload.note(self._pool, self._files, "start")
        self._begin_duties()
        if not self.installation.team:
            await self.workspace.known_within(3)
        if other_files and self.installation.team:
            await Again(self.installation, self.votes).decide_all()
        if self._with_web:
            self.door = self._door()
            self.port = await self.door.open(self._webhooks(), self._ports)
        self.installation.url = self._settings.url or f"http://{self._settings.host}:{self.port}"
        self.admin_port = await self._ports.listen(
            admin_app(self.problems), self._settings.admin_host, self._settings.admin_port
        )
        await events.record(self._pool, Kind.BOT_STARTED, body={"policy": self._files.policy.digest})
        self.bell.ring("outbox", "work")
        log.info("bot.started", port=self.port, admin_port=self.admin_port, policy=self._files.policy.digest[:12])

    async def _assemble(self) -> None:
        settings, pool, files = self._settings, self._pool, self._files
        self.client = web_client(settings.bot_token.get_secret_value(), settings.api_url, self.session)
        self.bell = Bell(pool)
        self.people = SlackPeople(self.client, pool, now, files.policy.people)
        self.people.trust(files.policy.roles_by_group)
        await self.people.load()
        self.identity = Identity(settings.bot_token.get_secret_value())
        self.installation = Installation(
            pool, self.bell, files.commands, files.catalog, files.policy, self.people, self._providers(files), ""
        )
        self.workspace = Workspace(self.client, self.installation, self.identity)
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
            commands=files.commands,
            bell=self.bell,
            presence=Presence(self.client, now),
            listed=lambda: self.installation.policy.shared_channels,
            on_duty=self._on_duty,
        )
        incidents.tell(self.installation, self.follower, sender, self.client, self.identity)
        say = spoken(files.commands, lambda: self.installation.catalog.commands)
        self.homes = Homes(pool, sender, self.bell, EngineHome(self.installation), say=say)
        self.watch = Watch(self.installation, self._examine, self._alert)
        self.reloading = Reloading(
            files,
            self.installation,
            self.people,
            self.votes,
            self.watch,
            load=lambda: load(settings, files.commands),
            providers_of=self._providers,
        )

    def _on_duty(self) -> Sequence[str]:
        """Whose turn it is; where the policy names nobody, the admins."""
        policy = self.installation.policy
        on_call = policy.oncall.order(now())[:1] if policy.oncall else ()
        return on_call or admins(policy, self.people.everyone())

    def _begin_duties(self) -> None:
        run = self._tasks.run
        run("bell", self.bell.run())
        run("people", self.people.run())
        run("identity", self.workspace.identify())
        run("loop lag", loop_lag.watch())
        run("reload", self.reloading.when_told())
        run("rooms", incidents.know_rooms(self.installation))
        if self._with_worker:
            run("leader", leader.lead(self._pool, self._led()))
            self._working = run("worker", self.worker.run())

    def _led(self) -> dict[str, leader.Work]:
        """What one process does for all of them."""
        return {
            "sealer": lambda: seal.keep_sealing(self._pool, self.bell),
            "follower": leader.together(self.follower.work, Keeper(self._pool, self.client, self.bell).run),
            "homes": self.homes.work,
            "watch": leader.together(self.watch.run, Outside(self.installation).run),
            "scheduler": Scheduler(self.installation).run,
            "timeline": lambda: incidents.keep(self.installation),
            "own": self._watch_over_ourselves,
        }

    async def _watch_over_ourselves(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(Alive(self.installation).run())
            tasks.create_task(Weekly(self.installation).run())
            tasks.create_task(Retention(self.installation).run())
            tasks.create_task(DeadMan(self.installation, self.session, secret, self.problems).run())

    def _door(self) -> Door:
        press = Press(self.installation, self.intake, self.votes, self.govern)
        return Door(
            self._settings,
            self.installation,
            self.identity,
            self.intake,
            HomePress(press, self._pool, self.bell),
            self.people,
            self.replies,
            self.client,
            self._tasks,
        )

    def _webhooks(self) -> incoming.Webhooks:
        return incoming.Webhooks(
            self._pool, self.bell, find_receivers(), lambda: self.installation.catalog, secret, now
        )

    def _providers(self, files: Files) -> Providers:
        opened = Providers(
            files.catalog,
            find_providers(),
            secret=secret,
            clock=now,
            data_dir=self._settings.data_dir.absolute(),
            scratch_server=self._scratch,
        )
        self._opened.add(opened)
        return opened

    def hang_up(self) -> None:
        """SIGHUP: other files."""
        self.reloading.hang_up()

    async def problems(self) -> list[str]:
        """Why this process is not ready; Slack being away is a metric, not unreadiness (design, interfaces)."""
        stopping = ["it is stopping"] if self.stopping.is_set() else []
        deaf = self.door.problems() if self.door is not None else []
        return [*stopping, *await self.reloading.problems(), *deaf]

    async def _examine(self, place: Place) -> Report:
        return await examine(self.installation.providers, place, now)

    async def _alert(self, place: Place, report: Report, change: str) -> Card:
        return await alert_card(self.installation.providers, place, report, change, PostgresRecords(self._pool))

    async def stop(self) -> None:
        """No new requests, no new claims; 25 s for what runs; then what is left is recorded as interrupted."""
        try:
            await self._wind_down()
        finally:
            await self._tasks.end()
            for providers in list(self._opened):
                await providers.close()
            await self.session.close()
            log.info("bot.stopped")

    async def _wind_down(self) -> None:
        if self._working is not None:
            self.worker.drain()
        await asyncio.sleep(self._linger_s)
        await self._ports.close()
        if self.door is not None:
            await self.door.close()
        if self._working is not None:
            await asyncio.wait({self._working}, timeout=self._drain_s + 10)
        with contextlib.suppress(*AWAY):
            await events.record(self._pool, Kind.BOT_STOPPED)
            await seal.seal(self._pool)


def load(settings: Settings, commands: Mapping[str, Command] | None = None) -> Files:
    """Both files, and what they say together about shared parts. Raises what `read` raises, and SettingsError."""
    files = read(settings.catalog, settings.policy, commands)
    shared = shared_parts(files.catalog, lambda name: variable(name.removeprefix("$")))
    unset = incoming.unset_secrets(files.catalog, variable)
    if shared or unset:
        raise SettingsError([*shared, *unset])
    return files


async def serve(
    settings: Settings, *, web: bool = True, worker: bool = True, drain_s: float = DRAIN, linger_s: float = 0
) -> None:
    """Until SIGTERM, SIGINT, a revoked token or a failed task."""
    files = load(settings)
    if settings.database_url is None and not (web and worker):
        raise SettingsError(["DATABASE_URL is missing: web and worker in two processes need one PostgreSQL."])
    async with open_database(settings) as (pool, scratch):
        process = Process(
            settings, files, pool, scratch=scratch.url, web=web, worker=worker, drain_s=drain_s, linger_s=linger_s
        )
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, process.stopping.set)
        loop.add_signal_handler(signal.SIGHUP, process.hang_up)
        gc.freeze()  # what is there by now stays: looking through all of it for garbage held the loop up for 70 ms
        try:
            await process.start()
            await process.stopping.wait()
        finally:
            await process.stop()
        if process.failed is not None:
            raise TaskFailed(process.failed)


async def migrated(settings: Settings) -> list[str]:
    """Which migrations were applied, without starting the bot."""
    if settings.database_url is None:
        async with open_database(settings):
            return []
    pool = await reached(settings.database_url.get_secret_value())
    try:
        return await migration.migrate(pool)
    finally:
        await pool.close()


async def verify_chain(settings: Settings, anchors: Sequence[Anchor]) -> ChainReport:
    """The chain of the bot's database, verified without starting the bot."""
    async with open_database(settings) as (pool, _):
        return await seal.verify(pool, anchors)


async def try_policy(
    settings: Settings, current: Files | None, proposed: Files, last: int
) -> review.Simulation | None:
    """The last requests of the bot's database, decided by both; None when nothing is recorded as in force."""
    async with open_database(settings) as (pool, _):
        in_force = current or await reload.in_force(pool)
        if in_force is None:
            return None
        return await review.tried(pool, in_force.policy, proposed.policy, proposed.catalog, last)
