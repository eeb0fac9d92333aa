"""/approve, /deny, /runs, /can, /audit and /ops: what each asks of the engine and what people then read."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

import commands
from bot.domain.capability import ChainReport, LockInfo
from bot.domain.card import Card, Table, Tone
from bot.domain.catalog import Catalog, Place
from bot.domain.event import Event, Kind, Wanted
from bot.domain.names import check_names
from bot.domain.parse import EPOCH, Help, Parsed, parse_line
from bot.domain.run import Lock, Run, RunId, State
from bot.domain.words import plain
from permissions.model import ALL
from tests.commands.conftest import NOW

Ask = Callable[..., Awaitable[Card]]
ARun = Callable[..., Run]
GOVERNING = ("/approve", "/audit", "/can", "/deny", "/ops", "/runs")


def read(card: Card) -> str:
    """All that a person reads, as plain text."""
    parts: list[str] = [card.title, card.text, card.footer]
    for part in card.body:
        parts += [" | ".join(row) for row in (part.head, *part.rows)] if isinstance(part, Table) else [str(part)]
    return plain("\n".join(parts))


def first_column(card: Card) -> list[str]:
    (table,) = (part for part in card.body if isinstance(part, Table))
    return [row[0] for row in table.rows]


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("/approve R-42 7c01e9", ("vote", 42, "U0BEN", True, "7c01e9", "slack", "")),
        ("/approve 7C01E9 r42", ("vote", 42, "U0BEN", True, "7c01e9", "slack", "")),
        (
            "/deny R-42 because a release is on its way",
            ("vote", 42, "U0BEN", False, "", "slack", "a release is on its way"),
        ),
        ("/runs show R-42", ("details", 42, "U0BEN")),
        ("/runs R-42", ("details", 42, "U0BEN")),
        ("/runs cancel 42", ("cancel", 42, "U0BEN")),
        ("/runs settle R-42 done", ("settle", 42, "U0BEN", "done", "")),
        (
            "/runs settle not-done R-42 because it still answers",
            ("settle", 42, "U0BEN", "not-done", "it still answers"),
        ),
        ("/can", ("who_is", "U0BEN")),
        ("/can <@U0ELI>", ("who_is", "U0ELI")),
        ("/can rollback shop production", ("may", "U0BEN", "rollback shop production", "C0SHOPOPS")),
        ("/can <@U0ELI|eli> /rollback shop prod", ("may", "U0ELI", "rollback shop prod", "C0SHOPOPS")),
        ("/ops", ("menu", "U0BEN", "C0SHOPOPS")),
        ("/ops can rollback shop prod", ("may", "U0BEN", "rollback shop prod", "C0SHOPOPS")),
        ("/runs", ("runs", "shop production", 10)),
        ("/runs all --limit 3", ("runs", None, 3)),
        ("/runs all --limit 900", ("runs", None, 50)),
        ("/audit last --last 5", ("events", Wanted("shop", "production"), "U0BEN", 6)),
        ("/audit R-42", ("events", Wanted(run=RunId(42)), "U0BEN", 21)),
        ("/audit --run R-42", ("events", Wanted(run=RunId(42)), "U0BEN", 21)),
        ("/audit all --last 900", ("events", Wanted(), "U0BEN", 51)),
        (
            "/audit shop staging --by <@U0ELI> --kind approval --since 2h --before 77",
            (
                "events",
                Wanted(
                    "shop", "staging", "U0ELI", "approval", None, NOW.replace(microsecond=0) - timedelta(hours=2), 77
                ),
                "U0BEN",
                21,
            ),
        ),
    ],
)
async def test_a_line_asks_the_engine_for_one_thing(
    line: str, asked: tuple[object, ...], ask: Ask, govern: Any
) -> None:
    await ask(line, actor="U0BEN", channel="C0SHOPOPS")
    assert tuple(_comparable(one) for one in govern.asked[0]) == asked


def _comparable(value: object) -> object:
    return str(value) if isinstance(value, Place) else value


async def test_a_vote_by_text_says_where_it_came_from(ask: Ask, govern: Any) -> None:
    await ask("/approve R-42 7c01e9", via="terminal", channel="terminal:ben")
    assert govern.asked[0][-2] == "terminal:ben"


async def test_runs_are_listed_with_who_and_how_they_stand(ask: Ask, govern: Any, a_run: ARun) -> None:
    govern.listed = [a_run(43, state=State.WAITING, actor="U0CHI"), a_run(42)]
    card = await ask("/runs shop production")
    assert "Run | What | Who | State | When" in read(card)
    assert "R-43 | /rollback shop production | Chi | waiting | 2026-11-20 03:07 UTC" in read(card)
    assert "R-42 | /rollback shop production | Ana | succeeded | 2026-11-20 03:07 UTC" in read(card)
    assert "2 runs of shop production" in read(card)
    assert "R-43 /rollback shop production is waiting" in read(card)


async def test_runs_of_a_whole_service_leave_out_the_others(ask: Ask, govern: Any, a_run: ARun) -> None:
    govern.listed = [a_run(44, service="servio"), a_run(43, environment="staging"), a_run(42)]
    assert first_column(await ask("/runs shop")) == ["R-43", "R-42"]
    assert first_column(await ask("/runs all production")) == ["R-44", "R-42"]


async def test_an_interrupted_run_in_the_list_asks_to_be_settled(ask: Ask, govern: Any, a_run: ARun) -> None:
    govern.listed = [a_run(43, state=State.INTERRUPTED, changed="unknown"), a_run(42, state=State.INTERRUPTED)]
    said = read(await ask("/runs all"))
    assert "How R-43 ended is not known: look at shop production, then /runs settle R-43 done or" in said
    assert "/runs settle R-42" not in said


async def test_what_waits_for_me_is_listed(ask: Ask, govern: Any, a_run: ARun) -> None:
    until = a_run().created_at + timedelta(minutes=15)
    govern.listed = [a_run(43, state=State.WAITING, expires_at=until, reason="500s"), a_run(42)]
    card = await ask("/runs waiting")
    assert card.title == "1 request waits for you"
    assert "R-43 | /rollback shop production | Ana | 500s | 2026-11-20 03:22 UTC" in read(card)
    govern.listed = []
    assert (await ask("/runs waiting")).title == "Nothing waits for you"


async def test_no_runs_is_an_answer(ask: Ask) -> None:
    card = await ask("/runs shop staging")
    assert (card.title, card.footer) == ("No runs of shop staging yet", "Nothing was changed")


async def test_locks_name_holder_and_who_waits(ask: Ask, govern: Any, a_run: ARun) -> None:
    held = a_run(42, state=State.RUNNING)
    govern.held = [LockInfo("shop", "production", Lock.DEPLOY, held, held.created_at, (a_run(43), a_run(44)))]
    said = read(await ask("/runs locks"))
    assert "R-42 /rollback shop production by Ana | – | 2026-11-20 03:07 UTC | – | – | R-43, R-44" in said
    govern.held = []
    assert (await ask("/runs locks")).title == "No lock is held"


def an_event(number: int, kind: Kind, at: Any, **facts: Any) -> Event:
    whole: dict[str, Any] = {"run": RunId(42), "actor": "U0ANA", "service": "shop", "environment": "production"}
    return Event(number, number, kind, at=at, body={}, **{**whole, **facts})


async def test_the_audit_log_shows_its_last_entries(ask: Ask, govern: Any, a_run: ARun) -> None:
    at = a_run().created_at
    govern.written = [
        an_event(7, Kind.RUN_STARTED, at),
        an_event(8, Kind.HEALTH_CHANGED, at + timedelta(minutes=1), run=None, actor="watchkeeper"),
        an_event(9, Kind.VOTE_CAST, at, erased=True, actor="U0BEN"),
    ]
    said = read(await ask("/audit"))
    assert "7 | 2026-11-20 03:07 UTC | run started | Ana | R-42 · shop production" in said
    assert "8 | 2026-11-20 03:08 UTC | health changed | watchkeeper | shop production" in said
    assert "vote cast (erased)" in said
    assert first_column(await ask("/audit --last 2")) == ["9", "8"]
    assert first_column(await ask("/audit R-42")) == ["7", "9"]
    assert "There are no entries of R-9." in read(await ask("/audit R-9"))


@pytest.mark.parametrize(
    ("report", "tone", "said"),
    [
        (ChainReport(True, 1204, 0, "3f9a" * 16), Tone.OK, "1,204 events, every one sealed and unchanged"),
        (ChainReport(True, 1204, 3, "3f9a" * 16), Tone.OK, "3 payloads erased by retention"),
        (ChainReport(True, 0, 0, ""), Tone.OK, "none yet"),
        (
            ChainReport(False, 17, 0, "", 17, "The payload was changed."),
            Tone.FAIL,
            "The audit log is broken at event 17",
        ),
        (ChainReport(False, 17, 0, ""), Tone.FAIL, "A seal does not fit what is stored."),
    ],
)
async def test_anyone_who_may_read_the_log_can_prove_it(
    report: ChainReport, tone: Tone, said: str, ask: Ask, govern: Any
) -> None:
    govern.report = report
    card = await ask("/audit verify")
    assert card.tone is tone
    assert said in read(card)
    assert "changed" in card.text


def test_each_governing_command_is_found_by_being_there() -> None:
    assert set(GOVERNING) <= set(commands.find())


@pytest.mark.parametrize("name", sorted(commands.find()))
def test_every_command_answers_help_and_its_own_examples_parse(name: str, a_catalog: Catalog) -> None:
    known = commands.find()
    found = parse_line(known, a_catalog, f"{name} help", channel="", now=EPOCH)
    assert isinstance(found, Help)
    for verb in known[name].verbs:
        parsed = parse_line(known, a_catalog, verb.example, channel="C0SHOPOPS", now=EPOCH)
        assert isinstance(parsed, Parsed)
        assert parsed.verb.word == verb.word or not verb.word
        assert verb.permission in ALL
        assert verb.help


def test_no_name_means_two_things(a_catalog: Catalog) -> None:
    assert check_names(commands.find(), a_catalog) == []
