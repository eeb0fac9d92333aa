"""Runs and invocations as the database's tests need them."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from itertools import count

import pytest

from bot.db import runs
from bot.db.database import Pool
from bot.db.runs import NewRun
from bot.domain.invocation import Actor, Invocation
from bot.domain.run import Lock, Run, State
from permissions.model import Risk

_NUMBERS = count(1)

NewInvocation = Callable[..., Invocation]
MakeRun = Callable[..., Awaitable[Run]]


def invoke(actor: str = "U0ANA", delivery: str = "") -> Invocation:
    key = hashlib.sha256((delivery or str(next(_NUMBERS))).encode()).digest()
    return Invocation("/rollback", "shop production", Actor(actor, "T0"), "C0", key, datetime.now(UTC))


def new_run(
    state: State = State.RECEIVED, lock: Lock | None = Lock.DEPLOY, environment: str = "production"
) -> NewRun:
    line = f"/rollback shop {environment}"
    return NewRun(
        state,
        "/rollback",
        "",
        line,
        {},
        "shop",
        environment,
        lock,
        "deploy:rollback",
        Risk.CHANGE,
        "",
        False,
        "grant",
    )


@pytest.fixture
def invocation() -> NewInvocation:
    return invoke


@pytest.fixture
def a_run() -> Callable[..., NewRun]:
    return new_run


@pytest.fixture
def make_run(pool: Pool) -> MakeRun:
    async def make(actor: str = "", **new: object) -> Run:
        who = actor or f"U{next(_NUMBERS)}"
        run_id, fresh = await runs.receive(pool, invoke(who), new_run(**new))  # type: ignore[arg-type]
        assert fresh
        assert run_id is not None
        run = await runs.get(pool, run_id)
        assert run is not None
        return run

    return make
