"""The three presets as data: what each risk asks for at a protected place and elsewhere. Pure.

A line of `approvals` in the policy replaces the preset's line for the same risk and place.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from permissions.decision import ApprovalRule
from permissions.model import Risk

Lines = Mapping[tuple[Risk, bool], ApprovalRule]  # (risk, protected) → how it is confirmed; no line = at once

PLAN_CARD = timedelta(minutes=10)  # how long a card waits for its actor's own click

_BUTTON = ApprovalRule(
    need=0,
    from_role="",
    answer=PLAN_CARD,
    alone_after=None,
    backup_first=False,
    confirm="button",
    where="",
)
_TYPED = replace(_BUTTON, confirm="typed")
_ASKED = replace(_BUTTON, need=1, confirm="none")

_ELSEWHERE: Lines = {(Risk.CHANGE, False): _BUTTON, (Risk.DESTRUCTIVE, False): _TYPED}


def _preset(name: str, change: ApprovalRule, destructive: ApprovalRule) -> Lines:
    lines = {**_ELSEWHERE, (Risk.CHANGE, True): change, (Risk.DESTRUCTIVE, True): destructive}
    return {key: replace(line, where=f"preset {name}") for key, line in lines.items()}


PRESETS: Mapping[str, Lines] = {
    "solo": _preset(
        "solo",
        _BUTTON,
        replace(_TYPED, backup_first=True, hold=timedelta(seconds=60)),
    ),
    "small-team": _preset(
        "small-team",
        replace(_ASKED, from_role="operator", answer=timedelta(minutes=15), alone_after=timedelta(minutes=3)),
        replace(_ASKED, from_role="admin", answer=timedelta(minutes=60), backup_first=True),
    ),
    "strict": _preset(
        "strict",
        replace(_ASKED, from_role="operator", answer=timedelta(minutes=30)),
        replace(
            _ASKED,
            need=2,
            from_role="operator",
            including="admin",
            answer=timedelta(minutes=60),
            backup_first=True,
        ),
    ),
}

DEFAULT_PRESET = "small-team"
