"""A plan says exactly what will happen; what binds is hashed, what tells is only shown. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import cast

from bot.domain.json import Json, JsonObject, digest
from bot.domain.words import CHANNEL, LINK, PERSON, clean, without
from permissions.model import Risk


@dataclass(frozen=True, slots=True)
class Plan:
    """What the verb's `plan()` found.

    binds: resolved target, expected present state, argument lists, frozen ids, URLs. Approved by digest and
    compared again before the start. Keep sizes, durations and health out of it: they belong to `tells`.
    """

    question: str  # "Roll back shop production" (a "?" is added where it is asked)
    summary: str  # "9f8e7d6 → 4c1d2a7. Data is not touched." (≤ 300 characters, used in dialogs)
    button: str  # "Approve rollback" becomes "Roll back now" in the dialog: see `go`
    go: str  # "Roll back now"
    binds: Mapping[str, Json]
    tells: tuple[str, ...] = ()  # lines of the card, in words
    now: str = ""  # "2 of 9 checks fail"
    usual: timedelta | None = None
    raises: Risk | None = None  # the plan found that the risk is higher than the verb's
    raises_because: str = ""
    nothing_to_do: str = ""  # set: the request ends here, succeeded, with this sentence
    steps: tuple[str, ...] = field(default_factory=tuple)  # names of the steps to come, in order

    @property
    def digest(self) -> str:
        """SHA-256 over what binds; people see its first six digits."""
        return digest(dict(self.binds))


NOTHING = Plan("", "", "", "", {})
"""Of what runs at once."""


def sober(plan: Plan) -> Plan:
    """A plan is read by whoever approves it, and may hold what vendors and services wrote. Whatever its command
    forgot to clean: it never links, buttons and steps have no marks, only what it tells may name a person."""
    calm = partial(without, f"{LINK}{CHANNEL}{PERSON}")
    return replace(
        plan,
        question=clean(plan.question),
        summary=calm(plan.summary),
        button=clean(plan.button),
        go=clean(plan.go),
        tells=tuple(without(f"{LINK}{CHANNEL}", line) for line in plan.tells),
        now=calm(plan.now),
        raises_because=calm(plan.raises_because),
        nothing_to_do=calm(plan.nothing_to_do),
        steps=tuple(map(clean, plan.steps)),
    )


def to_json(plan: Plan) -> JsonObject:
    return {
        "question": plan.question,
        "summary": plan.summary,
        "button": plan.button,
        "go": plan.go,
        "binds": dict(plan.binds),
        "tells": list(plan.tells),
        "now": plan.now,
        "usual": plan.usual.total_seconds() if plan.usual else None,
        "raises": plan.raises.value if plan.raises else None,
        "raises_because": plan.raises_because,
        "nothing_to_do": plan.nothing_to_do,
        "steps": list(plan.steps),
    }


def from_json(data: Mapping[str, Json]) -> Plan:
    usual, raises = data["usual"], data["raises"]
    return Plan(
        str(data["question"]),
        str(data["summary"]),
        str(data["button"]),
        str(data["go"]),
        cast("JsonObject", data["binds"]),
        tuple(cast("list[str]", data["tells"])),
        str(data["now"]),
        timedelta(seconds=float(cast("float", usual))) if usual is not None else None,
        Risk(str(raises)) if raises else None,
        str(data["raises_because"]),
        str(data["nothing_to_do"]),
        tuple(cast("list[str]", data["steps"])),
    )


def drift(approved: Mapping[str, Json], found: Mapping[str, Json]) -> list[str]:
    """What differs between two `binds`, one sentence each; empty when they are the same."""
    changes = []
    for key in sorted({*approved, *found}):
        before, after = approved.get(key), found.get(key)
        if before != after:
            changes.append(f"{key.replace('_', ' ')} was {_short(before)}, now {_short(after)}")
    return changes


def _short(value: Json) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= 80 else f"{text[:79]}…"
