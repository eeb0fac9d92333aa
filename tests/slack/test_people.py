"""Who people are, as Slack tells it: whatever comes instead of an answer, nothing is lost and nobody falls over."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import aiohttp
import asyncpg
import pytest

from bot.db.bell import Bell
from bot.db.database import Pool
from bot.slack.by_hand import ByHand
from bot.slack.inbox import SlackInbox
from bot.slack.people import SlackPeople
from bot.slack.send import web_client

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
NO_ANSWER = b""
PROXY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nwait"
NO_JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\n<ok>"
HALF = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n{"ok":'
TABLES = ("events", "people")
Make = Callable[[str], SlackPeople]


@pytest.fixture
def people(session: aiohttp.ClientSession, pool: Pool) -> Make:
    return lambda url: SlackPeople(web_client("xoxb-sandbox", url, session), pool, lambda: NOW, {})


@asynccontextmanager
async def answering(words: bytes) -> AsyncIterator[tuple[str, asyncio.Semaphore]]:
    """Somebody in Slack's place who says only that and hangs up politely; the semaphore counts who asked."""
    asked = asyncio.Semaphore(0)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(words)
        await writer.drain()
        writer.close()
        asked.release()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api/", asked
    finally:
        server.close()


@pytest.mark.parametrize("words", [NO_ANSWER, PROXY, NO_JSON, HALF], ids=["nothing", "a proxy", "no JSON", "half"])
async def test_no_answer_of_slack_ends_the_reader(words: bytes, people: Make) -> None:
    async with answering(words) as (url, asked):
        known = people(url)
        reading = asyncio.create_task(known.run())
        for _ in range(2):
            waiting = asyncio.create_task(asked.acquire())
            await asyncio.wait({reading, waiting}, return_when=asyncio.FIRST_COMPLETED, timeout=5)
            assert not reading.done(), reading
            known.look_again()
        reading.cancel()
        await asyncio.wait({reading})


@pytest.mark.parametrize("words", [NO_ANSWER, PROXY, NO_JSON, HALF], ids=["nothing", "a proxy", "no JSON", "half"])
async def test_a_person_is_not_unknown_because_slack_said_nothing(words: bytes, people: Make) -> None:
    async with answering(words) as (url, _):
        known = people(url)
        await known.keep([{"id": "U0ANA", "team_id": "T0LANTERN", "name": "ana"}])
        await known.refresh("U0ANA")
        assert known.fresh("U0ANA", datetime(2027, 1, 1, tzinfo=UTC)), "the last known state counts"


@pytest.mark.parametrize(
    ("event", "question"),
    [
        (
            {"type": "user_change", "user": {"id": "U0BEN", "team_id": "T0LANTERN", "deleted": True}},
            "SELECT is_deactivated FROM people WHERE id = 'U0BEN'",
        ),
        ({"type": "tokens_revoked"}, "SELECT count(*) = 1 FROM events WHERE kind = 'slack.revoked'"),
    ],
    ids=["user_change", "tokens_revoked"],
)
async def test_an_event_that_could_not_be_recorded_counts_when_it_is_delivered_again(
    event: dict[str, object], question: str, people: Make, pool: Pool, bell: Bell
) -> None:
    revoked: list[bool] = []
    by_hand = ByHand(bell, lambda: "U0WATCH", lambda *_: True)
    inbox = SlackInbox(pool, bell, people("http://127.0.0.1:9/api/"), lambda: revoked.append(True), by_hand)
    for table in TABLES:
        await pool.execute(f"ALTER TABLE {table} RENAME TO hidden_{table}")
    with pytest.raises(asyncpg.UndefinedTableError):
        await inbox.heard("Ev1", event)
    assert revoked == []
    for table in TABLES:
        await pool.execute(f"ALTER TABLE hidden_{table} RENAME TO {table}")
    for _ in range(2):
        await inbox.heard("Ev1", event)
    assert await pool.fetchval(question) is True
    assert len(revoked) == (event["type"] == "tokens_revoked")


@pytest.mark.parametrize(("tokens", "ends"), [({"oauth": ["U0ANA"]}, 0), ({"oauth": ["U0ANA"], "bot": ["U0B"]}, 1)])
async def test_only_a_token_of_the_bots_ends_it(
    tokens: dict[str, object], ends: int, people: Make, pool: Pool, bell: Bell
) -> None:
    revoked: list[bool] = []
    by_hand = ByHand(bell, lambda: "U0WATCH", lambda *_: True)
    inbox = SlackInbox(pool, bell, people("http://127.0.0.1:9/api/"), lambda: revoked.append(True), by_hand)
    await inbox.heard("Ev1", {"type": "tokens_revoked", "tokens": tokens})
    assert len(revoked) == ends
    assert await pool.fetchval("SELECT count(*) FROM events WHERE kind = 'slack.revoked'") == ends
