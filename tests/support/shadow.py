"""What rows became beside the events that tell it, for laws that hold after every deed."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.db.database import Pool

_SQL = Path(__file__).with_suffix(".sql").read_text()

Of = tuple[str, int]  # an event's kind, and the run or incident that it is about


@dataclass(frozen=True, slots=True)
class Change:
    """One row's change; `before` is empty at its birth, `after` at its end."""

    table: str
    before: dict[str, Any]
    after: dict[str, Any]

    @property
    def run(self) -> int:
        row = self.after or self.before
        return int(row["id" if self.table == "runs" else "run_id"])

    def of(self, column: str) -> tuple[Any, Any]:
        return self.before.get(column), self.after.get(column)

    def changed(self, column: str) -> bool:
        before, after = self.of(column)
        return bool(before != after)


class Shadow:
    """`changes` and `events` give what is new since they were last asked."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._seen = 0
        self._heard = 0

    async def fall(self) -> None:
        await self._pool.execute(_SQL)

    async def changes(self) -> list[Change]:
        rows = await self._pool.fetch("SELECT * FROM shadow WHERE n > $1 ORDER BY n", self._seen)
        self._seen = max((row["n"] for row in rows), default=self._seen)
        return [Change(row["of"], row["before"] or {}, row["after"] or {}) for row in rows]

    async def events(self, kinds: Iterable[str]) -> Counter[Of]:
        rows = await self._pool.fetch(
            "SELECT e.id, kind, coalesce(run_id, (p.body::jsonb->>'incident')::bigint) AS about"
            " FROM events e JOIN event_payloads p ON p.event_id = e.id WHERE e.id > $1 ORDER BY e.id",
            self._heard,
        )
        self._heard = max((row["id"] for row in rows), default=self._heard)
        return Counter((row["kind"], row["about"]) for row in rows if row["kind"] in kinds)

    async def forget(self) -> None:
        """What was until now is no longer new."""
        await self.changes()
        await self.events(())
