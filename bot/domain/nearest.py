"""The nearest right word for one that was typed wrong. Pure."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """What the word was probably meant to be; None when nothing is near."""
    known = sorted(set(choices))
    typed = word.lower()
    near = get_close_matches(typed, known, n=4, cutoff=0.6)
    if near:
        return min(near, key=lambda choice: slips(typed, choice))
    begun = [choice for choice in known if len(typed) >= 2 and choice.startswith(typed)]
    return begun[0] if len(begun) == 1 else None


def slips(typed: str, meant: str) -> int:
    """How many letters were forgotten, added, mistaken or swapped with their neighbour."""
    before: list[int] = []
    row = list(range(len(meant) + 1))
    for i, letter in enumerate(typed, 1):
        older, before, row = before, row, [i]
        for j, wanted in enumerate(meant, 1):
            least = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == meant[j - 2] and typed[i - 2] == wanted:
                least = min(least, older[j - 2] + 1)
            row.append(least)
    return row[-1]
