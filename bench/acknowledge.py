"""How fast is a signed `/health shop production` acknowledged, with everything on, against servers that do nothing?

Run it with `make bench`, or `python -m bench acknowledge`. Everything on: guard, Bolt, parser, decision, the
de-duplication and a committed record (fsync, synchronous_commit).
`serve` besides executes each of these runs in the same process.
"""

import asyncio
from dataclasses import dataclass
from statistics import median

from bench.place import Bench, bench, load
from bench.table import Row

ROUNDS = 2
ROWS = {
    "aiohttp": "bare aiohttp, signature only",
    "durable": "bare aiohttp, signature and one committed row",
    "bolt": "bare Bolt, default settings",
    "web": "watchkeeper serve --no-worker",
    "whole": "watchkeeper serve",
    "twice": "watchkeeper serve, two replicas",
}
BOTS = ("web", "whole", "twice")


@dataclass(frozen=True, slots=True)
class Load:
    says: str
    clients: int
    requests: int
    per_second: int = 0  # 0: the next request follows the answer at once


LOADS = (
    Load("1 client, 20 a second", 1, 60, 20),
    Load("1 client, no pause", 1, 500),
    Load("16 clients, no pause", 16, 3000),
    Load("64 clients, no pause", 64, 3000),
)
Figures = dict[str, float]


async def measure() -> dict[tuple[str, Load], Figures]:
    async with bench() as place:
        ports = await _servers(place)
        for each in ports.values():
            await _load(each, Load("warm", 4, 300))
        for name in BOTS:
            await place.tidy(name)
        found: dict[tuple[str, Load], list[Figures]] = {}
        for one in [each for _ in range(ROUNDS) for each in LOADS]:
            for name, each in ports.items():
                found.setdefault((name, one), []).append(await _load(each, one))
                if name in BOTS:
                    await place.tidy(name)
                await asyncio.sleep(1)
        return {key: _medians(rounds) for key, rounds in found.items()}


async def _servers(place: Bench) -> dict[str, list[int]]:
    """name → the ports at which it answers."""
    first = await place.bot("twice", "serve")
    return {
        "aiohttp": [await place.bare("aiohttp")],
        "durable": [await place.bare("durable", await place.database("durable"))],
        "bolt": [await place.bare("bolt")],
        "web": [(await place.bot("web", "serve", "--no-worker")).port],
        "whole": [(await place.bot("whole", "serve")).port],
        "twice": [first.port, (await place.bot("twice", "serve", again=True)).port],
    }


async def _load(ports: list[int], one: Load) -> Figures:
    """Clients and requests are shared out among the ports; the slower port's times count."""
    ports = ports[: one.clients]
    many = len(ports)
    clients, requests, per_second = one.clients // many, one.requests // many, one.per_second // many
    shares = [load(port, clients, requests, per_second, at * requests) for at, port in enumerate(ports)]
    found = await asyncio.gather(*shares)
    return {
        "p50_ms": max(each["p50_ms"] for each in found),
        "p99_ms": max(each["p99_ms"] for each in found),
        "per_second": sum(each["per_second"] for each in found),
        "late": sum(each["late"] for each in found),
    }


def _medians(rounds: list[Figures]) -> Figures:
    return {name: median(one[name] for one in rounds) for name in rounds[0]}


async def rows() -> list[Row]:
    found = await measure()
    return [_row(name, one, found) for one in LOADS for name in ROWS]


def _row(name: str, one: Load, found: dict[tuple[str, Load], Figures]) -> Row:
    row, bolt, limit, durable = (found[kind, one] for kind in (name, "bolt", "aiohttp", "durable"))
    figure = f"{row['p50_ms']:.2f} ms p50, {row['p99_ms']:.2f} ms p99, {row['per_second']:.0f} a second"
    figure += f", {row['late']:.0f} not confirmed within 2 s" if row["late"] else ""
    against = f"p50 {bolt['p50_ms'] / row['p50_ms']:.1f} × better than bare Bolt"
    against += f", {row['p50_ms'] / durable['p50_ms']:.1f} × as long as one committed row"
    if not one.per_second:
        of_bolt, of_limit, of_durable = (row["per_second"] / each["per_second"] for each in (bolt, limit, durable))
        against += f"; throughput {of_bolt:.2f} × bare Bolt's, {of_limit:.0%} of bare aiohttp's"
        against += f", {of_durable:.0%} of that with one committed row"
    return Row(f"acknowledge, {one.says}: {ROWS[name]}", figure, against)
