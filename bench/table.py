"""What a part of the bench measured, and the one table that all of them end in."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """against: the ratio to what was measured beside it in the same run."""

    what: str
    figure: str
    against: str = ""


def table(rows: Iterable[Row]) -> str:
    lines = ["| what | measured | against |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {row.what} | {row.figure} | {row.against} |" for row in rows)])
