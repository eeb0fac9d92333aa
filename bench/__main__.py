"""Every part of the bench, one after another, and one table at the end: `make bench`, or `python -m bench PART…`.

The soak takes minutes and is measured only when it is named.
Ratios come from the same run; take them before the numbers, and both from a machine that has nothing else to do.
"""

import sys
import time

import uvloop

from bench import acknowledge, backup, fan, history, home, replay, soak, start, startup, timeline
from bench.place import machine
from bench.table import Row, table

PARTS = {
    "acknowledge": acknowledge.rows,
    "start": start.rows,
    "startup": startup.rows,
    "fan": fan.rows,
    "timeline": timeline.rows,
    "home": home.rows,
    "history": history.rows,
    "backup": backup.rows,
    "replay": replay.rows,
    "soak": soak.rows,
}
WHEN_NAMED = ("soak",)


def main(names: list[str]) -> None:
    where, found = machine(), list[Row]()
    for name in names or [part for part in PARTS if part not in WHEN_NAMED]:
        begun = time.perf_counter()
        found += uvloop.run(PARTS[name]())
        print(f"{name}: {time.perf_counter() - begun:.0f} s", file=sys.stderr, flush=True)
    print(f"{where}\n\n{table(found)}")


if __name__ == "__main__":
    main(sys.argv[1:])
