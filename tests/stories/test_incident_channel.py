"""The channel of an incident stands for what the incident is about: nobody types the place there."""

from tests.stories.conftest import Open
from tests.stories.test_forms import opened
from tests.stories.test_incident import placed, until
from tests.support.company import CATALOG, GENERAL, OPS, Company


async def stands_for_it(company: Company, channel: str, known: bool = True) -> None:
    async def look() -> str | None:
        return channel if (channel in company.process.installation.rooms) is known else None

    await until(company, look, f"what {channel} stands for")


async def test_in_an_incidents_channel_nobody_types_the_place(company: Company) -> None:
    await company.type("ana", "/incident checkout answers 500 --service shop", GENERAL)
    channel = await placed(company)
    await stands_for_it(company, channel)
    await company.type("ana", "/poke because checkout answers 500", channel)
    await company.see("Poke shop production?")
    await company.type("ana", "/poke staging", channel)
    await company.alone("ana", "shop staging")
    for word, state in (("resolve", "resolved"), ("close", "closed")):
        await company.type("ana", f"/incident {word}", channel)
        await company.see(f"is {state}", channel)
    await stands_for_it(company, channel, known=False)
    await company.type("ana", "/poke", channel)
    assert "which service" in str((await opened(company, "ana")).body)


async def test_a_channel_of_an_incident_about_two_services_stands_for_none(open_company: Open) -> None:
    company = await open_company(catalog=TWO)
    await company.type("ana", "/incident checkout answers 500 --service shop", GENERAL)
    channel = await placed(company)
    await company.pool.execute("INSERT INTO incident_services VALUES (1, 'mail', 'production')")
    company.process.bell.ring("incidents")

    async def both() -> str | None:
        return "yes" if len(company.process.installation.rooms.get(channel, ())) == 2 else None

    await until(company, both, "both services")
    assert company.process.installation.catalog_here.bound(channel) == (None, None)


async def test_the_catalog_says_from_which_severity_an_incident_has_a_channel(open_company: Open) -> None:
    company = await open_company(catalog=f"{CATALOG}incidents: {{channel_from: sev2}}\n")
    await company.type("ana", "/incident checkout is slow --service shop", GENERAL)
    assert await placed(company) == OPS
    await company.see("INC-1 SEV3")
    await company.type("ana", "/incident checkout answers 500 --severity sev2", GENERAL)
    assert await placed(company, 2) not in (OPS, GENERAL)


TWO = """
services:
  shop:
    channels: {cards: C0SHOPOPS, production: [C0SHOPOPS]}
    environments: {production: {}}
  mail:
    channels: {cards: C0GENERAL}
    environments: {production: {}}
"""
