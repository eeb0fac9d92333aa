"""Words that look like a mention, a link or our own marks, said wherever words can be said: none becomes one."""

import re
from typing import Any

import aiohttp
import pytest

from bot.domain.words import BOLD, CHANNEL, CODE, END, LINK, PERSON, SPLIT
from bot.sandbox.workspace.shapes import api_person
from bot.sandbox.workspace.things import BOT_USER
from tests.stories.conftest import Open
from tests.support.company import CATALOG, GENERAL, Company
from tests.support.desk import Shelf

MARKS = f"{PERSON}U0MIA{END}{CHANNEL}{GENERAL}{END}{LINK}https://evil.example{SPLIT}bank{END}{BOLD}{CODE}"
FORGED = f"{MARKS} <!channel> <@U0MIA> <#{GENERAL}> <https://evil.example|bank> ` &lt;!here&gt;"
PINGS = re.compile(rf"<!(?!date)|<@U0MIA|<#{GENERAL}|<https?://evil|[\ue000-\uf8ff]")
KEY = "a_secret_of_more_than_thirty_letters"
LINES = (
    f"/poke because {FORGED}",
    f"/rollback {FORGED}",
    f"/{FORGED}",
    f"/incident checkout {FORGED}",
    f"/incident update INC-1 {FORGED}",
    f"/timeline add INC-1 {FORGED}",
    f"/incident followup add INC-1 {FORGED}",
    f"/freeze shop staging 1h because {FORGED}",
    "/timeline show INC-1",
    "/incident list",
    "/freeze list",
    "/audit --last 50",
    "/runs",
)


def pings(value: Any) -> list[str]:
    """Every reference that Slack would read in a call's arguments, in text or as an element."""
    if isinstance(value, dict):
        here = [str(value)] if value.get("type") in ("user", "channel", "link", "broadcast", "usergroup") else []
        bad = [one for one in here if "U0MIA" in one or "evil" in one or GENERAL in one or "broadcast" in one]
        shown = {key: one for key, one in value.items() if not bad and not (key == "text" and _is_plain(value))}
        return bad + [found for one in shown.values() for found in pings(one)]
    if isinstance(value, list | tuple):
        return [found for one in value for found in pings(one)]
    return [value] if isinstance(value, str) and PINGS.search(value) else []


def _is_plain(value: dict[str, Any]) -> bool:
    """Slack parses no references there; our own marks have no place in it either."""
    return value.get("type") in ("plain_text", "raw_text", "text") and not re.search(
        "[\ue000-\uf8ff]", str(value.get("text"))
    )


@pytest.fixture
async def company(open_company: Open, monkeypatch: pytest.MonkeyPatch) -> Company:
    monkeypatch.setenv("HOOK", KEY)
    hooks = "deploys: {kind: generic, secret: $HOOK}, sentry: {kind: betterstack, secret: $HOOK}"
    return await open_company(catalog=CATALOG.replace("production: {}", f"production: {{webhooks: {{{hooks}}}}}"))


async def everybody_says_it(company: Company) -> None:
    company.slack.add_person("U0ZOE", FORGED, FORGED)
    zoe = api_person(company.slack.state.people["U0ZOE"], 0)
    await company.slack.send_event({"type": "user_change", "user": zoe})
    await company.slack.send_event({"type": "channel_rename", "channel": {"id": "C0SHOPDEV", "name": FORGED}})
    for line in LINES:
        await company.type("chi", line)
    await company.slack.send_event(
        {"type": "app_mention", "user": "U0CHI", "team": "T0LANTERN", "channel": GENERAL, "ts": "1.2"}
        | {"text": f"<@{BOT_USER}> poke shop staging because {FORGED}"}
    )
    async with aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{company.process.port}/webhooks/deploys/shop.production/{KEY}"
        await session.post(url, json={"title": FORGED, "text": FORGED, "url": "https://evil.example"})
    for line in ("/can /poke shop production", "/poke because x", f"/deny R-1 because {FORGED}", "/freeze lift 1"):
        await company.type("zoe", line)
    await company.type("ben", f"/deny R-1 because {FORGED}")


async def test_nothing_that_anybody_says_becomes_a_mention_a_link_or_a_mark(company: Company) -> None:
    await everybody_says_it(company)
    await company.see("Denied by")
    await company.slack.wait_for(lambda: topics(company), what="the topic")
    await company.type("ana", "/runs")
    await company.see("newest first")
    said = [(call.method, call.arguments) for call in (*company.slack.calls, *company.slack.replies)]
    assert sum("evil.example" in str(one) for one in said) > 12
    assert [found for one in said for found in pings(one)] == []


async def test_a_plan_that_forgot_to_clean_what_a_service_wrote_neither_calls_nor_links(
    company: Company, shelf: Shelf
) -> None:
    shelf.target = FORGED
    card = await company.asked()
    assert "evil.example" in str(card.blocks)
    await company.click("ben", card, "approval.approve")
    await company.ended()
    await company.see("<@U0ANA> R-1", thread=card.ts)
    assert [found for call in company.slack.calls for found in pings(call.arguments)] == []


def topics(company: Company) -> list[str]:
    return [str(call.arguments["topic"]) for call in company.slack.calls if call.method == "conversations.setTopic"]
