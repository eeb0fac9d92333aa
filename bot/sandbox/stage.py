"""All of a demo together: the broken world, the workspace, the bot. Started in order, ended in the opposite one."""

import asyncio
import sys
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import yaml

from bot.sandbox import folder as home
from bot.sandbox import leftovers, monitor, panel
from bot.sandbox.bot_process import AWAY_S, BotProcess, mark
from bot.sandbox.folder import Identity
from bot.sandbox.trouble import deploy_again, hold_orders
from bot.sandbox.workspace import Workspace
from bot.sandbox.world import World
from bot.sandbox.world_files import MONITOR
from bot.sandbox.world_state import usable

ANA, BEN, CHI, ELI, MIA = "U0ANA", "U0BEN", "U0CHI", "U0ELI", "U0MIA"
OPS, STAGING, GENERAL = "C0SHOPOPS", "C0SHOPDEV", "C0GENERAL"
_PEOPLE = (
    (ANA, "ana", "Ana Ortiz", "Operator on call", "#7c3085"),
    (BEN, "ben", "Ben Adeyemi", "Admin", "#2f6db5"),
    (CHI, "chi", "Chi Okafor", "Operator", "#b5562f"),
    (ELI, "eli", "Eli Larsen", "Customer care", "#3d7a3a"),
    (MIA, "mia", "Mia Novak", "Developer", "#a13456"),
)
_CHANNELS = (
    (OPS, "shop-ops", "Lantern Shop, production: alerts, changes, who did what"),
    (STAGING, "shop-staging", "Lantern Shop, staging"),
    (GENERAL, "general", "Everybody; bound to no service"),
)
_PROBE_S = 3.0
HELD_S = 30.0
PICTURE_SIZE = 900  # a build of some seconds, so that one sees a run at work


class Stage:
    """`folder` must be held (bot.sandbox.folder.held). `world`, `workspace` and `bot` are there after `start`."""

    world: World
    workspace: Workspace
    bot: BotProcess

    def __init__(self, folder: Path, *, port: int) -> None:
        self.folder = folder.absolute()
        self.identity: Identity = home.identity(self.folder)
        self._wanted_port = port
        self._stack = AsyncExitStack()
        self._tasks: set[asyncio.Task[None]] = set()
        self._facts: list[dict[str, str]] = []

    async def start(self) -> None:
        try:
            await self._start()
        except BaseException:
            await self.close()
            raise

    async def _start(self) -> None:
        await self._clear_away()
        self.world = World(self.folder / "world", now=datetime.now(UTC), picture_size=PICTURE_SIZE, tidied=True)
        request_url = f"{self._bot_url()}/slack/events"
        self._stack.push_async_callback(self.world.close)
        async with asyncio.TaskGroup() as group:
            group.create_task(self.world.start())
            manifest = group.create_task(_manifest(request_url))
        self._write_files()
        self.workspace = await self._open_workspace(request_url, manifest.result())
        self.bot = BotProcess(self.folder, self._environment(), self.identity.ports["admin"], self.show)
        self._stack.push_async_callback(self._close_bot)
        await self.bot.start()
        self.workspace.on_world_action = self.act
        self._own(self._probe(), "facts")

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._stack.aclose()

    def show(self) -> None:
        """The panel as things are now."""
        fact = panel.bot_fact(self.bot.pid, ready=self.bot.ready.is_set())
        self.workspace.set_world(panel.world(self._facts, fact))

    async def act(self, action: str, person: str) -> str | None:
        """What the panel's buttons do, and the words that the page shows afterwards."""
        match action:
            case panel.KILL:
                pid = self.bot.kill()
                return f"Process {pid} got SIGKILL. It is started again in {AWAY_S:.0f} s." if pid else "It is down."
            case panel.SLOW:
                await self.hold_up_staging()
                return f"Staging's orders are locked for {HELD_S:.0f} s. Type /backup db shop staging now."
            case panel.REPORT:
                production = self.world.environments["production"]
                address = f"{self._bot_url()}/webhooks/{MONITOR}/shop.production/{self.world.monitor_secret}"
                return await monitor.report(production.url, address, datetime.now(UTC))
            case panel.BREAK:
                await deploy_again(self.world, datetime.now(UTC))
                await self.look()
                return "Production runs the broken release again, and six more payments did not reach it."
            case _:
                return f"There is no action {action}."

    async def hold_up_staging(self) -> "asyncio.Task[None]":
        """Returns when it is so; it ends by itself, or when the task is cancelled."""
        held = asyncio.Event()
        work = hold_orders(self.world.environments["staging"].database_url, HELD_S, held)
        task = self._own(work, "held orders")
        await held.wait()
        return task

    async def look(self) -> None:
        """Probes the world and shows it."""
        self._facts = await self.world.facts()
        self.show()

    @property
    def troubles(self) -> list[dict[str, str]]:
        """What was not well when last looked at."""
        return [fact for fact in self._facts if fact["state"] != "ok"]

    def name(self, id: str) -> str:  # noqa: A002  Slack's own word
        """A person or channel as the page shows it."""
        state = self.workspace.state
        if id in state.people:
            return state.people[id].real_name.partition(" ")[0]
        return state.channels[id].name if id in state.channels else id

    # inside

    async def _clear_away(self) -> None:
        """What a demo left that was killed itself."""
        await leftovers.end_bot(self.folder / "bot.pid", mark(self.folder))
        for data in (*self._bot_databases(), self.folder / "world" / "pg"):
            await leftovers.end_postgres(data)
            leftovers.forget_dead_handles(data)

    async def _close_bot(self) -> None:
        await self.bot.close()
        for data in self._bot_databases():
            await leftovers.end_postgres(data)

    def _bot_databases(self) -> tuple[Path, Path]:
        return self.folder / "bot" / "postgres", self.folder / "bot" / "scratch"

    def _bot_url(self) -> str:
        return f"http://127.0.0.1:{self.identity.ports['slack']}"

    def _write_files(self) -> None:
        self.world.write_catalog(self.folder / "catalog.yml")
        self.world.write_policy(self.folder / "policy.yml")

    async def _open_workspace(self, request_url: str, manifest: dict[str, object]) -> Workspace:
        workspace = Workspace(
            signing_secret=self.identity.signing_secret,
            bot_token=self.identity.bot_token,
            request_url=request_url,
            manifest=manifest,
            store=self.folder / "workspace",
        )
        for id_, name, real_name, title, color in _PEOPLE:
            workspace.add_person(id_, name, real_name, title=title, color=color)
        everyone = [workspace.bot_user, *(id_ for id_, *_ in _PEOPLE)]
        for id_, name, topic in _CHANNELS:
            workspace.add_channel(id_, name, members=everyone, topic=topic)
        self._stack.push_async_callback(workspace.close)
        await self._listen(workspace)
        return workspace

    async def _listen(self, workspace: Workspace) -> None:
        """At the wanted port; if that is taken, where we were the last time, else anywhere."""
        ports = (self._wanted_port, self.identity.page)
        await workspace.start(next((port for port in ports if port and usable(port)), 0))
        self.identity = replace(self.identity, page=int(workspace.url.rpartition(":")[2]))
        home.write(self.folder, self.identity)

    def _environment(self) -> dict[str, str]:
        return self.world.bot_environment() | {
            "SLACK_BOT_TOKEN": self.identity.bot_token,
            "SLACK_SIGNING_SECRET": self.identity.signing_secret,
            "SLACK_API_URL": self.workspace.api_url,
            "WATCHKEEPER_DATA_DIR": str(self.folder / "bot"),
            "WATCHKEEPER_CATALOG": str(self.folder / "catalog.yml"),
            "WATCHKEEPER_POLICY": str(self.folder / "policy.yml"),
            "PORT": str(self.identity.ports["slack"]),
            "ADMIN_PORT": str(self.identity.ports["admin"]),
        }

    async def _probe(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(_PROBE_S)

    def _own(self, work: Coroutine[object, object, None], name: str) -> "asyncio.Task[None]":
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


async def _manifest(request_url: str) -> dict[str, object]:
    """What the bot itself says it wants to be installed with: its scopes bind here as at Slack."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "manifest", "--commands", "all", "--request-url", request_url),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complained = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"the bot cannot print its manifest: {complained.decode(errors='replace').strip()}")
    manifest: dict[str, object] = yaml.safe_load(said)
    return manifest
