"""Runs: what was asked, how it stands, and the hands on it: show, cancel, settle, locks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from bot.domain import plan as plans
from bot.domain.capability import Govern, LockInfo, Running
from bot.domain.card import Card
from bot.domain.catalog import Place
from bot.domain.command import Arg, Command, Environment, PersonRef, RunRef, Service, Verb, word_of_one
from bot.domain.listing import listing, nothing
from bot.domain.plan import Plan
from bot.domain.review import Review
from bot.domain.run import Run
from bot.domain.run_end import unsettled
from bot.domain.unvoted import WAYS
from bot.domain.words import clean, code, some, span, when
from permissions.model import APPROVAL_VOTE, RUN_CANCEL, RUN_READ, RUN_SETTLE, Risk

MOST = 50
SEARCHED = 200  # how far back a list for a whole service looks


@dataclass(frozen=True, slots=True)
class Runs:
    service: Service | None = None
    environment: Environment | None = None
    run: Annotated[RunRef | None, Arg(help="show this one")] = None
    limit: Annotated[int, Arg(option="--limit", help=f"how many, {MOST} at most")] = 10


@dataclass(frozen=True, slots=True)
class OfRun:
    run: RunRef


@dataclass(frozen=True, slots=True)
class Settle:
    run: RunRef
    how: Annotated[Literal["done", "not-done"], Arg(help="what is true now, after you looked")]


@dataclass(frozen=True, slots=True)
class Look:
    run: RunRef
    verdict: Annotated[Literal["fine", "talk"], Arg(help="was it right, or does it need a talk")]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for whoever asks."""


@dataclass(frozen=True, slots=True)
class HandOver:
    run: RunRef
    to: Annotated[PersonRef, Arg(help="who settles it from now on")]


@dataclass(frozen=True, slots=True)
class GiveTurn:
    run: Annotated[RunRef, Arg(help="whose turn it is first")]
    other: Annotated[RunRef, Arg(help="who shall go before it")]


@dataclass(frozen=True, slots=True)
class Locks:
    """All of them: there are few."""


# --- the list ----------------------------------------------------------------------------------------------


async def runs(request: Runs, _plan: Plan, running: Running) -> Card:
    if request.run is not None:
        return await running.govern.details(request.run, running.actor)
    found = await _found(request, running.govern)
    about = " ".join(part for part in (request.service, request.environment) if part)
    open_reviews = await running.govern.reviews()
    if not found:
        return nothing(f"No runs {f'of {about} ' if about else ''}yet", "What looks only is not listed.")
    title = f"{some(len(found), 'run')}{f' of {about}' if about else ''}"
    return listing(
        title,
        f"newest first: {_in_a_word(found)}",
        ("Run", "What", "Who", "State", "When"),
        (_row(run, running.govern) for run in found),
        more=[*_todo(found), *_reviews(open_reviews, running.govern)],
        footer=f"{code('/runs show ' + found[0].label)} tells all of one",
    )


async def _found(request: Runs, govern: Govern) -> list[Run]:
    limit = max(1, min(request.limit, MOST))
    if request.service and request.environment:
        return list(await govern.runs(place=Place(request.service, request.environment), limit=limit))
    listed = await govern.runs(limit=SEARCHED if request.service or request.environment else limit)
    return [
        run
        for run in listed
        if request.service in (None, run.service) and request.environment in (None, run.environment)
    ][:limit]


def _row(run: Run, govern: Govern) -> tuple[str, ...]:
    who = clean(govern.name(run.actor))
    text = f"{clean(run.text, 80)}{' --dry-run' if run.dry_run else ''}"
    return run.label, text, who, run.state.value.replace("_", " "), when(run.created_at, "date")


def _in_a_word(found: Sequence[Run]) -> str:
    first = found[0]
    return f"{first.label} {clean(first.text, 80)} is {first.state.value.replace('_', ' ')}"


def _todo(found: Sequence[Run]) -> list[str]:
    """What waits for a person."""
    unknown = [run for run in found if unsettled(run)]
    return [
        f"How {run.label} ended is not known: look at {run.place or 'it'}, "
        f"then {code(f'/runs settle {run.label} done')} or {code(f'/runs settle {run.label} not-done')}"
        for run in unknown
    ]


def _reviews(open_: Sequence[Review], govern: Govern) -> list[str]:
    """What ran without votes and nobody else has looked at yet."""
    return [
        f"R-{review.run} {WAYS[review.way]}, by {clean(govern.name(review.actor))} "
        f"{when(review.created_at, 'date')}: not reviewed yet. Somebody else types "
        f"{code(f'/runs review R-{review.run} fine')}"
        for review in open_
    ]


# --- what waits for whoever asks ---------------------------------------------------------------------------


async def waiting(_request: Waiting, _plan: Plan, running: Running) -> Card:
    found = await running.govern.waiting(running.actor)
    if not found:
        return nothing("Nothing waits for you", "You will get a direct message when somebody needs you.")
    title = f"{some(len(found), 'request')} {'waits' if len(found) == 1 else 'wait'} for you"
    first = found[0]
    return listing(
        title,
        f"{first.label} {clean(first.text, 80)} is the first to expire",
        ("Run", "What", "Who", "Why", "Answer by"),
        (_waiting(run, running.govern) for run in found),
        footer=f"{code('/runs show ' + first.label)} tells all of one, with its digits",
    )


def _waiting(run: Run, govern: Govern) -> tuple[str, ...]:
    until = when(run.expires_at, "date") if run.expires_at else "–"
    return run.label, clean(run.text, 80), clean(govern.name(run.actor)), clean(run.reason, 80), until


# --- one run -----------------------------------------------------------------------------------------------


async def show(request: OfRun, _plan: Plan, running: Running) -> Card:
    return await running.govern.details(request.run, running.actor)


async def cancel(request: OfRun, _plan: Plan, running: Running) -> Card:
    return await running.govern.cancel(request.run, running.actor)


async def settle(request: Settle, _plan: Plan, running: Running) -> Card:
    return await running.govern.settle(request.run, running.actor, request.how, running.run.reason)


async def alone(request: OfRun, _plan: Plan, running: Running) -> Card:
    return await running.govern.go_alone(request.run, running.actor, running.run.reason)


async def break_glass(request: OfRun, _plan: Plan, running: Running) -> Card:
    return await running.govern.break_glass(request.run, running.actor, running.run.reason)


async def review(request: Look, _plan: Plan, running: Running) -> Card:
    by, seat = running.actor, running.run.seat
    return await running.govern.review(request.run, by, request.verdict, running.run.reason, seat)


async def hand_over(request: HandOver, _plan: Plan, running: Running) -> Card:
    return await running.govern.turns.hand_over(request.run, running.actor, request.to, running.run.reason)


async def give_turn(request: GiveTurn, _plan: Plan, running: Running) -> Card:
    return await running.govern.turns.give_turn(request.run, request.other, running.actor)


# --- locks -------------------------------------------------------------------------------------------------


async def locks(_request: Locks, _plan: Plan, running: Running) -> Card:
    held = await running.govern.locks()
    if not held:
        return nothing("No lock is held", "Every place is free for a change.")
    first, count = held[0], some(len(held), "lock")
    return listing(
        f"{count} held",
        f"{first.service} {first.environment} by {first.run.label}",
        ("Place", "Kind", "Held by", "Why", "Since", "Usually", "Settles", "Waiting, in this order"),
        (_lock(lock, running.govern) for lock in held),
        footer="a lock is freed when its run ends, or is settled after an unknown outcome",
    )


def _lock(lock: LockInfo, govern: Govern) -> tuple[str, ...]:
    holder = f"{lock.run.label} {clean(lock.run.text, 60)} by {clean(govern.name(lock.run.actor))}"
    waiting = ", ".join(run.label for run in lock.waiting) or "nobody"
    usual = plans.from_json(lock.run.plan).usual if lock.run.plan else None
    return (
        f"{lock.service} {lock.environment}",
        lock.kind.value,
        holder,
        clean(lock.run.reason, 100) or "–",
        when(lock.since, "date"),
        span(usual) if usual else "–",
        clean(govern.name(lock.settles)) if unsettled(lock.run) else "–",
        waiting,
    )


COMMAND = Command(
    "/runs",
    "List runs, show one, cancel or settle it, see the locks",
    (
        Verb(
            "",
            Runs,
            None,
            runs,
            permission=RUN_READ,
            risk=Risk.READ,
            help="The last runs of this channel's place; of everything with all",
            example="/runs shop production",
        ),
        Verb(
            "show",
            OfRun,
            None,
            show,
            permission=RUN_READ,
            risk=Risk.READ,
            help="One run whole: state, plan, votes, steps",
            example="/runs show R-42",
        ),
        word_of_one(
            "cancel",
            OfRun,
            cancel,
            RUN_CANCEL,
            "Stops it before its next step; what is done stays done",
            "/runs cancel R-42",
        ),
        word_of_one(
            "settle",
            Settle,
            settle,
            RUN_SETTLE,
            "After an unknown outcome: say what is true now. It frees the lock; trying again is a new request.",
            "/runs settle R-42 not-done because the old release still answers",
        ),
        word_of_one(
            "alone",
            OfRun,
            alone,
            APPROVAL_VOTE,
            "Nobody has answered your request: go on without votes, where the policy allows it, and say why",
            "/runs alone R-42 because checkout is down and nobody answers",
        ),
        word_of_one(
            "break-glass",
            OfRun,
            break_glass,
            APPROVAL_VOTE,
            "Replaces the votes on your request, for roles that hold it; all are told, somebody reviews it",
            "/runs break-glass R-42 because checkout is down and it is 3 in the morning",
        ),
        word_of_one(
            "review",
            Look,
            review,
            APPROVAL_VOTE,
            "You looked at what somebody else ran without votes",
            "/runs review R-42 talk because the release notes said not to",
        ),
        word_of_one(
            "hand-over",
            HandOver,
            hand_over,
            RUN_SETTLE,
            "Somebody else settles an unknown outcome: who takes over and who did before are told",
            "/runs hand-over R-42 <@U0CHI> because my shift ends",
        ),
        word_of_one(
            "give-turn",
            GiveTurn,
            give_turn,
            RUN_READ,
            "Let another that waits for the same place go first; both who asked are told",
            "/runs give-turn R-43 R-44",
        ),
        Verb(
            "locks",
            Locks,
            None,
            locks,
            permission=RUN_READ,
            risk=Risk.READ,
            help="Who holds which place, since when, and who waits",
            example="/runs locks",
        ),
        Verb(
            "waiting",
            Waiting,
            None,
            waiting,
            permission=RUN_READ,
            risk=Risk.READ,
            help="The requests that wait for your answer, the soonest to expire first",
            example="/runs waiting",
            answers="private",
        ),
    ),
)
