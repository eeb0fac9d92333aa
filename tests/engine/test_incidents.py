"""Incidents for whoever asks: nobody is asked for what is over, and of a private one others learn nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.calls import Calls
from bot.db import database, followups, incident_steps, incidents
from bot.domain.incident import Affected, Incident, IncidentState, NewIncident, Severity
from bot.engine.incidents import Asked, EngineIncidents
from bot.engine.unvoted import open_incident_for
from permissions import model
from permissions.policy import load_policy
from tests.engine.test_timeline import NEW
from tests.support.desk import POLICY, TEAM, Desk

SECRET = NewIncident("customer data may leak", Severity.SEV2, (), private=True)


async def opened(desk: Desk, new: NewIncident = NEW, by: str = "U0BEN") -> Incident:
    async with desk.pool.acquire() as connection, connection.transaction():
        return (await incidents.open_(connection, new, by=by, team=TEAM, asked_in="C0", run=None))[0]


async def of(desk: Desk, person: str) -> EngineIncidents:
    return EngineIncidents(desk.installation, Asked(person, TEAM, "C0", await database.now(desk.pool)))


@pytest.mark.parametrize("how", ["resolved", "hushed", "merged"])
async def test_nobody_is_asked_to_come_to_what_was_settled_a_moment_ago(desk: Desk, how: str) -> None:
    services = desk.installation.catalog.protection()
    text = POLICY + "oncall: {rotation: [ana, chi]}\n"
    desk.installation.policy = load_policy(text, services=services, permissions=model.ALL)
    incident, other = await opened(desk), await opened(desk, replace(NEW, title="another one"))
    await desk.forward(timedelta(minutes=1))
    (due, _) = await incident_steps.to_call(desk.pool)
    async with desk.pool.acquire() as connection, connection.transaction():
        match how:
            case "resolved":
                await incidents.move(connection, incident.id, IncidentState.RESOLVED, by="U0BEN")
            case "hushed":
                await incident_steps.hush(connection, incident.id, "U0BEN")
            case _:
                await incidents.merge(connection, incident, other, by="U0BEN")
    await Calls(desk.installation).look(due)
    assert await incident_steps.called(desk.pool, incident.id) == []


@pytest.mark.parametrize(
    ("new", "counts"),
    [
        (NEW, True),
        (replace(NEW, affected=()), True),
        (replace(NEW, test=True), False),
        (replace(NEW, private=True), False),
        (replace(NEW, private=True, type="security"), False),
        (replace(NEW, affected=(Affected("blog", "production"),)), False),
    ],
)
async def test_the_glass_is_broken_for_what_everybody_may_know(desk: Desk, new: NewIncident, counts: bool) -> None:
    await opened(desk, new)
    assert await open_incident_for(desk.pool, "shop", "production") is counts


async def test_an_old_button_puts_nobody_onto_what_is_over(desk: Desk) -> None:
    incident = await opened(desk)
    async with desk.pool.acquire() as connection, connection.transaction():
        over = await incidents.move(connection, incident.id, IncidentState.RESOLVED, by="U0BEN")
    assert over is not None
    card = await (await of(desk, "U0ANA")).acknowledge(over)
    assert "is resolved already. Nothing was changed." in card.text
    assert (await incidents.existing(desk.pool, incident.id)).acknowledged_at is None


async def test_of_a_private_one_others_learn_nothing_by_its_title_nor_by_a_number(desk: Desk) -> None:
    secret = await opened(desk, SECRET)
    assert (await opened(desk, SECRET)).id == secret.id
    assert (await opened(desk, SECRET, "U0CHI")).id != secret.id
    async with desk.pool.acquire() as connection, connection.transaction():
        one = await followups.add(connection, secret, "tell the customers", "", None, by="U0BEN", run=None)
    chi = await of(desk, "U0CHI")
    told, nothing = await chi.finish_followup(one.id), await chi.finish_followup(one.id + 1)
    assert told.text.replace(str(one.id), "?") == nothing.text.replace(str(one.id + 1), "?")
    assert secret.label not in told.text


async def test_a_followup_is_listed_however_many_incidents_came_after_it(desk: Desk) -> None:
    first = await opened(desk)
    secret = await opened(desk, SECRET)
    async with desk.pool.acquire() as connection, connection.transaction():
        await followups.add(connection, first, "renew the certificate", "", None, by="U0BEN", run=None)
        await followups.add(connection, secret, "tell the customers", "", None, by="U0BEN", run=None)
    await desk.pool.execute(
        "INSERT INTO incidents (title, severity, opened_by, team) SELECT 'x', 'sev4', 'U0ANA', 'T0'"
        " FROM generate_series(1, 600)"
    )
    card = await (await of(desk, "U0CHI")).followups(None)
    assert "1 follow-up left" in card.title
    assert "renew the certificate" in str(card.body)
