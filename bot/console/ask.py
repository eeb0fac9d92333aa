"""What people do from a terminal: ask, approve, deny, look. Thin around the engine: every rule is the engine's."""

import hashlib
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.console.engine import Console
from bot.console.follow import Screen, follow
from bot.console.outcome import Code, code_of
from bot.console.text import card_text
from bot.db import approvals, database, runs, workers
from bot.domain.approval import Approval
from bot.domain.card import Card, Table, Tone
from bot.domain.fields import in_quotes
from bot.domain.form import Form
from bot.domain.invocation import Actor, Invocation
from bot.domain.run import FINAL, Run, RunId, State
from bot.domain.words import clean, some, span, when
from bot.engine.short import note
from permissions.decide import Deny
from permissions.model import RUN_READ, Ask, Risk, Scope
from permissions.terminal import Unseated

Confirm = Callable[[Run, Approval], Awaitable[str | None]]
"""Asks the person who sits here: what they typed, or None for no."""

FRESH = timedelta(minutes=60)


@dataclass(frozen=True, slots=True)
class Told:
    """What came of it: the exit code, and the run where there is one."""

    code: Code
    run: Run | None = None


# --- do --------------------------------------------------------------------------------------------------------


async def do(console: Console, line: str, name: str | None, reason: str, screen: Screen) -> Told:
    """Ask for a command line as a person of the policy. What is recorded has a run; it is not followed here."""
    who = await console.seat(name, line)
    if isinstance(who, Unseated):
        return _unseated(console, who, screen)
    await _age(console, who, screen)
    answer = await console.intake.receive(await _invocation(console, who, line, reason))
    if answer.card is not None:
        show(console, screen, answer.card)
    if answer.run is None:
        return Told(Code.USAGE if answer.card is not None and answer.card.tone is Tone.WARN else Code.DONE)
    return await told(console, RunId(answer.run))


async def watch(console: Console, run: RunId, screen: Screen, confirm: Confirm, *, patient: bool) -> Told:
    """Follow a run until it has ended, or until nobody is there to do it; its own plan is confirmed here."""
    while True:
        rests = await follow(console, run, screen, patient=patient)
        if rests.state in FINAL or not await _confirmed(console, rests, screen, confirm):
            return await told(console, run)


async def told(console: Console, run: RunId) -> Told:
    found = await runs.get(console.pool, run)
    assert found is not None  # noqa: S101  (runs are never deleted)
    return Told(code_of(found), found)


async def _invocation(console: Console, who: str, line: str, reason: str) -> Invocation:
    command, _, text = line.strip().removeprefix("/").partition(" ")
    because = f"{text} --because {in_quotes(reason)}" if reason else text
    return Invocation(
        f"/{command}",
        because.strip(),
        Actor(who, console.installation.team),
        console.channel,
        hashlib.sha256(uuid.uuid4().bytes).digest(),
        await database.now(console.pool),
        "terminal",
    )


async def _confirmed(console: Console, run: Run, screen: Screen, confirm: Confirm) -> bool:
    """Where nobody else is asked, whoever asked starts it after a look at its plan."""
    approval = await approvals.get(console.pool, run.id)
    if approval is None or approval.need or run.state is not State.WAITING or run.approved_at is not None:
        return False
    typed = await confirm(run, approval)
    if typed is None:
        return False
    match await console.votes.confirm(run.id, run.actor, typed):
        case Form():
            screen.put(f"That is not “{run.place}”. Nothing was changed.")
            return False
        case Card() as card:
            show(console, screen, card)
            return False
        case None:
            return True


# --- approve and deny --------------------------------------------------------------------------------------------


async def approve(console: Console, run: RunId, digits: str, name: str | None, typed: str, screen: Screen) -> Told:
    """A vote for exactly the plan of these digits; of one's own plan that nobody else is asked for, the start."""
    who = await console.seat(name, f"approve R-{run} {digits}")
    if isinstance(who, Unseated):
        return _unseated(console, who, screen)
    found, approval = await runs.get(console.pool, run), await approvals.get(console.pool, run)
    if found is not None and approval is not None and not approval.need and found.actor == who:
        return await _start(console, found, approval, digits, typed, screen)
    return await _vote(console, run, who, screen, yes=True, digits=digits)


async def deny(console: Console, run: RunId, name: str | None, reason: str, screen: Screen) -> Told:
    who = await console.seat(name, f"deny R-{run}")
    if isinstance(who, Unseated):
        return _unseated(console, who, screen)
    return await _vote(console, run, who, screen, yes=False, reason=reason)


async def _vote(
    console: Console, run: RunId, who: str, screen: Screen, *, yes: bool, digits: str | None = None, reason: str = ""
) -> Told:
    refused = await console.votes.vote(run, who, yes=yes, digits=digits, via=console.channel, reason=reason)
    if refused is not None:
        show(console, screen, refused)
        return Told(Code.FAILED, await runs.get(console.pool, run))
    screen.put(f"{console.name(who)}'s {'approval' if yes else 'denial'} of R-{run} is recorded.")
    now = await runs.get(console.pool, run)
    if now is not None and now.state not in FINAL:
        screen.put(f"R-{run} is {now.state.value}; watch it with: watchkeeper runs R-{run} --follow")
        await say_if_nobody_works(console, screen)
    return Told(Code.DONE, now)


async def _start(console: Console, run: Run, approval: Approval, digits: str, typed: str, screen: Screen) -> Told:
    if not approval.digest.startswith(digits.lower()):
        show(
            console, screen, note(f"The plan of {run.label} is {approval.digest[:6]}: that is another plan.", "", run)
        )
        return Told(Code.FAILED, run)
    match await console.votes.confirm(run.id, run.actor, typed):
        case Form():
            screen.put(f'It is started by typing its place: add --typed "{run.place}". Nothing was changed yet.')
            return Told(Code.USAGE, run)
        case Card() as card:
            show(console, screen, card)
            return Told(Code.FAILED, run)
        case None:
            screen.put(f"{run.label} is confirmed.")
            await say_if_nobody_works(console, screen)
            return Told(Code.DONE, await runs.get(console.pool, run.id))


# --- runs --------------------------------------------------------------------------------------------------------


async def reader(console: Console, name: str | None) -> str | Unseated:
    """For looking, any of a login's people will do."""
    found = await console.seat(name, "runs")
    if isinstance(found, Unseated) and found.usage:
        return console.installation.policy.terminal[console.login][0]
    return found


async def show_run(console: Console, run: RunId, name: str | None, screen: Screen) -> Told:
    who = await reader(console, name)
    if isinstance(who, Unseated):
        return _unseated(console, who, screen)
    card = await console.govern.details(run, who)
    show(console, screen, card)
    found = await runs.get(console.pool, run)
    return Told(Code.FAILED if found is None or card.tone is Tone.STOPPED else Code.DONE, found)


async def list_runs(console: Console, name: str | None, limit: int, screen: Screen) -> tuple[Code, Sequence[Run]]:
    who = await reader(console, name)
    if isinstance(who, Unseated):
        return _unseated(console, who, screen).code, ()
    at = console.installation
    verdict = at.decide(Ask(at.person(who, at.team), RUN_READ, Risk.READ, Scope(None, None, True, console.channel)))
    if isinstance(verdict, Deny):
        show(console, screen, note(verdict.because.sentence, verdict.next_step, None, Tone.STOPPED))
        return Code.FAILED, ()
    found = await console.govern.runs(limit=limit)
    show(console, screen, _list_card(console, found))
    return Code.DONE, found


def _list_card(console: Console, found: Sequence[Run]) -> Card:
    rows = tuple(
        (
            run.label,
            run.state.value,
            clean(console.name(run.actor)),
            when(run.created_at, "date"),
            clean(run.text, 200),
        )
        for run in found
    )
    table = (Table(("Run", "State", "Who", "When", "What"), rows),) if rows else ()
    return Card(Tone.INFO, some(len(found), "run") if found else "No runs yet", "", table)


# --- words ---------------------------------------------------------------------------------------------------------


def show(console: Console, screen: Screen, card: Card) -> None:
    screen.put(card_text(card, console.name, width=screen.width, colour=screen.colour))


async def say_if_nobody_works(console: Console, screen: Screen) -> None:
    if not await workers.alive(console.pool):
        screen.put(
            "Recorded; but no worker is running, so nothing happens yet: start `watchkeeper serve`,"
            " or follow it with --here and this terminal does the work."
        )


async def _age(console: Console, who: str, screen: Screen) -> None:
    """What Slack said last of the person counts; how old that is, is said."""
    known = console.installation.people.get(who)
    now = await database.now(console.pool)
    if known is not None and known.checked_at is not None and now - known.checked_at > FRESH:
        age = span(now - known.checked_at)
        screen.put(f"What Slack said of {console.name(who)} is {age} old; that counts while it cannot be reached.")


def _unseated(console: Console, found: Unseated, screen: Screen) -> Told:
    tone = Tone.WARN if found.usage else Tone.STOPPED
    card = note(found.because.sentence, found.next_step, None, tone)
    show(console, screen, card.with_footer(f"Nothing was changed · decided by {found.because.where}"))
    return Told(Code.USAGE if found.usage else Code.FAILED)
