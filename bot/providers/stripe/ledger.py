"""Which events were sent before, by whom and how that ended. A claim is written before anything is sent.

One row an attempt (`evt_1`, then `evt_1#2`): inserting is the claim, so of two runs only one gets an attempt.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.domain.capability import Records
from bot.domain.catalog import Place
from bot.domain.replay import RECORDS, Attempt, Fate, from_json, leave, to_json


@dataclass(frozen=True, slots=True)
class Ledger:
    records: Records
    place: Place
    run: str
    clock: Callable[[], datetime]

    async def last(self, event: str) -> Attempt | None:
        return (await self.lasts([event])).get(event)

    async def lasts(self, events: Iterable[str]) -> Mapping[str, Attempt]:
        """The last attempt at each of these, where there was one: a question for all firsts, one for the seconds …"""
        found: dict[str, Attempt] = {}
        asked, number = list(events), 1
        while asked:
            keys = {_key(event, number): event for event in asked}
            values = await self.records.among(RECORDS, self.place, list(keys))
            found |= {keys[key]: from_json(number, value) for key, value in values.items()}
            asked = [keys[key] for key in values]
            number += 1
        return found

    async def claim(self, event: str, *, again: bool) -> int | None:
        """The number of our attempt; None when the event must not be sent now or another run was faster."""
        last = await self.last(event)
        now = self.clock()
        if leave(last, now, seen=False, again=again):
            return None
        number = last.number + 1 if last else 1
        value = to_json(Fate.SENDING, self.run, now)
        won = await self.records.claim(RECORDS, self.place, _key(event, number), value)
        return number if won else None

    async def write(self, event: str, number: int, fate: Fate, says: str = "") -> None:
        value = to_json(fate, self.run, self.clock(), says)
        await self.records.put(RECORDS, self.place, _key(event, number), value)


def _key(event: str, number: int) -> str:
    return event if number == 1 else f"{event}#{number}"
