"""Incidents whatever is done in whatever order, also by who looked a while ago: they become what the pure model says,
each accepted deed has exactly its event, and a refused one leaves nothing."""

from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.db import incidents
from bot.db.database import Connection, Pool
from bot.domain.event import Kind
from bot.domain.incident import (
    ONGOING,
    Affected,
    Incident,
    IncidentId,
    IncidentState,
    NewIncident,
    Role,
    Severity,
    may_move,
)
from tests.support.examples import TIMES
from tests.support.shadow import Shadow

Deed = tuple[str, int, str, bool]  # what, to which, with what, and whether by who looked before the last deed
PEOPLE = ("U0ANA", "U0BEN")
OF_INCIDENTS = {kind.value for kind in Kind if kind.startswith("incident.")}

whats = st.one_of(
    st.tuples(st.just("open"), st.sampled_from(["1", "2", "3"])),
    st.tuples(st.just("move"), st.sampled_from(list(map(str, IncidentState)))),
    st.tuples(st.just("move"), st.sampled_from(list(map(str, IncidentState)))),
    st.tuples(st.just("severity"), st.sampled_from(list(map(str, Severity)))),
    st.tuples(st.just("role"), st.sampled_from(["U0ANA", "U0BEN", ""])),
    st.tuples(st.sampled_from(["acknowledge", "update"]), st.sampled_from(PEOPLE)),
    st.tuples(st.just("merge"), st.sampled_from(["0", "1", "2"])),
)
deeds = st.lists(
    st.builds(lambda what, which, late: (what[0], which, what[1], late), whats, st.integers(0, 2), st.booleans()),
    min_size=4,
    max_size=24,
)


@dataclass(slots=True)
class Model:
    """What one incident is, by the rules alone."""

    state: IncidentState = IncidentState.INVESTIGATING
    severity: Severity = Severity.SEV2
    merged_into: int | None = None
    commander: str = ""
    acknowledged: bool = False

    def does(self, what: str, with_: str, seen: Severity) -> str:
        """The event of a deed that is accepted; "" where it is refused."""
        if self.merged_into is not None:
            return ""
        match what:
            case "move" if may_move(self.state, to := IncidentState(with_)):
                self.state = to
                return "incident.state_changed"
            case "severity" if seen == self.severity != with_:
                self.severity = Severity(with_)
                return "incident.severity_changed"
            case "role" if self.commander != with_:
                self.commander = with_
                return "incident.role_changed"
            case "acknowledge" if self.state in ONGOING and not self.acknowledged:
                self.acknowledged = True
                return "incident.acknowledged"
            case "update":
                return "incident.updated"
        return ""

    def ends_in(self, other: "Model", number: int) -> str:
        open_ = all(one.merged_into is None and one.state is not IncidentState.CLOSED for one in (self, other))
        if self is other or not open_:
            return ""
        self.state, self.merged_into = IncidentState.CLOSED, number
        return "incident.merged"


class Trouble:
    """The incidents of one example, each beside its model and what somebody saw of it a deed ago."""

    def __init__(self, pool: Pool, shadow: Shadow) -> None:
        self.pool = pool
        self.shadow = shadow
        self.models: dict[IncidentId, Model] = {}
        self.seen: dict[IncidentId, Incident] = {}

    async def open(self, title: str) -> str:
        new = NewIncident(f"{title} is down", Severity.SEV2, (Affected("shop", "production"),))
        async with self.pool.acquire() as connection, connection.transaction():
            incident, fresh = await incidents.open_(connection, new, by="U0ANA", team="T0", asked_in="C0", run=None)
        alike = [one for one in self.seen if self.seen[one].title == new.title and self.models[one].state in ONGOING]
        assert fresh is not bool(alike)
        assert fresh or incident.id in alike
        if fresh:
            self.models[incident.id], self.seen[incident.id] = Model(), incident
        return "incident.opened" if fresh else ""

    async def does(self, what: str, which: IncidentId, with_: str, *, late: bool) -> None:
        now = await incidents.existing(self.pool, which)
        saw = self.seen[which] if late else now
        self.seen[which] = now
        if what == "merge":
            into = [*self.models][int(with_) % len(self.models)]
            about, event = into, self.models[which].ends_in(self.models[into], into)
        else:
            about, event = which, self.models[which].does(what, with_, saw.severity)
        async with self.pool.acquire() as connection, connection.transaction():
            done = await self._done(connection, what, saw, with_)
        assert bool(done) is bool(event)
        await self.law(event, about)

    async def _done(self, connection: Connection, what: str, saw: Incident, with_: str) -> object:
        match what:
            case "move":
                return await incidents.move(connection, saw.id, IncidentState(with_), by="U0ANA")
            case "severity":
                return await incidents.set_severity(connection, saw, Severity(with_), by="U0ANA")
            case "role":
                return await incidents.set_role(connection, saw, Role.COMMANDER.value, with_, by="U0ANA")
            case "acknowledge":
                return await incidents.acknowledge(connection, saw, with_)
            case "update":
                return await incidents.update(connection, saw, f"it is {with_}'s", by="U0ANA")
        into = [*self.models][int(with_) % len(self.models)]
        return await incidents.merge(connection, saw, self.seen[into], by="U0ANA")

    async def law(self, event: str, about: IncidentId) -> None:
        changes = await self.shadow.changes()
        assert event or not changes
        assert await self.shadow.events(OF_INCIDENTS) == Counter({(event, about): 1} if event else {})
        for number, model in self.models.items():
            now = await incidents.existing(self.pool, number)
            found = Model(
                now.state, now.severity, now.merged_into, now.role(Role.COMMANDER) or "", bool(now.acknowledged_at)
            )
            assert found == model, now.label


@pytest.fixture
async def shadow(pool: Pool) -> Shadow:
    shadow = Shadow(pool)
    await shadow.fall()
    return shadow


@settings(max_examples=15 * TIMES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds)
async def test_no_order_of_deeds_makes_of_an_incident_what_the_rules_do_not_say(
    pool: Pool, shadow: Shadow, deeds: list[Deed]
) -> None:
    await pool.execute("UPDATE clock SET ahead = ahead + interval '2 minutes'")  # those before are others
    await shadow.forget()
    trouble = Trouble(pool, shadow)
    for what, which, with_, late in [("open", 0, "1", False), ("open", 0, "2", False), *deeds]:
        if what == "open":
            event = await trouble.open(with_)
            await trouble.law(event, max(trouble.models))
        else:
            number = [*trouble.models][which % len(trouble.models)]
            await trouble.does(what, number, with_, late=late)
