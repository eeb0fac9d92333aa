"""Whatever comes over a connection of Socket Mode: it survives or is made anew, never an effect, never an exception
of ours, and what is well in between is answered. Asked and pressed by somebody who may only look."""

import json
from contextlib import suppress
from random import Random
from typing import Any

import pytest
from aiohttp import WSMsgType

from bot.domain.run import State
from bot.sandbox.workspace.line import Line
from bot.sandbox.workspace.socket import Socket
from tests.stories.conftest import Open
from tests.stories.test_fuzz import EVENTS, nothing_breaks
from tests.support.company import Company
from tests.support.desk import Shelf
from tests.support.examples import SEED, TIMES
from tests.support.mutants import mutant, torn

pytestmark = pytest.mark.heavy  # broken connections are made anew after a second

GIANT = json.dumps({"type": "slash_commands", "envelope_id": "1", "payload": {"text": "x" * 5_000_000}}).encode()
WORDS: tuple[bytes, ...] = (
    *(b"", b"{", b"null", b"[]", b"7", b'"hello"', b"{}", b'{"type": null}', b'{"type": "hello"}', b"[" * 20_000),
    *(b'{"type": "hello", "num_connections": ' + digits + b"}" for digits in (b"9" * 400, b"-1", b'"x"', b"1e999")),
    *(b'{"type": "slash_commands"}', b'{"type": "slash_commands", "envelope_id": "n1", "payload": []}'),
    *(b'{"type": "disconnect", "reason": "' + b"x" * 200 + b'"}', b'{"type": "\\ud800", "envelope_id": "n2"}'),
    *(b'{"type": "interactive", "envelope_id": "n3", "payload": {"type": "block_actions"}}', b"\xef\xbb\xbf{}"),
)
BREAKING = (b"\xff\xfe\x00", GIANT)  # not UTF-8, or more than a message may be: the connection ends


class Tap:
    """Frames that the workspace sent to the bot."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.frames: list[Any] = []
        said = Line.say

        async def say(line: Line, frame: Any) -> None:
            if frame.get("envelope_id"):
                self.frames.append(json.loads(json.dumps(frame)))
            await said(line, frame)

        monkeypatch.setattr(Line, "say", say)


@pytest.fixture
async def company(open_company: Open, monkeypatch: pytest.MonkeyPatch) -> Company:
    """Slack knows none of these envelopes, so that their acknowledgements are no fault; every other fault is one."""
    blame = Socket._blame

    def fault(socket: Socket, what: str) -> None:
        if not what.startswith("an unknown envelope was acknowledged"):
            blame(socket, what)

    monkeypatch.setattr(Socket, "_blame", fault)
    return await open_company(socket=True)


async def linked(company: Company, *, but: Line | None = None) -> Line:
    def able() -> Line | None:
        return next((one for one in company.slack.socket.lines if one.greeted and one is not but), None)

    return await company.slack.wait_for(able, what="a connection")


async def frame(line: Line, text: bytes, kind: WSMsgType = WSMsgType.TEXT) -> None:
    """As it is, whether or not it is what its kind promises."""
    socket = line._socket
    assert socket is not None
    assert socket._writer is not None
    await socket._writer.send_frame(text, kind)


async def bases(company: Company, tap: Tap) -> list[Any]:
    """One real envelope of each kind, all by Eli."""
    card = await company.asked()
    tap.frames.clear()
    await company.type("eli", "/poke because x")
    await company.click("eli", card, "approval.approve")
    await company.click("eli", card, "run.details")
    for event in EVENTS:
        await company.slack.send_event(event)
    return list(tap.frames)


def _fresh(base: Any, number: int) -> Any:
    payload = {
        key: f"{number}.fuzz" if key in ("event_id", "trigger_id") else one for key, one in base["payload"].items()
    }
    return {**base, "envelope_id": f"fuzz-{number}", "payload": payload}


async def test_no_envelope_breaks_anything_or_has_an_effect(
    company: Company, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, random = await bases(company, Tap(monkeypatch)), Random(f"socket {SEED}")
    planned = shelf.planned
    with nothing_breaks():
        for number in range(100 * TIMES):
            text = torn(json.dumps(mutant(_fresh(random.choice(found), number), random)).encode(), random)
            text = random.choice(WORDS) if number % 4 == 0 else text.decode("utf-8", "replace").encode()
            kind = random.choice([WSMsgType.TEXT] * 5 + [WSMsgType.BINARY, WSMsgType.PING])
            await frame(await linked(company), text[:125] if kind is WSMsgType.PING else text, kind)
            if number % 25 == 0:
                assert await answered(company)
        assert await answered(company)
    assert (await company.run()).state is State.WAITING
    assert await company.pool.fetchval("SELECT count(*) FROM votes") == 0
    assert await company.pool.fetchval("SELECT count(*) FROM runs WHERE risk <> 'read' AND state <> 'refused'") == 1
    assert (shelf.executed, shelf.planned) == ([], planned)


async def answered(company: Company) -> bool:
    """Slack tries a command once: over a connection that stands."""
    await linked(company)
    return (await company.type("ana", "/runs")).status == 200


@pytest.mark.parametrize("text", BREAKING, ids=["not UTF-8", "giant"])
async def test_what_ends_a_connection_is_followed_by_another(company: Company, text: bytes) -> None:
    line = await linked(company)
    with nothing_breaks():
        with suppress(ConnectionError):
            await frame(line, text)
        await linked(company, but=line)
        assert await answered(company)
