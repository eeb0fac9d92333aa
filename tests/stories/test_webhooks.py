"""Others tell what they saw: believed only when it is proven to be theirs, written once, shown once."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr

from bot import incoming
from bot.db import incidents, timeline
from bot.domain.incident import Affected, IncidentId, NewIncident, Severity
from bot.retention import Retention
from bot.serve import load
from bot.settings import Settings, SettingsError
from tests.support.company import CATALOG, OPS, POLICY, Company

Open = Callable[..., Awaitable[Company]]
HOOKS = "{deploys: {kind: generic, secret: $HOOK}, outside: {kind: pingdom, secret: $TOKEN}}"
WITH_HOOKS = CATALOG.replace("production: {}", f"production: {{webhooks: {HOOKS}}}")
SECRET, TOKEN = "hook-secret-of-thirty-two-letters", "token-of-thirty-two-letters-xxxxx"
DEPLOYS, OUTSIDE = "/webhooks/deploys/shop.production", f"/webhooks/outside/shop.production/{TOKEN}"


class Outside:
    """Somebody who calls the bot's address."""

    def __init__(self, company: Company, session: aiohttp.ClientSession) -> None:
        self.company = company
        self._session = session

    async def post(self, path: str, body: bytes, headers: dict[str, str] | None = None) -> int:
        url = f"http://127.0.0.1:{self.company.process.port}{path}"
        async with self._session.post(url, data=body, headers=headers) as reply:
            assert SECRET not in await reply.text()
            return reply.status

    async def tell(self, value: Any, *, at: int | None = None, secret: str = SECRET, path: str = DEPLOYS) -> int:
        """A signed webhook, as docs/webhooks.md shows it."""
        body, stamp = json.dumps(value).encode(), at or int(time.time())
        digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        return await self.post(path, body, {"X-Watchkeeper-Signature": f"t={stamp},v1={digest}"})

    async def taken(self, value: Any) -> int:
        """Sent again as long as the bot asks for it, as every sender does."""
        while (status := await self.tell(value)) == 503:
            pass
        return status

    async def pingdom(self, state: str, at: int, name: str = "Checkout") -> int:
        change = {"check_id": 7, "check_name": name, "current_state": state, "state_changed_timestamp": at}
        return await self.post(OUTSIDE, json.dumps({**change, "description": "HTTP Error 500"}).encode())

    async def noted(self) -> list[dict[str, Any]]:
        rows = await self.company.pool.fetch(
            "SELECT body FROM events JOIN event_payloads ON event_id = id WHERE kind = 'webhook.received' ORDER BY id"
        )
        return [json.loads(row["body"]) for row in rows]

    async def incident(self) -> IncidentId:
        new = NewIncident("checkout answers 500", Severity.SEV2, (Affected("shop", "production"),))
        async with self.company.pool.acquire() as connection, connection.transaction():
            found, _ = await incidents.open_(connection, new, by="U0ANA", team="T0LANTERN", asked_in=OPS, run=None)
        return found.id

    async def lines(self, incident: IncidentId, words: str) -> list[str]:
        """Those of its timeline that say this, once everything that happened is in it."""
        with self.company.process.bell.listener("sealed") as sealed:
            while await self.company.pool.fetchval(
                "SELECT EXISTS (SELECT FROM outbox) OR (SELECT max(number) FROM event_seals)"
                " > (SELECT number FROM cursors WHERE name = 'timeline')"
            ):
                await sealed.wait(0.1)
        return [one.text for one in await timeline.of_incident(self.company.pool, incident) if words in one.text]


@pytest.fixture
async def outside(open_company: Open, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Outside]:
    monkeypatch.setenv("HOOK", SECRET)
    monkeypatch.setenv("TOKEN", TOKEN)
    company = await open_company(catalog=WITH_HOOKS)
    async with aiohttp.ClientSession() as session:
        yield Outside(company, session)


async def test_a_signed_delivery_is_written_once_however_often_it_comes(outside: Outside) -> None:
    told = {
        "id": "d7",
        "kind": "deploy",
        "says": "Payments deployed for ana@example.com",
        "link": "https://ci.example/7",
    }
    assert await asyncio.gather(*(outside.tell(told) for _ in range(3))) == [200, 200, 200]
    assert await outside.tell(told, at=int(time.time()) - 60) == 200
    (noted,) = await outside.noted()
    assert (noted["says"], noted["link"], noted["count"]) == ("Payments deployed for …", "https://ci.example/7", 1)


async def test_a_delivery_that_was_counted_is_known_for_a_year(outside: Outside) -> None:
    """Not every vendor signs the time of sending: whoever kept the bytes may send them again."""
    told = {"id": "d9", "says": "Payments deployed"}
    assert await outside.tell(told) == 200
    await outside.company.pool.execute("UPDATE webhook_keys SET at = at - interval '300 days'")
    await Retention(outside.company.process.installation).look()
    assert await outside.tell(told) == 200
    assert len(await outside.noted()) == 1


async def test_what_is_forged_old_or_senseless_leaves_no_trace(outside: Outside) -> None:
    told, now = {"id": "d8", "says": "x"}, int(time.time())
    assert await outside.tell(told, secret="another") == 401
    assert await outside.tell(told, at=now - 302) == 401
    assert await outside.tell(told, at=now + 302) == 401
    assert await outside.post(DEPLOYS, b"{}") == 401
    assert await outside.tell([1]) == 400
    assert await outside.tell({"says": 7}) == 400
    assert await outside.tell(told, path="/webhooks/deploys/shop.staging") == 404
    assert await outside.tell(told, path="/webhooks/deploys/..%2f") == 404
    assert await outside.post("/webhooks/outside/shop.production", b"{}") == 401
    assert await outside.post(f"{OUTSIDE}x", b"{}") == 401
    assert await outside.post(OUTSIDE, b"\xff") == 400
    assert await outside.post(DEPLOYS, b"x" * 1_000_002) == 413
    assert await outside.noted() == []
    assert await outside.company.pool.fetchval("SELECT count(*) FROM webhook_keys") == 0


async def test_a_flood_is_one_line_of_the_timeline_and_another_begins_after_a_quiet_time(outside: Outside) -> None:
    incident = await outside.incident()
    answers = await asyncio.gather(
        *(outside.taken({"id": str(n), "kind": "payment", "says": "failed"}) for n in range(150))
    )
    assert set(answers) == {200}
    noted = await outside.noted()
    assert sorted(one["count"] for one in noted) == list(range(1, 151))
    assert len({one["since"] for one in noted}) == 1
    (line,) = await outside.lines(incident, "×150")
    assert line.startswith("failed ×150 since ")
    await outside.company.forward(timedelta(minutes=11))
    await outside.tell({"id": "later", "kind": "payment", "says": "failed"})
    assert (await outside.noted())[-1]["count"] == 1
    assert len(await outside.lines(incident, "failed")) == 2


async def test_while_postgresql_is_away_the_sender_is_asked_to_send_again(
    outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incoming, "PATIENCE_S", 0.2)
    async with outside.company.pool.acquire() as connection, connection.transaction():
        await connection.execute("LOCK TABLE webhook_keys IN ACCESS EXCLUSIVE MODE")
        assert await outside.tell({"id": "d9", "says": "x"}) == 503
    assert await outside.noted() == []
    assert await outside.tell({"id": "d9", "says": "x"}) == 200
    assert len(await outside.noted()) == 1


async def test_a_monitor_that_says_down_is_told_once_and_edited_when_it_is_up(outside: Outside) -> None:
    company, now = outside.company, int(time.time())
    assert await outside.pingdom("UP", now - 300) == 200
    for at in (now - 60, now - 50):
        assert await outside.pingdom("DOWN", at) == 200
    card = await company.see("Checkout is down, seen from outside")
    said = company.text(card)
    assert "shop production" in said
    assert "HTTP Error 500" in said
    assert "Look now" in str(card.blocks)
    assert await outside.pingdom("UP", now - 55) == 200  # late: it was up before that
    assert await outside.pingdom("UP", now - 5) == 200
    await company.becomes(card, "up again", without="Look now")
    await company.see("up again", thread=card.ts)
    downs = [one for one in company.slack.messages(OPS) if "seen from outside" in company.text(one)]
    assert len(downs) == 1
    incident = await outside.incident()
    assert await outside.pingdom("DOWN", now - 2) == 200
    assert await outside.lines(incident, "Checkout is down") == ["Pingdom: Checkout is down (HTTP Error 500)"] * 2
    downs = [one for one in company.slack.messages(OPS) if "is down, seen from outside" in company.text(one)]
    assert downs == []  # its timeline tells it: no second alarm
    assert len(await outside.noted()) == 6


def test_a_webhook_without_its_secret_keeps_the_bot_from_starting(company_files: Settings) -> None:
    with pytest.raises(SettingsError, match=r"\$HOOK is missing: webhook 'deploys' of shop production"):
        load(company_files)


@pytest.fixture
def company_files(tmp_path: Path) -> Settings:
    (tmp_path / "catalog.yml").write_text(WITH_HOOKS)
    (tmp_path / "policy.yml").write_text(POLICY)
    return Settings(
        bot_token=SecretStr("xoxb-1"),
        signing_secret=SecretStr("s"),
        catalog=tmp_path / "catalog.yml",
        policy=tmp_path / "policy.yml",
    )
