"""`watchkeeper do|approve|deny|runs`: what Slack is for, from a terminal. Thin: what they do is `bot.console`'s."""

import asyncio
import json
import re
import shutil
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Annotated

import typer

from bot.console import ask
from bot.console.ask import Confirm, Told
from bot.console.engine import Console, NeverStarted, console
from bot.console.follow import Screen
from bot.console.login import login
from bot.console.outcome import Code, as_json
from bot.console.work import worker_here
from bot.db import approvals
from bot.domain.approval import Approval
from bot.domain.json import Json
from bot.domain.run import FINAL, Run, RunId, State
from bot.settings import Settings, variable
from bot.storage import Scratch, open_database
from bot.terminal import load_settings, run, stop

As = Annotated[str | None, typer.Option("--as", help="Who you are, as the policy calls you.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs: one object on stdout; words go to stderr.")]
Here = Annotated[bool, typer.Option("--here", help="Do the work in this terminal, when no worker is running.")]
RunName = Annotated[str, typer.Argument(metavar="R-42", help="The number on the request.")]
Work = Callable[[Console, Screen, Scratch], Awaitable[Told]]


def do(
    line: Annotated[str, typer.Argument(help='The whole command: "rollback shop production".')],
    name: As = None,
    because: Annotated[str, typer.Option("--because", help="Why; whoever approves reads it.")] = "",
    here: Here = False,
    wait: Annotated[bool, typer.Option(help="Follow it to its end.")] = True,
    yes: Annotated[bool, typer.Option("--yes", help="Confirm your own plan unseen, where one click would.")] = False,
    typed: Annotated[str, typer.Option("--typed", help="The place, where your own plan wants it typed.")] = "",
    as_json: AsJson = False,
) -> None:
    """Ask for something as `/command` does in Slack, and follow it to its end."""
    settings = load_settings()

    async def work(at: Console, screen: Screen, scratch: Scratch) -> Told:
        asked = await ask.do(at, line, name, because, screen)
        if asked.run is None or asked.run.state is State.REFUSED or not (wait or here):
            return asked
        return await _follow(settings, at, asked.run.id, screen, scratch, _asks(yes=yes, typed=typed), here=here)

    _finish(settings, work, as_json=as_json)


def approve(
    number: RunName,
    digest: Annotated[str, typer.Argument(help="The first 6 digits of its plan: they prove that you saw this plan.")],
    name: As = None,
    typed: Annotated[str, typer.Option("--typed", help="The place, where your own plan wants it typed.")] = "",
    as_json: AsJson = False,
) -> None:
    """Approve a request, as its button does in Slack."""
    if not re.fullmatch(r"[0-9a-fA-F]{6,64}", digest):
        stop(f"'{digest}' is no digest: write the first 6 digits of the plan, like 7c01e9.", code=Code.USAGE)
    found = _number(number)
    _finish(
        load_settings(), lambda at, screen, _: ask.approve(at, found, digest, name, typed, screen), as_json=as_json
    )


def deny(
    number: RunName,
    name: As = None,
    because: Annotated[str, typer.Option("--because", help="Why; whoever asked reads it.")] = "",
    as_json: AsJson = False,
) -> None:
    """Deny a request, as its button does in Slack."""
    found = _number(number)
    _finish(load_settings(), lambda at, screen, _: ask.deny(at, found, name, because, screen), as_json=as_json)


def runs(
    number: Annotated[str | None, typer.Argument(metavar="[R-42]", help="Show this one; else the last ones.")] = None,
    name: As = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many, the newest first.")] = 20,
    follow: Annotated[bool, typer.Option("--follow", help="Watch it to its end.")] = False,
    here: Here = False,
    as_json: AsJson = False,
) -> None:
    """The last runs, or one whole: state, plan, votes, steps."""
    settings, found = load_settings(), _number(number) if number else None

    async def work(at: Console, screen: Screen, scratch: Scratch) -> Told:
        if found is None:
            code, listed = await ask.list_runs(at, name, limit, screen)
            if as_json and code is Code.DONE:
                _print([as_json_of(one) for one in listed])
            return Told(code)
        shown = await ask.show_run(at, found, name, screen)
        if shown.code is not Code.DONE or not (follow or here):
            return shown
        return await _follow(settings, at, found, screen, scratch, _asks(yes=False, typed=""), here=here)

    _finish(settings, work, as_json=as_json)


def as_json_of(one: Run) -> Json:
    return as_json(one)


# --- one way through ---------------------------------------------------------------------------------------------


async def _follow(
    settings: Settings, at: Console, number: RunId, screen: Screen, scratch: Scratch, confirm: Confirm, *, here: bool
) -> Told:
    async with AsyncExitStack() as stack:
        if here:
            await stack.enter_async_context(worker_here(settings, at.files, at.pool, scratch))
        told = await ask.watch(at, number, screen, confirm, patient=here)
    if told.run is not None and told.run.state not in FINAL:
        await ask.say_if_nobody_works(at, screen)
    return told


def _finish(settings: Settings, work: Work, *, as_json: bool) -> None:
    """Open, do, say it, and end with the code."""
    from bot import logs

    logs.silence()
    out = sys.stderr if as_json else sys.stdout
    width = min(max(shutil.get_terminal_size((100, 24)).columns, 60), 120)
    screen = Screen(lambda words: typer.echo(words, file=out), width, out.isatty())
    try:
        told = run(_within(settings, work, screen, as_json=as_json))
    except NeverStarted as error:
        stop(str(error.__doc__))
    except KeyboardInterrupt:
        stop("You stopped watching. What was recorded goes on; `watchkeeper runs` tells how.", code=Code.WAITING)
    raise typer.Exit(told.code)


async def _within(settings: Settings, work: Work, screen: Screen, *, as_json: bool) -> Told:
    async with open_database(settings) as (pool, scratch), console(pool, login(variable)) as at:
        told = await work(at, screen, scratch)
        if as_json and told.run is not None:
            _print(as_json_with(told.run, await approvals.get(pool, told.run.id)))
        return told


def as_json_with(found: Run, approval: Approval | None) -> Json:
    return as_json(found, approval)


def _print(value: Json) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def _number(text: str) -> RunId:
    found = re.fullmatch(r"(?:[rR]-?)?([1-9][0-9]{0,17})", text)
    if not found:
        stop(f"'{text}' is not a run: write it like R-42.", code=Code.USAGE)
    return RunId(int(found[1]))


def _asks(*, yes: bool, typed: str) -> Confirm:
    """How one's own plan is confirmed: said beforehand, or typed here when somebody sits at the terminal."""

    async def confirm(found: Run, approval: Approval) -> str | None:
        if typed or (yes and approval.confirm != "typed"):
            return typed
        if not sys.stdin.isatty():
            typer.echo(f"To start it: watchkeeper approve {found.label} {approval.digest[:6]}", err=True)
            return None
        if approval.confirm == "typed":
            return await _line(f"Type “{found.place}” to start it, or nothing to leave it: ") or None
        return "" if (await _line("Start it? [y/N] ")).lower() in ("y", "yes") else None

    return confirm


async def _line(prompt: str) -> str:
    """One line of the keyboard, without stopping the loop: a worker may beat in this process."""
    typer.echo(prompt, nl=False)
    loop = asyncio.get_running_loop()
    typed: asyncio.Future[str] = loop.create_future()

    def read() -> None:
        if not typed.done():
            typed.set_result(sys.stdin.readline())

    loop.add_reader(sys.stdin, read)
    try:
        return (await typed).strip()
    finally:
        loop.remove_reader(sys.stdin)
