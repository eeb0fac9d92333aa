"""A security incident: nothing of it is said outside its own channel; its steps, who did them, a clean backup."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.stories.conftest import Open
from tests.stories.test_home import opens
from tests.stories.test_incident import placed, told
from tests.support.company import DEV, GENERAL, OPS, POLICY, Company

GUARDED = (
    POLICY.replace("roles: {admin: [ben]", "roles: {security: [chi], admin: [ben]")
    + "oncall: {rotation: [eli, ana]}\n"
)


@pytest.fixture
async def company(open_company: Open) -> Company:
    return await open_company(policy=GUARDED)


async def backup(company: Company, label: str, at: datetime, proof: str) -> None:
    value = {"file": "f", "size": 1, "sha256": "s", "rows": {}, "at": at.isoformat(), "took_s": 1.0, "by": "U0ANA"}
    more = {
        "database_size": 1,
        "server": 15,
        "client": 15,
        "encoding": "UTF8",
        "verified": proof,
        "verified_at": None,
    }
    await company.pool.execute(
        "INSERT INTO records (kind, service, environment, key, value)"
        " VALUES ('backup', 'shop', 'production', $1, $2)",
        label,
        {**value, **more},
    )


async def test_its_steps_are_a_checklist_with_the_last_clean_backup(company: Company) -> None:
    now = datetime.now(UTC)
    await backup(company, "B-1", now - timedelta(days=2), "restored")
    await backup(company, "B-2", now - timedelta(hours=5), "file")
    await company.type("ana", "/incident somebody reads orders of others --type security")
    channel = await placed(company)
    card = company.slack.messages(channel)[0]
    assert "INC-1 SEV2" in company.text(card)
    await company.becomes(card, "3. Revoke compromised credentials")
    await company.becomes(card, "/backup restore shop production B-2")
    await company.click("ana", card, "incident.tick", times=3)
    await told(company, channel, "Ana did the step “identify”")
    await company.becomes(card, "Step 2 is done: isolate")
    await company.type("ana", "/incident step 3 <@U0BEN>", channel)
    await company.becomes(card, "Ben has it")
    await company.type("ben", "/incident step 3 done", channel)
    await told(company, channel, "Ben did the step “revoke”")
    before = f"{now - timedelta(hours=9):%Y-%m-%dT%H:%MZ}"
    await company.type("ana", f"/incident suspected {before}", channel)
    await company.becomes(card, "/backup restore shop production B-1")
    assert await company.happened("incident.step_taken") == ["U0ANA", "U0ANA", "U0BEN"]


async def test_who_need_not_know_learns_nothing(company: Company) -> None:
    await company.type("ana", "/incident somebody reads orders of others --type security")
    channel = await placed(company)
    place = company.slack.state.channels[channel]
    assert place.kind == "private"
    assert place.name == f"inc-{datetime.now(UTC).date()}-s1"
    assert "U0ELI" not in place.members
    await company.forward(timedelta(seconds=31))
    await company.dm("chi", "Nobody is on it yet")
    await company.type("ana", "/poke shop production because orders leak", channel)
    await company.see("Poke shop production?")
    await company.type("ana", "/incident invite <@U0MIA>", channel)
    await told(company, channel, "Ana invited mia")
    await company.slack.wait_for(
        lambda: "U0MIA" in company.slack.state.channels[channel].members or None, what="Mia in the channel"
    )
    assert await company.happened("incident.invited") == ["U0ANA"]
    await company.type("eli", "/incident list")
    await company.see("No incident is open")
    await company.type("eli", "/incident show INC-1")
    await company.alone("eli", "There is no INC-1")
    assert "INC-1" not in str((await opens(company, "eli")).blocks)
    assert not company.slack.dms("U0ELI")
    said = [one for where in (OPS, DEV, GENERAL) for one in company.slack.messages(where)]
    for word in ("INC-1", "somebody reads", channel, place.name):
        assert not any(word in company.text(one) for one in said), word


async def test_who_changes_something_without_knowing_is_not_let_in_for_it(company: Company) -> None:
    await company.type("ben", "/incident somebody reads orders of others --type security")
    channel = await placed(company)
    await company.type("ana", "/poke shop production because the queue grows")
    await company.see("Poke shop production?")
    await company.forward(timedelta(seconds=31))
    await company.dm("chi", "Nobody is on it yet")
    assert "U0ANA" not in company.slack.state.channels[channel].members
    assert await company.happened("incident.acknowledged") == []
