"""What is wrong in a configuration file, where, and what to write instead. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding, printed as `policy.yml:12: what. Remedy.`; line 0 means the whole file."""

    file: str
    line: int
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return " ".join(part for part in (f"{place}: {self.what}", self.remedy) if part)


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Top to bottom and each once, as a person mends a file."""
    return tuple(sorted(dict.fromkeys(problems), key=lambda problem: problem.line))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Did you mean 'operator'? Without a near one: the list of what exists."""
    names = sorted(set(known))
    begun = [name for name in names if len(word) > 1 and name.startswith(word.lower())]
    near = begun or get_close_matches(word.lower(), names, n=1, cutoff=0.6)
    if near:
        return f"Did you mean '{near[0]}'?"
    return f"Known here: {', '.join(names)}." if names else ""
