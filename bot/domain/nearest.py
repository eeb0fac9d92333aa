"""The nearest right word for one that was typed wrong. Pure."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """What the word was probably meant to be; None when nothing is near."""
    known = sorted(set(choices))
    typed = word.lower()
    near = get_close_matches(typed, known, n=1, cutoff=0.6)
    if near:
        return near[0]
    begun = [choice for choice in known if len(typed) >= 2 and choice.startswith(typed)]
    return begun[0] if len(begun) == 1 else None
