"""How a command of the terminal ends for a program: the exit code, and the run as JSON. Pure."""

from enum import IntEnum

from bot.domain.approval import Approval
from bot.domain.json import JsonObject
from bot.domain.run import FINAL, Run, State
from bot.domain.run_end import unsettled
from bot.domain.words import plain


class Code(IntEnum):
    """What the shell sees."""

    DONE = 0
    FAILED = 1  # or refused, denied, expired: it did not come to pass
    USAGE = 2
    UNKNOWN = 3  # nobody knows whether it came to pass: look, then settle it
    WAITING = 4  # for an approval, its turn, a worker; or it runs on


def code_of(run: Run) -> Code:
    if run.state not in FINAL:
        return Code.WAITING
    if run.state is State.SUCCEEDED:
        return Code.DONE
    return Code.UNKNOWN if unsettled(run) else Code.FAILED


def as_json(run: Run, approval: Approval | None = None) -> JsonObject:
    """For programs: facts only, no words that change with the wording."""
    asked = list(approval.asked) if approval and run.state is State.WAITING and run.approved_at is None else []
    return {
        "run": run.label,
        "line": run.text,
        "state": run.state.value,
        "changed": run.changed,
        "service": run.service,
        "environment": run.environment,
        "actor": run.actor,
        "via": run.via,
        "reason": run.reason,
        "because": plain(run.because),
        "digest": (run.digest or "")[:6] or None,
        "waits_for": [*asked],
        "asked_at": run.created_at.isoformat(),
        "started_at": run.started_at.isoformat() if run.started_at else None,
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        "exit": int(code_of(run)),
    }
