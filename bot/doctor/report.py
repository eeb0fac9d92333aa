"""The findings of a check-up: as a list for a terminal, and as JSON for a program. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.domain.checkup import Remark, State
from bot.domain.json import JsonObject

_MARKS: dict[State, str] = {"ok": "✔", "warn": "!", "fail": "✖"}
_COLOURS: dict[State, str] = {"ok": "32", "warn": "33", "fail": "31"}
_WIDTH = 14


@dataclass(frozen=True, slots=True)
class Section:
    name: str
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True)
class Report:
    sections: tuple[Section, ...]
    at: datetime

    def count(self, state: State) -> int:
        return sum(1 for section in self.sections for remark in section.remarks if remark.state == state)

    @property
    def worst(self) -> State:
        return "fail" if self.count("fail") else "warn" if self.count("warn") else "ok"

    def text(self, *, colour: bool) -> str:
        """One line a finding, its remedy below it, and the sum at the end."""
        return "\n".join([*self._lines(colour), "", _coloured(self.says, self.worst, colour)])

    @property
    def says(self) -> str:
        fine, look, wrong = (self.count(state) for state in ("ok", "warn", "fail"))
        if self.worst == "ok":
            return f"All {fine} are well."
        return f"{fine} well, {look} to look at, {wrong} wrong." + (
            "" if wrong else " The bot can run; what is marked ! makes it safer."
        )

    def json(self) -> JsonObject:
        """`state`: ok, warn or fail; the same words in each finding."""
        return {
            "state": self.worst,
            "at": self.at.isoformat(),
            "findings": [
                {"section": section.name, "about": one.about, "state": one.state, "says": one.says,
                 "remedy": one.remedy}
                for section in self.sections
                for one in section.remarks
            ],
        }  # fmt: skip

    def _lines(self, colour: bool) -> Iterator[str]:
        for number, section in enumerate(one for one in self.sections if one.remarks):
            yield from ([""] if number else [])
            yield section.name
            for remark in section.remarks:
                mark = _coloured(_MARKS[remark.state], remark.state, colour)
                yield f"  {mark} {remark.about:<{_WIDTH}} {remark.says}"
                if remark.remedy:
                    yield f"    {'':<{_WIDTH}} → {remark.remedy}"


def _coloured(text: str, state: State, colour: bool) -> str:
    return f"\x1b[{_COLOURS[state]}m{text}\x1b[0m" if colour else text
