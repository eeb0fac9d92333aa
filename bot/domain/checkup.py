"""What a check-up says, and what it asks of providers. Pure values; looking is done by those who can."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

State = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Remark:
    """One finding. remedy: what to do about it; never empty where something is not well."""

    about: str
    state: State
    says: str
    remedy: str = ""


class Doctor(Protocol):
    """What a provider can tell of its own set-up at one place, by read-only calls: whether what was given to it
    is enough for its work, and whether it is more than that."""

    async def examine(self) -> Sequence[Remark]: ...
