"""`make demo`: everything on this machine until Ctrl-C. The bot does not know that it is a demo."""

import asyncio
import signal
import sys
import time
from collections.abc import Coroutine
from pathlib import Path

from bot.sandbox import folder as home
from bot.sandbox.bot_process import DidNotStart
from bot.sandbox.folder import NotOurs
from bot.sandbox.stage import ANA, OPS, Stage
from bot.sandbox.tour import Tour


async def main(folder: Path, *, port: int = 3100, tour: bool = False, fresh: bool = False) -> int:
    """Until Ctrl-C, or the end of the tour, which plays in a fresh folder beside the demo's. 0: all was as told."""
    if tour:
        folder, port, fresh = folder.with_name(f"{folder.name}-tour"), 0, True
    try:
        with home.held(folder, fresh=fresh):
            return await _run(await asyncio.to_thread(Stage, folder, port=port), tour=tour)
    except NotOurs as error:
        return _complain(str(error))


async def _run(stage: Stage, *, tour: bool) -> int:
    interrupted = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, interrupted.set)
    begun = time.monotonic()
    print("Starting a shop, its payment provider, a Slack workspace and the bot …", flush=True)
    try:
        if not await _unless(interrupted, stage.start()):
            return 130
        print(f"Ready after {time.monotonic() - begun:.1f} s.\n", flush=True)
        if tour:
            return await _play(stage, interrupted)
        await stage.look()
        _welcome(stage)
        await interrupted.wait()
        print("\nStopping …", flush=True)
        return 0
    except DidNotStart as error:
        return _complain(f"{error}\n\nThe whole log is {stage.folder / 'bot.log'}. {_REMEDY}")
    finally:
        await stage.close()


_TO_FIX = "The alert comes by itself within half a minute; the panel at the side says what to try."
_ALL_WELL = (
    "All is well there. The panel at the side can break it again; `--fresh` (`make demo ARGS=--fresh`) begins anew."
)
_REMEDY = "`--fresh` (`make demo ARGS=--fresh`) forgets this demo's data and builds everything anew."


async def _play(stage: Stage, interrupted: asyncio.Event) -> int:
    told = Tour(stage)
    if not await _unless(interrupted, told.play()):
        return 130
    return 0 if told.as_told else 1


async def _unless(interrupted: asyncio.Event, work: Coroutine[object, object, None]) -> bool:
    """False if a person stopped it before its end."""
    task = asyncio.ensure_future(work)
    stop = asyncio.ensure_future(interrupted.wait())
    await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    if task.done():
        task.result()
        return True
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return False


def _welcome(stage: Stage) -> None:
    me = stage.workspace.state.people[ANA]
    print(f"  Open  {stage.workspace.url}/?as={ANA}&channel={OPS}\n")
    print(f"  You are {me.real_name} ({me.title.lower()}) of the Lantern Shop; switch the person at the top.")
    for fact in stage.troubles:
        print(f"  {fact['label']}: {fact['detail']}")
    print(f"  {_TO_FIX if stage.troubles else _ALL_WELL}\n")
    print(f"  Files and logs: {stage.folder}   Ctrl-C stops everything; the next start has its data.", flush=True)


def _complain(words: str) -> int:
    print(words, file=sys.stderr, flush=True)
    return 1
