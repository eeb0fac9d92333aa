"""How a run ends, in one transaction: its state, its event, its lock.

Events are kept for years and read by many: their words are never what one person alone is answered, nor what a
child wrote before it failed.
"""

from dataclasses import dataclass

from bot.db import approvals, events, locks, runs
from bot.db.database import Connection
from bot.domain import card as cards
from bot.domain.approval import ApprovalState
from bot.domain.card import Card, Tone
from bot.domain.command import Verb
from bot.domain.errors import Changed
from bot.domain.event import Kind
from bot.domain.json import JsonObject
from bot.domain.run import ACTIVE, BEFORE_RUNNING, Run, RunId, State
from permissions.model import Risk

_APPROVAL_ENDS = {
    State.DENIED: ApprovalState.DENIED,
    State.WITHDRAWN: ApprovalState.WITHDRAWN,
    State.EXPIRED: ApprovalState.EXPIRED,
}
_KINDS = {
    State.REFUSED: Kind.REQUEST_REFUSED,
    State.DENIED: Kind.APPROVAL_DENIED,
    State.WITHDRAWN: Kind.REQUEST_WITHDRAWN,
    State.EXPIRED: Kind.APPROVAL_EXPIRED,
    State.VOIDED: Kind.APPROVAL_VOIDED,
}


TOO_LATE = "It was approved, but did not start within 15 minutes. Ask again."
ALONE = "Its answer is for whoever asked alone."


@dataclass(frozen=True, slots=True)
class Ending:
    """says: for the run's own card. output: the last lines of what failed, for that card too."""

    state: State
    changed: Changed
    says: str
    card: Card | None = None
    output: str = ""


def of_card(verb: Verb, card: Card) -> Ending:
    """The verb came to its end and answers with this card."""
    failed = card.tone is Tone.FAIL and verb.plan is not None
    nothing = verb.risk is Risk.READ or card.unchanged
    alone = card.private or verb.answers == "private"
    return Ending(
        State.FAILED if failed else State.SUCCEEDED,
        "nothing" if nothing else "something",
        ALONE if alone else card.text,
        card,
    )


def log_names(run: Run) -> str:
    return f"My log names it: {run.label}."


async def before_running(
    connection: Connection,
    run: RunId,
    state: State,
    *,
    says: str,
    by: str = events.BOT,
    card: Card | None = None,
    body: JsonObject | None = None,
    cause: Kind | None = None,
) -> Run | None:
    """End a run that has not started: nothing was changed. None when it has started or ended meanwhile.

    The approval's row is locked before the run's, as by whoever votes: otherwise the two wait for each other.
    """
    await approvals.lock(connection, run)
    ended = await runs.move(
        connection,
        run,
        BEFORE_RUNNING,
        state,
        changed="nothing",
        because=says,
        outcome=cards.to_json(card) if card else None,
    )
    if ended is None:
        return None
    if state in _APPROVAL_ENDS:
        await approvals.close(connection, run, _APPROVAL_ENDS[state])
    await approvals.void(connection, run)
    if cause is not None:
        await events.record(connection, cause, run=ended, body={"says": says})
    await events.record(
        connection, _KINDS.get(state, Kind.RUN_ENDED), run=ended, actor=by, body=_body(ended, says) | (body or {})
    )
    await locks.free(connection, ended)
    return ended


async def after_running(connection: Connection, run: RunId, ending: Ending, *, worker: int) -> Run | None:
    """End a run that had started. Its lock is freed unless nobody knows what is true: then a person settles it."""
    ended = await runs.move(
        connection,
        run,
        ACTIVE,
        ending.state,
        worker=worker,
        changed=ending.changed,
        because=f"{ending.says}\n{ending.output}" if ending.output else ending.says,
        outcome=cards.to_json(ending.card) if ending.card else None,
        tell=(
            Kind.RUN_ENDED,
            {"state": ending.state.value, "changed": ending.changed, "says": ending.says},
        ),
    )
    if ended is None:
        return None
    if ending.changed != "unknown":
        await locks.free(connection, ended)
    return ended


def _body(run: Run, says: str) -> JsonObject:
    return {"state": run.state.value, "changed": run.changed, "says": says}
