"""Put a service back on an earlier release."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import Annotated, cast

from bot.domain.capability import Checks, Deploys, Finding, Look, ReleaseInfo, Running, Step
from bot.domain.card import Card
from bot.domain.catalog import Place
from bot.domain.command import PREVIOUS, Arg, Command, Environment, Release, Service, Verb
from bot.domain.errors import Impossible, ProviderError, StepFailed
from bot.domain.health import Report, in_short
from bot.domain.json import JsonObject
from bot.domain.move import Move, back_to, raises_because, summary, tells
from bot.domain.plan import Plan
from bot.domain.rollback_card import Laps, Switched, done, failing, half_done, not_well, passing
from bot.domain.run import Lock, State
from bot.domain.words import code, listed, span
from bot.providers.examine import look_at
from permissions.model import DEPLOY_ROLLBACK, Risk

BAD = "bad-release"  # records by commit: releases that somebody rolled back from
MEASURED = "rollback"  # records by run: how long the switch took
VERIFY = timedelta(seconds=90)
PAUSE = timedelta(seconds=2)  # between two tries of the checks


@dataclass(frozen=True, slots=True)
class Rollback:
    service: Service
    environment: Environment
    to: Annotated[Release, Arg(option="--to", help="previous, or 7 digits of a release that ran there")] = PREVIOUS


async def plan(request: Rollback, look: Look) -> Plan:
    place = Place(request.service, request.environment)
    deploys = look.provider(place, Deploys)
    bad = await _bad(look, place)
    move = await _move(request.to, place, deploys, bad)
    question = f"Roll back {place}"
    if move.nowhere:
        return Plan(question, "", "", "", {}, nothing_to_do=f"{place} already runs {move.target.short}.")
    usual = await _usual(look, place)
    files = move.between.migrations
    return Plan(
        question,
        summary(move),
        "Approve rollback",
        "Roll back now",
        _binds(move, deploys),
        (*tells(move, bad), await _how_long(look, place, usual), _way_back(move)),
        now=in_short(await _examine(look, place)),
        usual=usual,
        raises=Risk.DESTRUCTIVE if files else None,
        raises_because=raises_because(files),
        steps=(*deploys.steps(), "verify"),
    )


async def execute(request: Rollback, plan: Plan, running: Running) -> Card:
    place = Place(request.service, request.environment)
    deploys = running.provider(place, Deploys)
    before, target = str(plan.binds["from"]), str(plan.binds["to"])
    try:
        laps = await deploys.switch(target, running, by=running.actor, expect=before)
    except StepFailed as error:
        if error.changed == "nothing":
            raise
        return half_done(place, before, target, error)
    await _remember(running, place, plan, laps)
    begun = asyncio.get_running_loop().time()
    async with running.verifying() as step:
        findings = await _verify(running, place, step)
    verified = timedelta(seconds=asyncio.get_running_loop().time() - begun)
    files = tuple(cast("list[str]", plan.binds["migrations"]))
    did = Switched(place, before, target, files, (*laps, ("verify", verified)), findings, plan.now)
    if failing(findings):
        return not_well(did, await _has_earlier(running, place, deploys))
    await _forgive(running, place, target)
    return done(did, await deploys.holder(before))


# Which release


async def _bad(look: Look, place: Place) -> frozenset[str]:
    rows = await look.records.listed(BAD, place, limit=1000)
    return frozenset(commit for commit, value, _ in rows if value.get("bad"))


async def _move(to: Release, place: Place, deploys: Deploys, bad: frozenset[str]) -> Move:
    releases = await deploys.releases()
    current = next((one for one in releases if one.current), None)
    if current is None:
        raise Impossible(f"{place} has no current release to go back from.", "Deploy it once, then this works.")
    if to == PREVIOUS:
        return await _previous(place, current, releases, deploys, bad)
    target = await deploys.find(to)
    if target is None:
        raise Impossible(f"{place} has no release {code(to)}.", _choices(releases))
    move = Move(place, current, target, await deploys.compare(current.commit, target.commit))
    if move.deploys:
        raise Impossible(
            f"{target.short} never ran on {place} and is newer than {current.short}: that would be a deploy.",
            _choices(releases),
        )
    return move


async def _previous(
    place: Place,
    current: ReleaseInfo,
    releases: Sequence[ReleaseInfo],
    deploys: Deploys,
    bad: frozenset[str],
) -> Move:
    """The release that ran last before this one, is not marked bad and takes something back."""
    unknown: ProviderError | None = None
    for release in releases:
        if release.current or release.commit in bad:
            continue
        try:
            between = await deploys.compare(current.commit, release.commit)
        except ProviderError as error:
            unknown = error
            continue
        if between.back:
            return Move(place, current, release, between)
    if unknown:
        raise unknown
    skipped = [one.short for one in releases if one.commit in bad and not one.current]
    marked = f" {listed(skipped, 'and')} {'is' if len(skipped) == 1 else 'are'} marked bad." if skipped else ""
    raise Impossible(
        f"{place} runs {current.short}, and no earlier release is there to go back to.{marked}",
        f"Name one with {code(f'/rollback {place} --to')} and its first 7 digits.",
    )


async def _has_earlier(look: Look, place: Place, deploys: Deploys) -> bool:
    try:
        await _move(PREVIOUS, place, deploys, await _bad(look, place))
    except (Impossible, ProviderError):
        return False
    return True


def _choices(releases: Sequence[ReleaseInfo]) -> str:
    ids = [code(one.short) for one in releases if not one.current][:5]
    return f"These ran there before: {', '.join(ids)}." if ids else "Nothing else ran there before."


# What the plan says


def _binds(move: Move, deploys: Deploys) -> JsonObject:
    return {
        "place": str(move.place),
        "from": move.current.commit,
        "to": move.target.commit,
        "back": [commit.id for commit in move.between.back],
        "forward": [commit.id for commit in move.between.forward],
        "migrations": list(move.between.migrations),
        "deploys": deploys.binds(),
    }


def _way_back(move: Move) -> str:
    return f"way back: {code(back_to(move.place, move.current.commit))}"


async def _usual(look: Look, place: Place) -> timedelta | None:
    runs = await look.last_runs(place, COMMAND.name)
    took = [run.took.total_seconds() for run in runs if run.took and run.state is State.SUCCEEDED]
    return timedelta(seconds=median(took)) if took else None


async def _how_long(look: Look, place: Place, usual: timedelta | None) -> str:
    """Only what was measured at this place: its last rollbacks and its last switch."""
    rows = await look.records.listed(MEASURED, place, limit=1)
    pause = timedelta(seconds=float(cast("float", rows[0][1]["switch_s"]))) if rows else None
    away = f"requests fail for about {span(pause)}" if pause else "requests fail while the service restarts"
    return f"about {span(usual)}; {away}" if usual else f"never done here yet, so its length is not known; {away}"


# Afterwards


async def _remember(running: Running, place: Place, plan: Plan, laps: Laps) -> None:
    """The release that was left is bad when something was taken back; going forward again blames nobody."""
    if plan.binds["back"]:
        value: JsonObject = {
            "bad": True,
            "run": running.run.label,
            "by": running.actor,
            "because": running.run.reason,
        }
        await running.records.put(BAD, place, str(plan.binds["from"]), value)
    switch_s = next((lap.total_seconds() for name, lap in laps if name == "switch"), 0.0)
    await running.records.put(MEASURED, place, running.run.label, {"switch_s": round(switch_s, 3)})


async def _forgive(running: Running, place: Place, commit: str) -> None:
    """A release that was marked bad and is well now is not bad."""
    marked = await running.records.get(BAD, place, commit)
    if marked and marked.get("bad"):
        await running.records.put(BAD, place, commit, {"bad": False, "run": running.run.label})


async def _verify(running: Running, place: Place, step: Step) -> Sequence[Finding]:
    """The place's checks, again and again until all are well or the time is up."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + VERIFY.total_seconds()
    while True:
        findings = (await _examine(running, place)).findings
        await step.say(passing(findings))
        if not failing(findings) or loop.time() >= deadline:
            return findings
        await asyncio.sleep(PAUSE.total_seconds())


async def _examine(look: Look, place: Place) -> Report:
    return await look_at(place, look.providers(place, Checks), lambda: look.now)


COMMAND = Command(
    "/rollback",
    "Put a service back on an earlier release",
    (
        Verb(
            "",
            Rollback,
            plan,
            execute,
            DEPLOY_ROLLBACK,
            Risk.CHANGE,
            "Put a service back on an earlier release, after a plan and a confirmation",
            "/rollback shop production --to previous because checkout answers 500",
            lock=Lock.DEPLOY,
            frozen="never",
        ),
    ),
    sets=frozenset({"five", "core", "all"}),
)
