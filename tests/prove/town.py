"""The fleet of a trial: bots behind cables, a ledger that counts what they do, and a record of every trouble made."""

import asyncio
import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import count
from pathlib import Path

import asyncpg

import commands
from bot.db import runs
from bot.domain.run import FINAL, Run, RunId
from bot.sandbox.workspace import Workspace
from bot.sandbox.workspace.things import Answer, Delivery
from bot.slack import manifest
from tests.prove.extra import poke
from tests.prove.ledger import Ledger
from tests.prove.wire import Wire
from tests.support import laws
from tests.support.company import APP_TOKEN, GENERAL, OPS, SECRET, TOKEN
from tests.support.fleet import Fleet
from tests.support.history import History, Trouble, Typed
from tests.support.replica import Replica
from tests.support.server import Server

OPERATORS = ("ana", "ben", "chi", "dan", "eve")
OTHERS = ("eli", "mia")  # known, and without a role that may approve
POLICY = f"""
preset: small-team
people: {{{", ".join(f"{name}: U0{name.upper()}" for name in (*OPERATORS, *OTHERS))}}}
oncall: {{rotation: [eve, dan]}}
roles: {{operator: [{", ".join(OPERATORS)}], viewer: everyone}}
grants:
  - {{role: viewer, may: [read]}}
  - {{role: operator, may: [record, change], in: [shop]}}
"""


VAULT = "vault"  # the environment whose database is backed up
_ORDERS = "CREATE TABLE orders AS SELECT n AS id, md5(n::text) AS note FROM generate_series(1, 20000) n"
PATIENCE_S = 240.0  # a slow machine breaks no promise
EVENT_RETRIES_S = (1.0, 2.0, 5.0, 10.0, 20.0, 40.0)  # Slack: at once, after a minute, after five


@dataclass(slots=True)
class Host:
    """One bot and its cables; the process may be another one after a restart. door: where Slack reaches it."""

    replica: Replica
    database: Wire
    slack: Wire
    door: Wire

    async def close(self) -> None:
        if self.replica.alive:
            self.replica.thaw()
            await self.replica.kill()
        await asyncio.gather(self.database.close(), self.slack.close(), self.door.close())


class Town(Fleet):
    """`lanes`: places where only the made-up command is at home. Everything is ended by `close`."""

    def __init__(
        self,
        server: Server,
        name: str,
        folder: Path,
        *,
        lanes: tuple[str, ...],
        yards: tuple[str, ...] = ("production",),
        lease_s: float | None = None,
        socket: bool = False,
    ) -> None:
        self.name = name
        self.lanes = lanes
        self._socket = socket
        super().__init__(server, name, folder, *yards)
        self.hosts: list[Host] = []
        self.troubles: list[Trouble] = []
        self.typed: list[Typed] = []
        self.clicks = 0
        self._lease_s = lease_s
        self._numbers = count(1)

    # --- the place ------------------------------------------------------------------------------------------

    def _workspace(self) -> Workspace:
        made = manifest.manifest([*commands.find().values(), poke.COMMAND], which="all")
        return Workspace(
            signing_secret=SECRET,
            bot_token=TOKEN,
            request_url="",
            manifest=made,
            strict_limits=False,
            app_token=APP_TOKEN if self._socket else None,
        )

    def people(self) -> Mapping[str, str]:
        return {name: name.capitalize() for name in (*OPERATORS, *OTHERS)}

    def policy(self) -> str:
        return POLICY

    def environments(self) -> Mapping[str, object]:
        store = {"postgres": {"url": "$SHOP_DB"}, "backups": {"folder": str(self.vault)}}
        return {**super().environments(), **{lane: {} for lane in self.lanes}, VAULT: store}

    @property
    def vault(self) -> Path:
        return self.folder / "vault"

    async def _fill_the_shop(self) -> None:
        """A database of the shop's own, that is dumped."""
        own = f"{self._database}_shop"
        for database, sql in (("postgres", f"CREATE DATABASE {own}"), (own, _ORDERS)):
            connection = await asyncpg.connect(self.server.url(database))
            await connection.execute(sql)
            await connection.close()

    async def open(self) -> None:
        await super().open()
        await self._fill_the_shop()
        self.slack.add_channel(GENERAL, "general", members=[Workspace.bot_user, *self.slack.state.people])
        self.ledger = Ledger(self.folder / "ledger.jsonl")
        await self.ledger.open()

    async def close(self) -> None:
        await asyncio.gather(*(host.close() for host in self.hosts))
        await self.ledger.close()
        await self.slack.close()
        self.pool.terminate()

    # --- bots -----------------------------------------------------------------------------------------------

    async def host(self, *words: str) -> Host:
        """One more bot, behind cables of its own. Returns when it is ready."""
        host = await self.unstarted(*words)
        await host.replica.start()
        return host

    async def unstarted(
        self, *words: str, to_database: Wire | None = None, to_slack: Wire | None = None, ledger: int = 0
    ) -> Host:
        wires = to_database or Wire(self.server.port), to_slack or Wire(int(self.slack.url.rpartition(":")[2]))
        await asyncio.gather(*(wire.open() for wire in wires))
        environment = {
            **self.environment(),
            "DATABASE_URL": self._url(wires[0].port),
            "SLACK_API_URL": f"http://127.0.0.1:{wires[1].port}/api/",
            "PROVE_LEDGER": f"http://127.0.0.1:{ledger or self.ledger.port}",
            "PROVE_QUICK": "1",
            "SHOP_DB": self.server.url(f"{self._database}_shop"),
            **({"SLACK_APP_TOKEN": APP_TOKEN} if self._socket else {}),
            **({"PROVE_LEASE_S": str(self._lease_s)} if self._lease_s else {}),
        }
        folder = self.folder / f"bot{len(self.hosts) + 1}"
        replica = Replica(folder, environment, *words, module="tests.prove.bot")
        door = Wire(replica.port)
        await door.open()
        replica.door = door.port
        host = Host(replica, *wires, door)
        self.hosts.append(host)
        self.replicas.append(replica)
        return host

    def _url(self, port: int) -> str:
        return self.server.url(self._database).replace(f":{self.server.port}/", f":{port}/") + "?sslmode=disable"

    # --- trouble --------------------------------------------------------------------------------------------

    def trouble(self, kind: str, begun: float, pid: int | None = None) -> None:
        """It is over now."""
        self.troubles.append(Trouble(kind, pid, begun, time.time()))

    def shoot(self, host: Host) -> None:
        """SIGKILL, at this very moment."""
        os.kill(host.replica.pid, signal.SIGKILL)
        self.trouble("kill", time.time(), host.replica.pid)

    async def kill(self, host: Host) -> None:
        self.shoot(host)
        await host.replica.ended()

    # --- people ---------------------------------------------------------------------------------------------

    async def say(
        self, who: str, line: str, to: tuple[str, ...], times: int = 1, channel: str = OPS
    ) -> tuple[str, Answer]:
        """Somebody types; the key of the delivery, and the answer to its first copy."""
        trigger = f"{self.number()}.{sha256(line.encode()).hexdigest()[:12]}"
        delivery = Delivery(trigger_id=trigger, times=times, to=to, patience_s=6)
        answer = await self.slack.type(f"U0{who.upper()}", channel, line, delivery=delivery)
        key = sha256(f"command:{trigger}".encode()).hexdigest()
        known = any(acknowledged(one) for one in (answer, *answer.others))
        self.typed.append(Typed(key, who, line, known))
        return key, answer

    async def run_of(self, key: str) -> Run | None:
        """The run of a delivery; PostgreSQL being away is raised."""
        number = await self.pool.fetchval("SELECT run_id FROM deliveries WHERE key = $1", bytes.fromhex(key))
        return await runs.get(self.pool, RunId(number)) if number else None

    def hears_at(self, replica: Replica) -> None:
        """Where Slack delivers events; again and again, as long as they are not taken."""
        self.slack.request_url = replica.url
        self.slack.event_retries_s = EVENT_RETRIES_S

    async def mark(self, who: str, incident: int, words: str) -> None:
        """Said in the incident's channel and marked, once that is there."""
        channel = await self.pool.fetchval("SELECT channel FROM incidents WHERE id = $1", incident)
        if channel is None:
            return
        person = f"U0{who.upper()}"
        said = self.slack.state.post(channel, person, words)
        await self.slack.deeds.react(person, said, "pushpin")

    async def incident_of(self, key: str) -> int | None:
        """The incident that a delivery has opened."""
        found: int | None = await self.pool.fetchval(
            "SELECT i.id FROM incidents i JOIN deliveries d ON d.run_id = i.run_id WHERE d.key = $1",
            bytes.fromhex(key),
        )
        return found

    async def was_done(self, run: Run) -> bool:
        """What a person finds out who looks at the places where the run's effect would be."""
        if any(effect.key.startswith(str(run.uuid)) for effect in self.ledger.effects):
            return True
        found: bool = await self.pool.fetchval(_RECORDED, run.id)
        return found

    def number(self) -> int:
        """A number that no other request has."""
        return next(self._numbers)

    async def click(self, who: str, run: Run, button: str, at: Replica) -> Answer:
        self.clicks += 1
        return await self.press(who, run, button, at)

    # --- the end --------------------------------------------------------------------------------------------

    async def at_rest(self, patience_s: float = PATIENCE_S) -> None:
        """Until nothing moves any more: what does not end waits for a person, everything is sealed and told."""
        await self.until(self._at_rest, "everything to come to rest", patience_s)

    async def _at_rest(self) -> bool:
        left: int = await self.pool.fetchval(_LEFT, [state.value for state in FINAL])
        return left + self.slack.retrying() == 0

    async def seen(self, patience_s: float = PATIENCE_S) -> History:
        """The history of a moment at rest: what waits for people goes on by itself (it asks others, it expires)."""
        for _ in range(10):
            before = await self._last_event()
            await self.at_rest(patience_s)
            found = await self.history()
            if before == await self._last_event():
                break
        return found

    async def _last_event(self) -> int:
        last: int = await self.pool.fetchval("SELECT coalesce(max(id), 0) FROM events")
        return last

    async def history(self) -> History:
        found = await super().history()
        return replace(
            found,
            typed=tuple(self.typed),
            effects=tuple(self.ledger.effects),
            troubles=tuple(self.troubles),
            files=tuple(sorted(file.name for file in self.vault.rglob("*.dump"))),
            eligible=frozenset(f"U0{name.upper()}" for name in OPERATORS),
        )

    async def broken(self) -> list[str]:
        return laws.broken(await self.history())


_LEFT = """
    SELECT (SELECT count(*) FROM outbox)
         + (SELECT count(*) FROM posts WHERE state IN ('intended', 'unknown')
            OR (state = 'posted' AND kind IN ('message', 'dm', 'reply') AND digest IS DISTINCT FROM wanted_digest))
         + (SELECT coalesce(max(number), 0) FROM event_seals)
         - (SELECT min(number) FROM cursors WHERE name IN ('slack', 'timeline'))
         + (SELECT count(*) FROM incidents WHERE changed > shown)
         + (SELECT count(*) FROM incident_steps WHERE state = 'pending' AND step <> 'call')
         + (SELECT count(*) FROM timeline_entries WHERE told_in IS NULL)
         + (SELECT count(*) FROM kept_messages WHERE state = 'wanted')
         + (SELECT count(*) FROM runs r WHERE NOT state = ANY($1::text[])
            AND NOT (state = 'waiting' AND approved_at IS NULL)
            AND NOT (state = 'waiting' AND EXISTS (
                SELECT FROM locks l JOIN runs h ON h.id = l.run_id
                WHERE l.service = r.service AND l.environment = r.environment AND l.kind = r.lock
                  AND h.finished_at IS NOT NULL AND h.changed = 'unknown' AND h.settled_by IS NULL)))
"""


_RECORDED = """
    SELECT EXISTS (SELECT FROM incidents WHERE run_id = $1)
        OR EXISTS (SELECT FROM records WHERE kind = 'backup' AND key = 'B-' || $1::bigint)
        OR EXISTS (SELECT FROM timeline_entries WHERE source = 'typed' AND source_id = 'R-' || $1::bigint)
"""


def acknowledged(answer: Answer) -> bool:
    return answer.status == 200 and b"do not know" not in answer.body
