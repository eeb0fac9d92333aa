"""A made-up command of the harness: what it does to the outside is counted there, by the run's own key.

`/poke shop one --number 7` asks for approval and pokes the ledger once; `/poke note …` does so at once.
"""

import asyncio
import os
from dataclasses import dataclass
from typing import Annotated

from aiohttp import ClientError, ClientSession, ClientTimeout

from bot.domain.capability import Look, Running
from bot.domain.card import Card, Tone
from bot.domain.command import Arg, Command, Environment, Service, Verb
from bot.domain.errors import StepFailed
from bot.domain.plan import Plan
from bot.domain.run import Lock
from permissions.model import BACKUP_CREATE, DEPLOY_ROLLBACK, Risk

LEDGER = os.environ.get("PROVE_LEDGER", "")


@dataclass(frozen=True, slots=True)
class Poke:
    service: Service
    environment: Environment
    number: Annotated[int, Arg(option="--number", help="so that no two requests are the same")] = 0
    slow: Annotated[int, Arg(option="--slow", help="milliseconds that each step takes")] = 0


@dataclass(frozen=True, slots=True)
class Ship:
    """As a poke; a freeze stops it."""

    service: Service
    environment: Environment
    number: Annotated[int, Arg(option="--number", help="so that no two requests are the same")] = 0
    slow: Annotated[int, Arg(option="--slow", help="milliseconds that each step takes")] = 0


@dataclass(frozen=True, slots=True)
class Note:
    service: Service
    environment: Environment
    number: Annotated[int, Arg(option="--number", help="so that no two requests are the same")] = 0


async def plan(request: Poke | Ship, look: Look) -> Plan:
    return Plan(
        f"Poke {request.service} {request.environment}",
        f"poke number {request.number}",
        "Approve poke",
        "Poke now",
        {"number": request.number},
        steps=("aim", "poke", "verify"),
    )


async def poke(request: Poke | Ship, plan: Plan, running: Running) -> Card:
    async with running.step("aim") as step:
        await step.say("aiming")
        await asyncio.sleep(request.slow / 1000)
    async with running.step("poke") as step:
        await step.say("poking")
        await _effect(running, f"{request.service} {request.environment}", request.slow)
    async with running.verifying():
        await asyncio.sleep(request.slow / 1000)
    return Card(Tone.OK, "Poked", "Poked. Something changed.")


async def note(request: Note, plan: Plan, running: Running) -> Card:
    async with running.step("note"):
        await _effect(running, f"{request.service} {request.environment}", 0)
    return Card(Tone.OK, "Noted", "Noted. Something changed.")


async def _effect(running: Running, place: str, slow: int) -> None:
    """Sent once and never repeated: when no answer comes, nobody knows whether it was done."""
    told = {"key": running.key("poke"), "run": running.run.label, "place": place, "slow": str(slow)}
    try:
        async with (
            ClientSession(timeout=ClientTimeout(total=20)) as session,
            session.post(f"{LEDGER}/effect", json=told) as answer,
        ):
            answer.raise_for_status()
    except (ClientError, TimeoutError) as error:
        raise StepFailed("The ledger did not answer.", "Look into it.", changed="unknown") from error


COMMAND = Command(
    "/poke",
    "Poke a service",
    (
        Verb("", Poke, plan, poke, DEPLOY_ROLLBACK, Risk.CHANGE, "Poke it", "/poke shop one", lock=Lock.DEPLOY),
        Verb(
            "ship",
            Ship,
            plan,
            poke,
            DEPLOY_ROLLBACK,
            Risk.CHANGE,
            "Poke it unless it is frozen",
            "/poke ship shop one",
            lock=Lock.DEPLOY,
            frozen="always",
        ),
        Verb("note", Note, None, note, BACKUP_CREATE, Risk.RECORD, "Note it", "/poke note shop one"),
    ),
)
