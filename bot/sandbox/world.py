"""The broken world: a shop in two environments whose last release fails, and a payment provider that nobody answers.

Built once under one folder and found again at the next start. It breaks real parts and never touches the bot.
"""

import asyncio
import hashlib
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from aiohttp import ClientError, ClientSession, ClientTimeout

from bot.sandbox import world_data, world_files, world_state
from bot.sandbox.payments import Payments
from bot.sandbox.servers import Postgres, Supervised
from bot.sandbox.shop import BAD, COMMITS, GOOD, repository
from bot.sandbox.shop.repository import Switch
from bot.sandbox.world_files import CHANNELS, Channels
from bot.sandbox.world_state import ENVIRONMENTS, State

READY_S = 15.0
SWITCHED_AGO = timedelta(minutes=16)
_SEEDS = {"production": (7, 420, world_data.WAITING), "staging": (8, 40, 0)}  # seed, orders, of these waiting
_QUOTE = "/checkout/quote?sku=harbour"


@dataclass(frozen=True, slots=True)
class Environment:
    name: str
    url: str
    port: int
    database_url: str
    releases_folder: Path
    webhook_secret: str = field(repr=False)
    stripe_key: str = field(repr=False)
    health_url: str
    endpoint: str
    """The id of its webhook endpoint at the payment provider."""


@dataclass(frozen=True, slots=True)
class Probe:
    status: int | None
    body: Mapping[str, object]


class World:
    """`now` is the moment that everything in a world built today is relative to.

    picture_size: pixels a side of the pictures that a release paints when the bot builds it; the larger, the longer.
    tidied: production has kept its current release only, so that going back builds the earlier one again.
    """

    def __init__(self, folder: Path, *, now: datetime, picture_size: int = 24, tidied: bool = False) -> None:
        self.folder = folder.absolute()
        self.repository = self.folder / "shop.git"
        self.payments = Payments(self.folder / "payments")
        self.environments: Mapping[str, Environment] = {}
        self._now = now
        self._picture_size = picture_size
        self._tidied = tidied
        self._postgres = Postgres(self.folder / "pg")
        self._supervised = Supervised(self.folder / "shop")
        self._file = self.folder / "world.json"
        self._state: State | None = None

    async def start(self) -> None:
        try:
            self._state = await asyncio.to_thread(self._found)
            if self._state is None:
                await self._build()
            else:
                await self._start_again(self._state)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        await self._supervised.close()
        await self.payments.close()
        await self._postgres.close()

    @property
    def good_commit(self) -> str:
        return self._known().good

    @property
    def bad_commit(self) -> str:
        return self._known().bad

    @property
    def supervised_folder(self) -> Path:
        """What `--folder` of the supervisor's terminal wants."""
        return self._supervised.folder

    @property
    def monitor_secret(self) -> str:
        """What stands in the uptime monitor's settings; the same at every start."""
        return hashlib.sha256(f"monitor {self._known().webhook_secrets['production']}".encode()).hexdigest()

    def bot_environment(self) -> dict[str, str]:
        """The secrets that the demo's catalog names."""
        production, staging = (self.environments[name] for name in ENVIRONMENTS)
        return {
            "SHOP_PRODUCTION_DB": production.database_url,
            "SHOP_STAGING_DB": staging.database_url,
            "STRIPE_KEY": production.stripe_key,
            "STRIPE_STAGING_KEY": staging.stripe_key,
            "SHOP_STAGING_WEBHOOK_SECRET": staging.webhook_secret,
            "SHOP_MONITOR_HOOK": self.monitor_secret,
            "SHOP_PICTURE_SIZE": str(self._picture_size),
        }

    def write_catalog(self, path: Path, channels: Channels = CHANNELS) -> None:
        environments = {name: self._catalog_of(self.environments[name]) for name in ENVIRONMENTS}
        path.write_text(world_files.catalog(self.repository, channels, environments))

    def write_policy(self, path: Path) -> None:
        path.write_text(world_files.policy())

    async def facts(self) -> list[dict[str, str]]:
        """What is true now, asked over HTTP: label, state (ok, failing, down), detail, url."""
        async with ClientSession(timeout=ClientTimeout(total=3)) as session:
            shops = await asyncio.gather(*(_shop_fact(session, e) for e in self.environments.values()))
            orders = await _probe(session, self.environments["production"].url + "/orders")
        return [*shops, self._webhook_fact(), _orders_fact(orders, self.environments["production"].url)]

    # Building

    def _found(self) -> State | None:
        """An unfinished world is cleared away: only world.json, written last, makes it whole."""
        state = world_state.read(self._file)
        if state is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            for name in ("shop.git", "shop", "payments"):
                shutil.rmtree(self.folder / name, ignore_errors=True)
        return state

    async def _build(self) -> None:
        state = world_state.fresh(self._now.isoformat())
        async with asyncio.TaskGroup() as group:
            group.create_task(self._start_postgres(fresh=True))
            commits = group.create_task(asyncio.to_thread(self._release_everything))
            group.create_task(self.payments.start(state.ports["payments"]))
        state = replace(state, good=commits.result()[GOOD], bad=commits.result()[BAD])
        state = replace(state, endpoints=self._open_accounts(state))
        await self._run(state, strict=True)
        await self._fill()
        await asyncio.to_thread(world_state.write, self._file, state)

    async def _start_again(self, known: State) -> None:
        await self._supervised.end_older()
        state = world_state.with_usable_ports(known)
        if state != known:
            await asyncio.to_thread(world_state.write, self._file, state)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._start_postgres(fresh=False))
            group.create_task(self.payments.start(state.ports["payments"]))
        for name, endpoint in state.endpoints.items():
            self.payments.move_endpoint(endpoint, _hook(state, name))
        await self._run(state, strict=False)

    async def _start_postgres(self, *, fresh: bool) -> None:
        await self._postgres.start()
        if fresh:
            await self._postgres.create([f"shop_{name}" for name in ENVIRONMENTS])

    def _release_everything(self) -> list[str]:
        """Blocking: the repository, and in each environment the releases that are there."""
        commits = repository.create(self.repository, self._now)
        good, bad = commits[GOOD], commits[BAD]
        switched = self._now - SWITCHED_AGO
        for name in ENVIRONMENTS:
            releases = self._releases(name)
            past = [
                Switch(commits[n], self._now - commit.ago + timedelta(hours=1), commit.author)
                for n, commit in enumerate(COMMITS[: GOOD + 1])
            ]
            repository.release(self.repository, good, releases, past[-1].at)
            if name == "production":
                repository.release(self.repository, bad, releases, switched)
                past.append(Switch(bad, switched, "mia"))
                if self._tidied:
                    shutil.rmtree(releases / good)
            repository.switch(releases, past)
        return commits

    def _open_accounts(self, state: State) -> dict[str, str]:
        opened = self._now - timedelta(days=40)
        endpoints: dict[str, str] = {}
        for name in ENVIRONMENTS:
            account = self.payments.add_account(f"Lantern Shop {name}", state.stripe_keys[name], opened)
            endpoint = self.payments.add_endpoint(
                account, _hook(state, name), state.webhook_secrets[name], opened, listed=name == "production"
            )
            endpoints[name] = endpoint.id
        return endpoints

    async def _run(self, state: State, *, strict: bool) -> None:
        """Starts the shops; `strict`: each must be ready, as in a world just built."""
        self._state = state
        self.environments = {name: self._environment(state, name) for name in ENVIRONMENTS}
        await self._supervised.start({name: self._plan(e) for name, e in self.environments.items()})
        ready = await asyncio.gather(*(self._ready(e.health_url) for e in self.environments.values()))
        if strict and not all(ready):
            raise RuntimeError(f"the shops did not start in {READY_S:.0f} s: {self._supervised.last_words()}")

    async def _ready(self, url: str) -> bool:
        deadline = time.monotonic() + READY_S
        async with ClientSession(timeout=ClientTimeout(total=2)) as session:
            while time.monotonic() < deadline and self._supervised.alive():
                if (await _probe(session, url)).status == 200:
                    return True
                await asyncio.sleep(0.05)
        return False

    async def _fill(self) -> None:
        for name, environment in self.environments.items():
            seed, count, waiting = _SEEDS[name]
            orders = world_data.orders(seed, count, self._now, waiting=waiting)
            told = world_data.told(seed, orders)
            await world_data.fill(environment.database_url, orders, told)
            world_data.tell(self.payments, environment.endpoint, told, delivered=True, since=self._now)
            if waiting:
                lost = world_data.lost(seed, orders, self._now)
                world_data.tell(self.payments, environment.endpoint, lost, delivered=False, since=self._now)

    # Its parts

    def _known(self) -> State:
        if self._state is None:
            raise RuntimeError("the world is not started")
        return self._state

    def _releases(self, name: str) -> Path:
        return self._supervised.folder / name / "releases"

    def _environment(self, state: State, name: str) -> Environment:
        port = state.ports[name]
        return Environment(
            name=name,
            url=f"http://127.0.0.1:{port}",
            port=port,
            database_url=self._postgres.url(f"shop_{name}"),
            releases_folder=self._releases(name),
            webhook_secret=state.webhook_secrets[name],
            stripe_key=state.stripe_keys[name],
            health_url=f"http://127.0.0.1:{port}/health",
            endpoint=state.endpoints[name],
        )

    def _plan(self, environment: Environment) -> dict[str, object]:
        """What the supervisor keeps running."""
        return {
            "releases": str(environment.releases_folder),
            "log": str(self._supervised.folder / f"{environment.name}.log"),
            "host": "127.0.0.1",
            "port": environment.port,
            "variables": {
                "DATABASE_URL": environment.database_url,
                "HOST": "127.0.0.1",
                "PORT": str(environment.port),
                "SHOP_ENVIRONMENT": environment.name,
                "STRIPE_WEBHOOK_SECRET": environment.webhook_secret,
            },
        }

    def _catalog_of(self, environment: Environment) -> dict[str, object]:
        production = environment.name == "production"
        stripe = {
            "key": "$STRIPE_KEY" if production else "$STRIPE_STAGING_KEY",
            "api": self.payments.url,
            "webhook": "/stripe/webhook",
            "seen": "stripe_webhook_events.event_id",
        }
        if not production:
            stripe["signing_secret"] = "$SHOP_STAGING_WEBHOOK_SECRET"
        return world_files.environment(
            name=environment.name,
            url=environment.url,
            repository=self.repository,
            releases=environment.releases_folder,
            supervised=self._supervised.folder,
            stripe=stripe,
            database=f"$SHOP_{environment.name.upper()}_DB",
            protected=production,
        )

    def _webhook_fact(self) -> dict[str, str]:
        waiting = len(self.payments.undelivered(self.environments["production"].endpoint))
        detail = f"{waiting} undelivered" if waiting else "all delivered"
        return {"label": "Payment webhooks", "state": "failing" if waiting else "ok", "detail": detail, "url": ""}


async def _shop_fact(session: ClientSession, environment: Environment) -> dict[str, str]:
    health, quote = await asyncio.gather(
        _probe(session, environment.health_url), _probe(session, environment.url + _QUOTE)
    )
    label, release = f"Shop {environment.name}", str(health.body.get("release", ""))[:7]
    if health.status is None:
        return {"label": label, "state": "down", "detail": "does not answer", "url": environment.url}
    state = "ok" if health.status == quote.status == 200 else "failing"
    detail = f"checkout answers {quote.status} · release {release}"
    return {"label": label, "state": state, "detail": detail, "url": environment.url}


def _orders_fact(orders: Probe, url: str) -> dict[str, str]:
    fact = {"label": "Orders in production", "url": f"{url}/orders"}
    if orders.status != 200:
        return {**fact, "state": "down", "detail": "not known"}
    return {**fact, "state": "ok", "detail": f"{orders.body['orders']}, of them {orders.body['paid']} paid"}


async def _probe(session: ClientSession, url: str) -> Probe:
    try:
        async with session.get(url) as reply:
            return Probe(reply.status, await reply.json(content_type=None))
    except (ClientError, TimeoutError, ValueError):
        return Probe(None, {})


def _hook(state: State, name: str) -> str:
    return f"http://127.0.0.1:{state.ports[name]}/stripe/webhook"
