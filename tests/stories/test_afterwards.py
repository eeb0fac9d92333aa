"""After an incident: what resolving says, files for whoever asks, a page for whoever has the link, a post-mortem."""

import re
from dataclasses import replace
from datetime import timedelta

import aiohttp
import pytest

from bot.domain.catalog import Catalog
from tests.stories.conftest import Open
from tests.stories.test_incident import failing, placed
from tests.support.company import GENERAL, OPS, POLICY, Company

pytestmark = pytest.mark.heavy

ON_CALL = POLICY + "oncall: {rotation: [ana, ben, chi]}\n"


@pytest.fixture
async def company(open_company: Open) -> Company:
    return await open_company(policy=ON_CALL)


async def resolved(company: Company) -> str:
    """INC-1 of shop production, opened and resolved; its channel."""
    await company.type("ben", "/incident checkout answers 500")
    channel = await placed(company)
    await company.type("ben", "/incident resolve it answers again", channel)
    await company.see("is resolved. ", channel)
    return channel


async def file_of(company: Company, who: str, name: str) -> bytes:
    def found() -> bytes | None:
        shared = [one for one in company.slack.state.files.values() if one.channels]
        return next((one.content for one in reversed(shared) if one.name == name), None)

    return await company.slack.wait_for(found, what=f"{name} for {who}")


async def test_resolving_says_how_long_it_hurt_and_that_nobody_took_notes(company: Company) -> None:
    await company.type("ben", "/incident checkout answers 500")
    channel = await placed(company)
    await failing(company, "checkout")
    await company.type("ben", "/incident resolve it answers again", channel)
    says = await company.see("is resolved. ", channel)
    assert "none typed" in company.text(says)
    assert "Draft post-mortem" in str(says.blocks)


async def test_whoever_asks_gets_the_file_in_their_own_conversation(company: Company) -> None:
    channel = await resolved(company)
    await company.type("ana", "/incident export --as md", channel)
    await company.see("inc-1-timeline.md", channel)
    text = (await file_of(company, "ana", "inc-1-timeline.md")).decode()
    assert text.startswith("# INC-1 checkout answers 500")
    assert "Ben opened it as SEV3" in text
    await company.type("ana", "/incident export", channel)
    assert (await file_of(company, "ana", "inc-1-timeline.pdf")).startswith(b"%PDF-")
    assert await company.happened("incident.exported") == ["U0ANA", "U0ANA"]


async def test_a_link_shows_the_live_timeline_without_slack_until_it_is_revoked(company: Company) -> None:
    channel = await resolved(company)
    await company.type("ben", "/incident link", channel)
    told = await company.alone("ben", "The live timeline of INC-1")
    found = re.search(r"http://127\.0\.0\.1:\d+/incidents/[\w-]+", str(told.blocks) + told.text)
    assert found is not None
    company.slack.faults.down()
    async with aiohttp.ClientSession() as browser:
        async with browser.get(found[0]) as page:
            assert page.status == 200
            assert "Ben opened it as SEV3" in await page.text()
            assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        async with browser.get(f"{found[0][:-1]}~") as page:
            assert page.status == 404
        company.slack.faults.up()
        await company.type("ben", "/incident link --revoke", channel)
        await company.see("is void now", channel)
        async with browser.get(found[0]) as page:
            assert page.status == 404


async def test_what_is_private_is_exported_to_nobody_else(company: Company) -> None:
    await company.type("ben", "/incident keys were leaked --private", OPS)
    await placed(company)
    for line in ("/incident export INC-1", "/incident link INC-1", "/postmortem INC-1"):
        await company.type("chi", line, GENERAL)
        await company.alone("chi", "or it is not for you")
    assert await company.happened("incident.exported") == []


async def test_a_post_mortem_is_drafted_filled_in_and_done(company: Company) -> None:
    channel = await resolved(company)
    await company.type("ana", "/postmortem cause the new release read a null price", channel)
    await company.see("Noted as the cause", channel)
    await company.type("ana", "/postmortem", channel)
    card = await company.see("Post-mortem of INC-1: draft", channel)
    assert "/ops postmortem summary" in company.text(card)
    text = (await file_of(company, "ana", "inc-1-postmortem.md")).decode()
    assert "the new release read a null price" in text
    assert (await file_of(company, "ana", "inc-1-postmortem.pdf")).startswith(b"%PDF-")
    await company.type("ana", "/postmortem done", channel)
    await company.see("of INC-1 is done", channel)
    await company.type("ben", "/postmortem done", channel)
    await company.see("done already", channel)
    assert await company.happened("postmortem.done") == ["U0ANA"]


async def test_a_broken_template_is_named_and_the_usual_one_is_used(company: Company) -> None:
    company.process.installation.catalog = _with_template(company, "nowhere/postmortem.md")
    channel = await resolved(company)
    await company.type("ana", "/postmortem", channel)
    card = await company.see("Your template was not used", channel)
    assert "nowhere/postmortem.md cannot be read" in company.text(card)


def _with_template(company: Company, path: str) -> Catalog:
    return replace(company.process.installation.catalog, postmortem_template=path)


async def test_a_post_mortem_that_is_due_is_asked_for_daily_until_it_is_done(company: Company) -> None:
    channel = await resolved(company)
    await company.pool.execute(
        "INSERT INTO postmortems (incident_id, judged_at, due_at) SELECT id, resolved_at, resolved_at FROM incidents "
        "ON CONFLICT (incident_id) DO UPDATE SET due_at = excluded.due_at"
    )
    await company.forward(timedelta(minutes=1))
    await company.dm("ben", "The post-mortem of INC-1 was due")
    await company.forward(timedelta(days=1))

    def twice() -> bool | None:
        asked = [one for one in company.slack.dms("U0BEN") if "The post-mortem of INC-1 was due" in company.text(one)]
        return True if len(asked) == 2 else None

    await company.slack.wait_for(twice, what="asked on the next day too")
    await company.type("ben", "/postmortem done", channel)
    await company.see("of INC-1 is done", channel)
    await company.forward(timedelta(days=1))
    assert twice()


async def test_figures_count_no_rehearsals(company: Company) -> None:
    await resolved(company)
    await company.type("ben", "/incident fire drill of ours --test", OPS)
    await placed(company, 2)
    await company.type("ben", "/incident stats", OPS)
    card = await company.see("Incidents of the last 6 months: 1")
    assert "Incidents a month" in str(card.blocks)
