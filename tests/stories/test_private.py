"""What is known in a private incident is told by no other way: not by /audit, /runs, a Home or a repeated line."""

from tests.stories.conftest import Open
from tests.stories.test_incident import placed
from tests.support.company import DEV, GENERAL, OPS, Company

SECRET = ("leak", "Umbrella", "passwords", "careless")


async def lived(company: Company) -> str:
    """A private incident with everything that is written into one; its channel."""
    await company.type("chi", "/incident customer data may leak --private")
    channel = await placed(company)
    for line in (
        "/incident update Umbrella is hurt too",
        "/timeline add passwords were in the dump",
        "/incident identified the leak is in the export",
        "/incident resolve the leak is shut",
        "/postmortem cause somebody was careless with the export",
    ):
        await company.type("chi", line, channel)
    await company.ended(6)
    return channel


async def test_the_log_and_the_lists_keep_what_is_private(open_company: Open) -> None:
    company = await open_company()
    await lived(company)
    for line in ("/audit all --last 50", "/audit all --by @chi", "/audit --run R-1", "/runs all", "/runs R-1"):
        await company.type("eli", line)
    await company.alone("eli", "entries of the audit log")
    await company.ended(11)
    await company.see("R-1 belongs to an incident")
    assert (await company.slack.open_home("U0ELI")).status == 200
    told = " ".join(
        company.text(one)
        for one in (
            *company.slack.ephemerals("U0ELI"),
            *company.slack.dms("U0ELI"),
            *(one for place in (OPS, DEV, GENERAL) for one in company.slack.messages(place)),
        )
    )
    assert [word for word in SECRET if word in told] == []
