"""Watches one run: says each step as it is recorded, until the run rests or ends. Changes nothing."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.console.engine import Console
from bot.console.text import card_text, line_text
from bot.db import database, workers
from bot.db.database import AWAY
from bot.domain.card import Card
from bot.domain.event import Event, Kind
from bot.domain.run import FINAL, Run, RunId, State
from bot.domain.run_card import plan_card, waiting_for_lock_card
from bot.domain.run_end import end_card
from bot.domain.run_lines import thread_line
from bot.domain.words import clean, when
from bot.slack.desired import Seen
from bot.slack.seen import see

POLL_S = 0.5


@dataclass(slots=True)
class Screen:
    """Where words go; a card and a line are said once."""

    put: Callable[[str], None]
    width: int = 100
    colour: bool = False
    said: set[object] = field(default_factory=set)

    def once(self, key: object, text: str) -> None:
        if key not in self.said:
            self.said.add(key)
            self.put(text)


async def follow(console: Console, run_id: RunId, screen: Screen, *, patient: bool) -> Run:
    """Until the run has ended, waits for the person who sits here, or nobody is there to do it.

    patient: a worker will surely come, because this process is one.
    """
    with console.installation.bell.listener("sealed") as sealed:
        while True:
            try:
                seen = await see(console.pool, run_id, await database.now(console.pool))
                assert seen is not None  # noqa: S101  (runs are never deleted)
                _tell(console, seen, screen)
                if _rests(seen) or not (patient or await workers.alive(console.pool) or _waits_for_people(seen)):
                    return seen.run
            except AWAY:
                screen.once("away", "The database does not answer; I look again until it does.")
                await asyncio.sleep(POLL_S)
            else:
                screen.said.discard("away")
                await sealed.wait(POLL_S)


def _rests(seen: Seen) -> bool:
    """Ended, or only the person who asked can move it on."""
    own = seen.approval is not None and seen.approval.need == 0
    return seen.run.state in FINAL or (_waits_for_people(seen) and own)


def _waits_for_people(seen: Seen) -> bool:
    return seen.run.state is State.WAITING and seen.run.approved_at is None


def _tell(console: Console, seen: Seen, screen: Screen) -> None:
    run = seen.run
    for event in seen.events:
        if line := _line(event, run, console):
            screen.once(event.id, line_text(line, console.name, screen.width))
    if (card := _card(console, seen)) is not None:
        screen.once((run.state, card.title), _shown(card, console, screen))


def _shown(card: Card, console: Console, screen: Screen) -> str:
    return card_text(card, console.name, width=screen.width, colour=screen.colour)


def _card(console: Console, seen: Seen) -> Card | None:
    """What the run's message would show where somebody has to act, waits, or reads how it ended."""
    run, plan = seen.run, seen.plan
    if run.state in FINAL:
        return end_card(run, plan, seen.approval, seen.events, console.name, seen.now)
    if _waits_for_people(seen) and plan is not None and seen.approval is not None:
        return plan_card(run, plan, seen.approval, console.name)
    if run.state is State.WAITING:
        since, usual = run.approved_at or seen.now, plan.usual if plan else None
        return waiting_for_lock_card(run, plan, seen.holder, since, usual, console.name)
    return None


def _line(event: Event, run: Run, console: Console) -> str:
    """The thread's line, and what a card shows in Slack while it changes."""
    match event.kind:
        case Kind.RUN_STARTED:
            return f"{when(event.at, 'exact')} {run.label} runs"
        case Kind.STEP_STARTED:
            return f"{when(event.at, 'exact')} … {clean(str(event.body.get('step')))}"
        case _:
            return thread_line(event, run, console.name)
