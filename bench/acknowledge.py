"""How fast is a signed `/health shop production` acknowledged, with everything on, against servers that do nothing?

Run it with `make bench`, or `python -m bench.acknowledge`. Everything on: guard, Bolt, parser, decision, the
de-duplication and a committed record (fsync, synchronous_commit).
`serve` besides executes each of these runs in the same process.
"""

import asyncio
from dataclasses import dataclass
from statistics import median

import uvloop

from bench.place import bench, load, machine

ROUNDS = 3
ROWS = {
    "aiohttp": "bare aiohttp, signature only",
    "bolt": "bare Bolt, default settings",
    "web": "watchkeeper serve --no-worker",
    "whole": "watchkeeper serve",
}


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
)
Figures = dict[str, float]


async def measure() -> dict[tuple[str, Load], Figures]:
    async with bench() as place:
        ports = {
            "aiohttp": await place.bare("aiohttp"),
            "bolt": await place.bare("bolt"),
            "web": (await place.bot("web", "serve", "--no-worker")).port,
            "whole": (await place.bot("whole", "serve")).port,
        }
        for port in ports.values():
            await load(port, 4, 300)  # warm
        found: dict[tuple[str, Load], list[Figures]] = {}
        for one in [each for _ in range(ROUNDS) for each in LOADS]:
            for name, port in ports.items():
                if name in ("web", "whole"):
                    await place.tidy(name)
                found.setdefault((name, one), []).append(await load(port, one.clients, one.requests, one.per_second))
                await asyncio.sleep(1)
        return {key: _medians(rounds) for key, rounds in found.items()}


def _medians(rounds: list[Figures]) -> Figures:
    return {name: median(one[name] for one in rounds) for name in rounds[0]}


def table(found: dict[tuple[str, Load], Figures]) -> str:
    lines = ["| load | server | p50 ms | p99 ms | per second | p50 against Bolt | throughput against Bolt |"]
    lines.append("|---|---|---:|---:|---:|---:|---:|")
    for one in LOADS:
        bolt = found["bolt", one]
        for name, words in ROWS.items():
            row = found[name, one]
            faster, more = bolt["p50_ms"] / row["p50_ms"], row["per_second"] / bolt["per_second"]
            through = "" if one.per_second else f"{more:.1f} ×"
            lines.append(
                f"| {one.says} | {words} | {row['p50_ms']:.2f} | {row['p99_ms']:.2f} | {row['per_second']:.0f} "
                f"| {faster:.1f} × | {through} |"
            )
    return "\n".join(lines)


if __name__ == "__main__":
    print(f"Acknowledgement of /health shop production, median of {ROUNDS} rounds. {machine()}\n")
    print(table(uvloop.run(measure())))
