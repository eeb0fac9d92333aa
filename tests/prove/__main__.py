"""`make prove`: all trials, one table, an exit code. SEED=… repeats a schedule; ARGS=--short takes two minutes."""

import argparse
import asyncio
import logging
import os
import signal
import sys
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random, SystemRandom

from tests.prove import stage
from tests.prove.figures import Figures, table
from tests.prove.points import Way, every
from tests.prove.races import Races
from tests.prove.rounds import Rounds
from tests.prove.stage import Stage
from tests.prove.statements import Moment
from tests.prove.town import PATIENCE_S, Town
from tests.support import history, laws
from tests.support.history import History

KEPT = Path(".watchkeeper/prove")


@dataclass(frozen=True, slots=True)
class Size:
    """How much of each trial."""

    approvals: int
    duels: int
    rounds: int
    round_s: float
    kills: float  # shares of all moments
    cuts: float
    freezes: float


SHORT = Size(approvals=20, duels=2, rounds=1, round_s=10, kills=0.015, cuts=0.03, freezes=0.005)
WHOLE = Size(approvals=300, duels=25, rounds=8, round_s=30, kills=1.0, cuts=1.0, freezes=0.2)


async def races(at: Stage, random: Random, size: Size, figures: Figures) -> None:
    town = await at.town(10)
    left, right = await asyncio.gather(town.host("serve"), town.host("serve"))
    races = Races(town, left.replica, right.replica, random, figures)
    await races.clicks(size.approvals)
    await races.duels(size.duels)
    await races.rollbacks(size.duels)
    await races.policies(size.duels)
    await races.freezes(size.duels)
    await races.copies(size.duels * 4)
    for words, times in sorted(races.ends.items()):
        print(f"  {words} × {times}")


async def sockets(at: Stage, random: Random, size: Size, figures: Figures) -> None:
    town = await at.town(4, socket=True)
    left, right = await asyncio.gather(town.host("serve"), town.host("serve"))
    await Races(town, left.replica, right.replica, random, figures).envelopes(size.duels * 4)


async def crash(at: Stage, random: Random, size: Size, figures: Figures) -> None:
    town = await at.town(6)
    await Rounds(town, random, figures).play(size.rounds, size.round_s)


def points(way: Way, share: Callable[[Size], float], side_by_side: int = 3) -> "Trial":
    """Strike at this share of the moments, drawn by the seed."""

    async def trial(at: Stage, random: Random, size: Size, figures: Figures) -> None:
        def choose(found: list[Moment]) -> list[Moment]:
            return random.sample(found, max(1, round(len(found) * share(size))))

        await every(at, figures, way, choose, 2 if size is SHORT else side_by_side)

    return trial


Trial = Callable[[Stage, Random, Size, Figures], Awaitable[None]]
TRIALS: Mapping[str, Trial] = {
    "races": races,
    "sockets": sockets,
    "crash": crash,
    "kill": points("kill", lambda size: size.kills),
    "cut": points("cut", lambda size: size.cuts),
    "freeze": points("freeze", lambda size: size.freezes),
}


async def prove(seed: int, size: Size, names: list[str]) -> bool:
    parts: dict[str, Figures] = {}
    mine = asyncio.current_task()
    assert mine is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, mine.cancel)  # nothing is left behind
    for name in names:
        print(f"{name} …", flush=True)
        parts[name] = await _tried(name, seed, size)
    print(f"\nseed {seed}\n{table(parts)}")
    for name, figures in parts.items():
        for words in figures.broken:
            print(f"\nBROKEN in {name}: {words}")
    return not any(figures.broken for figures in parts.values())


async def _tried(name: str, seed: int, size: Size) -> Figures:
    """One trial on a server of its own; each part has its own random numbers, so that it can be repeated alone."""
    figures, begun = Figures(), time.monotonic()
    async with stage.opened() as at:
        try:
            await TRIALS[name](at, Random(f"{seed} {name}"), size, figures)
        except Exception as error:  # what stopped it is a finding too, and the histories are wanted all the same
            figures.broken.append(f"the trial stopped: {_in_words(error)}")
        for town in at.towns:
            await _judge(town, figures, KEPT / f"{name}-{seed}")
    figures.seconds = time.monotonic() - begun
    return figures


def _in_words(error: BaseException) -> str:
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(map(_in_words, error.exceptions))
    at = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({Path(at.filename).name}:{at.lineno})"


async def _judge(town: Town, figures: Figures, kept: Path) -> None:
    """The laws over the whole history; a history that breaks one is kept, with what the processes said."""
    try:
        found = await town.seen(5 if figures.broken else PATIENCE_S)
    except AssertionError as error:
        figures.broken.append(str(error))
        found = await town.history()
    figures.broken += [words for words in laws.broken(found) if words not in figures.broken]
    figures.add(found)
    figures.clicks += town.clicks
    if figures.broken:
        await asyncio.to_thread(_keep, town, found, kept)
        print(f"  kept: {kept}")


def _keep(town: Town, found: History, kept: Path) -> None:
    kept.mkdir(parents=True, exist_ok=True)
    history.save(found, kept / f"{town.name}.json")
    for replica in town.replicas:
        (kept / f"{town.name}-{replica.log.parent.name}.log").write_bytes(replica.log.read_bytes())


def main() -> int:
    asks = argparse.ArgumentParser(prog="make prove")
    asks.add_argument("--short", action="store_true", help="the part that runs with every change, two minutes")
    asks.add_argument("--only", choices=TRIALS, action="append", help="one trial alone")
    asks.add_argument("--check", type=Path, help="ask the laws again of a history that was kept")
    given = asks.parse_args()
    if given.check:
        found = laws.broken(history.load(given.check))
        print("\n".join(found) or "no promise is broken")
        return bool(found)
    logging.getLogger("asyncpg").setLevel(logging.CRITICAL)  # our own pool, too, loses its server all the time
    seed = int(os.environ.get("SEED") or SystemRandom().randrange(1_000_000))
    print(f"seed {seed}: SEED={seed} repeats what people do and what breaks when")
    return not asyncio.run(prove(seed, SHORT if given.short else WHOLE, given.only or list(TRIALS)))


if __name__ == "__main__":
    sys.exit(main())
