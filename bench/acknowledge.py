"""How fast is a signed `/health shop production` acknowledged, with everything on, against servers that do nothing?

Run it with `make bench`, or `python -m bench.acknowledge`.
"""

import asyncio
from statistics import median

import uvloop

from bench.place import bench, load, machine

ROUNDS = 3
SETS = ((1, 600), (16, 3000))  # clients, requests a round
ROWS = {
    "aiohttp": "bare aiohttp, signature only",
    "bolt": "bare Bolt, default settings",
    "web": "watchkeeper serve --no-worker",
    "whole": "watchkeeper serve (runs each one too)",
}


async def measure() -> dict[tuple[str, int], dict[str, float]]:
    async with bench() as place:
        ports = {
            "aiohttp": await place.bare("aiohttp"),
            "bolt": await place.bare("bolt"),
            "web": (await place.bot("web", "serve", "--no-worker")).port,
            "whole": (await place.bot("whole", "serve")).port,
        }
        found: dict[tuple[str, int], list[dict[str, float]]] = {}
        for port in ports.values():
            await load(port, 4, 300)  # warm
        for _ in range(ROUNDS):
            for clients, requests in SETS:
                for name, port in ports.items():
                    if name in ("web", "whole"):
                        await place.tidy(name)
                    found.setdefault((name, clients), []).append(await load(port, clients, requests))
                    await asyncio.sleep(1)
        return {key: _medians(rounds) for key, rounds in found.items()}


def _medians(rounds: list[dict[str, float]]) -> dict[str, float]:
    return {name: median(one[name] for one in rounds) for name in rounds[0]}


def table(found: dict[tuple[str, int], dict[str, float]]) -> str:
    lines = ["| server | clients | p50 ms | p99 ms | per second | p50 against Bolt | throughput against Bolt |"]
    lines.append("|---|---:|---:|---:|---:|---:|---:|")
    for clients, _ in SETS:
        bolt = found["bolt", clients]
        for name, words in ROWS.items():
            row = found[name, clients]
            faster, more = bolt["p50_ms"] / row["p50_ms"], row["per_second"] / bolt["per_second"]
            lines.append(
                f"| {words} | {clients} | {row['p50_ms']:.2f} | {row['p99_ms']:.2f} | {row['per_second']:.0f} "
                f"| {faster:.1f} × | {more:.1f} × |"
            )
    return "\n".join(lines)


if __name__ == "__main__":
    print(f"Acknowledgement of /health shop production, median of {ROUNDS} rounds. {machine()}\n")
    print(table(uvloop.run(measure())))
