"""The chain's head as people keep it elsewhere: `1042:9f86d081884c7d659a2feaa0c55ad015`, number and hash. Pure.

Whoever may write to PostgreSQL can make a chain that is whole in itself, but none that still holds an anchor
which was told to somebody else before.
"""

import re
from dataclasses import dataclass

_WRITTEN = re.compile(r"([1-9][0-9]{0,17}):([0-9a-f]{32,64})", re.ASCII)
_TOLD = 32  # hexadecimal digits: 128 bits, which nobody makes another chain for


@dataclass(frozen=True, slots=True)
class Anchor:
    """hash: at least its first 32 digits."""

    number: int
    hash: str

    def __str__(self) -> str:
        return f"{self.number}:{self.hash[:_TOLD]}"

    def holds(self, found: str | None) -> bool:
        """Whether the event that has this number now, if there is one, is the one that was told."""
        return found is not None and found.startswith(self.hash)


def read(text: str) -> Anchor | None:
    """None for what is not written like one."""
    found = _WRITTEN.fullmatch(text.strip().lower())
    return Anchor(int(found[1]), found[2]) if found else None


def broken(anchor: Anchor, found: str | None) -> str:
    """What an anchor that does not hold proves."""
    if found is None:
        return f"there is no event {anchor.number} any more, which was told elsewhere as {anchor}"
    return f"event {anchor.number} is not the one that was told elsewhere as {anchor}: the log was written anew"
