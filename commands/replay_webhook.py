"""Send payment webhooks again that the service did not get.

Takes no lock: each event is claimed in the records before it is sent, so two replays at once send nothing twice.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from statistics import median
from typing import Annotated, cast

from bot.domain.capability import Look, Running, Step
from bot.domain.card import Card
from bot.domain.catalog import Place
from bot.domain.command import Arg, Command, Environment, EventRef, Service, Since, Verb
from bot.domain.errors import Impossible, ProviderError
from bot.domain.plan import Plan
from bot.domain.replay import Fate, Leave, Result, batches, chains, leave
from bot.domain.replay_card import Left, Listed, ended, leaves_out, tells
from bot.domain.run import State
from bot.domain.words import clean, code, some, when
from bot.providers.stripe import Route, StripeEvent, StripeWebhooks
from bot.providers.stripe.ledger import Ledger
from bot.providers.stripe.models import Way
from bot.providers.stripe.replay import ARRIVES_WITHIN, AT_ONCE, Sender, first_error
from permissions.model import WEBHOOK_REPLAY, Risk

MOST = 500  # events a run
BATCH = 40  # events a step: a run can be stopped between two


@dataclass(frozen=True, slots=True)
class ReplayWebhook:
    service: Service
    environment: Environment
    event: EventRef | None = None
    since: Annotated[Since | None, Arg(option="--since", help="undelivered events since then, like 2h")] = None
    again: Annotated[
        tuple[EventRef, ...], Arg(option="--again", help="send this one again although it may have arrived")
    ] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """What a replay would send, in order, and what it leaves out."""

    send: tuple[StripeEvent, ...]
    over: int  # more than one run takes
    left: Left


async def plan(request: ReplayWebhook, look: Look) -> Plan:
    place = Place(request.service, request.environment)
    if not (request.event or request.since or request.again):
        raise Impossible("Say which webhooks.", f"For example {code(f'/replay-webhook {place} --since 2h')}.")
    webhooks = look.provider(place, StripeWebhooks)
    choice, route = await _choose(request, place, look, webhooks)
    if not choice.send:
        sentence = _nothing(request, place, choice.left)
        return Plan(f"Replay webhooks to {place}", "", "", "", {}, nothing_to_do=sentence)
    count = len(choice.send)
    listed = [Listed(event.id, event.kind, event.created) for event in choice.send]
    return Plan(
        f"Replay {some(count, 'webhook')} to {place}",
        f"{some(count, 'event')} to {clean(route.url, 150)}, {_by(route)}. What the service has is left out.",
        "Approve replay",
        "Replay now",
        {
            "place": str(place),
            "events": [event.id for event in choice.send],
            "url": route.url,
            "way": route.way,
            "endpoint": route.endpoint,
            "again": list(request.again),
        },
        (*tells(place, listed, route.url, route.endpoint, choice.left), *_over(choice.over)),
        usual=await _usual(look, place),
        steps=("look up", *(name for name, _ in _batches(choice.send)), "verify"),
    )


async def execute(request: ReplayWebhook, plan: Plan, running: Running) -> Card:
    place = Place(request.service, request.environment)
    webhooks = running.provider(place, StripeWebhooks)
    ids = cast("list[str]", plan.binds["events"])
    async with running.step("look up", deadline=timedelta(minutes=2)):
        events = await _fetch(webhooks, ids)
    sender = Sender(
        webhooks,
        Ledger(running.records, place, running.run.label, webhooks.clock),
        _route(plan),
        running.key,
        frozenset(cast("list[str]", plan.binds["again"])),
        ARRIVES_WITHIN,
    )
    for name, batch in _batches(events):
        async with running.step(name, deadline=timedelta(minutes=10)) as step:
            await sender.send(batch, _teller(step, sender.results, len(events)))
    async with running.verifying() as step:
        verified = await _in_table(webhooks, sender.results)
        await step.say(verified)
    return ended(place, sender.results, _retry(request, place), verified)


# What to send


async def _choose(request: ReplayWebhook, place: Place, look: Look, webhooks: StripeWebhooks) -> tuple[Choice, Route]:
    endpoint = await webhooks.endpoint()
    route = webhooks.route(endpoint)
    named = dict.fromkeys(one for one in (request.event, *request.again) if one)
    found = {event.id: event for event in await _fetch(webhooks, list(named))}
    if request.since:
        found |= {event.id: event for event in await webhooks.undelivered(request.since, endpoint)}
    events = sorted(found.values(), key=lambda event: event.created)
    seen = await webhooks.seen(list(found))
    tried = await Ledger(look.records, place, "", webhooks.clock).lasts(found)
    left: dict[Leave, list[str]] = {reason: [] for reason in Leave}
    send = []
    for event in events:
        last, again = tried.get(event.id), event.id in request.again
        if reason := leave(last, webhooks.clock(), seen=event.id in seen, again=again):
            left[reason].append(event.id)
        else:
            send.append(event)
    return Choice(tuple(send[:MOST]), max(0, len(send) - MOST), Left(left, webhooks.seen_in)), route


async def _fetch(webhooks: StripeWebhooks, ids: Sequence[str]) -> list[StripeEvent]:
    """These events as Stripe holds them now, a few at once."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(event_id: str) -> StripeEvent:
        async with slots:
            return await webhooks.event(event_id)

    with first_error():
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(event_id)) for event_id in ids]
    return [task.result() for task in tasks]


def _nothing(request: ReplayWebhook, place: Place, left: Left) -> str:
    what = f"{place} has no webhook to replay"
    since = f" since {when(request.since, 'date')}" if request.since else ""
    why = leaves_out(place, left)
    return f"{what}{since}." if not why else f"{what}{since}: {'; '.join(why)}."


# The plan in words


def _by(route: Route) -> str:
    return "asked at Stripe" if route.way == "asked" else "signed and sent by us"


def _over(over: int) -> tuple[str, ...]:
    return (f"the oldest {MOST} now; {some(over, 'event')} more for another run",) if over else ()


async def _usual(look: Look, place: Place) -> timedelta | None:
    runs = await look.last_runs(place, COMMAND.name)
    took = [run.took.total_seconds() for run in runs if run.took and run.state is State.SUCCEEDED]
    return timedelta(seconds=median(took)) if took else None


# Sending


def _route(plan: Plan) -> Route:
    way: Way = "asked" if plan.binds["way"] == "asked" else "signed"
    return Route(way, str(plan.binds["url"]), str(plan.binds["endpoint"]))


def _batches(events: Sequence[StripeEvent]) -> list[tuple[str, list[list[StripeEvent]]]]:
    """Named steps: `send`, or `send 1–40`, `send 41–80` …"""
    made = batches(chains(events), BATCH)
    if len(made) == 1:
        return [("send", made[0])]
    named, at = [], 0
    for batch in made:
        size = sum(map(len, batch))
        named.append((f"send {at + 1}–{at + size}", batch))
        at += size
    return named


def _teller(step: Step, results: Sequence[Result], total: int) -> Callable[[], Awaitable[None]]:
    async def tell() -> None:
        arrived = sum(one.fate is Fate.DELIVERED for one in results)
        missed = len(results) - arrived
        await step.say(f"{arrived} of {total} delivered" + (f", {missed} not" if missed else ""))

    return tell


async def _in_table(webhooks: StripeWebhooks, results: Sequence[Result]) -> str:
    """What the service's own table says about those that were delivered."""
    sent = [one.event for one in results if one.fate is Fate.DELIVERED]
    if not webhooks.seen_in:
        return "the catalog names no `seen` table to look into"
    try:
        held = await webhooks.seen(sent)
    except ProviderError as error:
        return error.what
    return f"{len(held)} of {len(sent)} delivered are in the service's own table ({clean(webhooks.seen_in, 100)})"


def _retry(request: ReplayWebhook, place: Place) -> str:
    if request.since:
        return f"/replay-webhook {place} --since {request.since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    one = request.event or request.again[0]
    return f"/replay-webhook {place} {one}"


COMMAND = Command(
    "/replay-webhook",
    "Send webhooks again that a service did not get",
    (
        Verb(
            "",
            ReplayWebhook,
            plan,
            execute,
            WEBHOOK_REPLAY,
            Risk.CHANGE,
            "Send undelivered payment webhooks again, in order and never twice",
            "/replay-webhook shop production --since 2h",
            frozen="never",
        ),
    ),
    sets=frozenset({"five", "core", "all"}),
)
