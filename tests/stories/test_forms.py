"""What is not typed is asked for in a form: by the same readers, decided again, and once."""

from datetime import timedelta

import pytest

from bot.domain.run import State
from bot.sandbox.workspace.pressing import elements
from bot.sandbox.workspace.things import Delivery, Message, View
from tests.stories.test_outage import hanging
from tests.support.company import GENERAL, Company
from tests.support.desk import Shelf

TWO = """
services:
  shop:
    channels: {cards: C0SHOPOPS, production: [C0SHOPOPS], staging: [C0SHOPDEV]}
    environments:
      production: {}
      staging: {protected: false}
  books:
    channels: {cards: C0GENERAL}
    environments: {production: {}}
"""


async def opened(company: Company, who: str) -> View:
    return await company.slack.wait_for(
        lambda: next(iter(company.slack.views(f"U0{who.upper()}")), None), what=f"a form for {who}"
    )


async def asked(company: Company, who: str = "ana", text: str = "/poke", channel: str = GENERAL) -> View:
    await company.type(who, text, channel)
    return await opened(company, who)


def offered(view: View, block: str) -> list[str]:
    """What the select of this block lets one choose."""
    found = next(element for one, element in elements(view.blocks) if one["block_id"] == block)
    groups = found.get("option_groups", [{"options": found.get("options", [])}])
    return [option["value"] for group in groups for option in group["options"]]


async def runs(company: Company) -> int:
    count: int = await company.pool.fetchval("SELECT count(*) FROM runs")
    return count


async def test_a_missing_environment_opens_a_form_and_its_submission_runs(company: Company, shelf: Shelf) -> None:
    form = await asked(company, text="/poke shop because the queue grows")
    assert "which environment" in str(form.body)
    assert offered(form, "@place") == ["shop production", "shop staging"]
    assert "the queue grows" in str(form.body)
    assert await runs(company) == 0
    assert await company.happened("request.partial") == ["U0ANA"]
    answer = await company.slack.submit("U0ANA", form.id, {"@place": "shop production"})
    assert answer.error is None
    card = await company.see("Poke shop production?")
    assert "the queue grows" in company.text(card)
    run = await company.run()
    assert (run.text, run.channel, run.reason) == ("/poke shop production", GENERAL, "the queue grows")
    await company.click("ben", card, "approval.approve")
    await company.becomes(card, "Poked")
    assert shelf.executed == ["R-1"]
    assert company.slack.ephemerals("U0ANA") == [await company.alone("ana", "it is in")]


async def test_a_form_offers_only_what_the_person_may_touch(open_company: object) -> None:
    company: Company = await open_company(catalog=TWO)  # type: ignore[operator]
    form = await asked(company)
    assert offered(form, "@place") == ["shop production", "shop staging"]
    forged = await company.slack.submit(
        "U0ANA",
        form.id,
        {"@place": {"selected_option": {"text": {"type": "plain_text", "text": "x"}, "value": "books production"}}},
    )
    assert "Ana may not" in str(forged.json())
    assert await runs(company) == 0
    assert await company.happened("request.refused") == ["U0ANA"]


async def test_somebody_who_may_do_it_nowhere_gets_the_refusal_and_no_form(company: Company) -> None:
    await company.type("eli", "/poke shop", GENERAL)
    refusal = await company.alone("eli", "refused")
    assert "viewers may only look" in company.text(refusal)
    assert company.slack.views("U0ELI") == []
    assert await company.happened("request.refused") == ["U0ELI"]
    assert await company.happened("request.partial") == []


async def test_the_form_begins_with_the_verb_where_that_is_missing_too(company: Company) -> None:
    form = await asked(company, "eli", "/backup shop")
    assert offered(form, "@verb") == ["status"]
    await company.slack.close_view("U0ELI", form.id)
    form = await asked(company, "ana", "/backup staging")
    assert offered(form, "@verb") == ["db", "status", "verify"]
    await company.slack.submit("U0ANA", form.id, {"@verb": "verify"})
    form = await opened(company, "ana")
    assert offered(form, "@place") == ["shop staging"]
    wrong = await company.slack.submit("U0ANA", form.id, {"backup": "the one of yesterday"})
    assert set((wrong.json() or {})["errors"]) == {"backup"}
    await company.slack.submit("U0ANA", form.id, {"backup": "B-7", "quick": "yes", "@because": "to be sure"})
    run = await company.reaches(1, *State)
    assert (run.text, run.reason) == ("/backup verify shop staging B-7 --quick", "to be sure")


async def test_what_is_wrong_is_shown_under_its_field_and_put_right_there(company: Company) -> None:
    form = await asked(company, text="/rollback")
    assert (await company.slack.submit("U0ANA", form.id, {"to": "4c1d2a7"})).error == "incomplete_form"
    answer = await company.slack.submit(
        "U0ANA", form.id, {"@place": "shop staging", "to": "--force", "@because": "x"}
    )
    assert (answer.json() or {})["errors"] == {
        "to": "“--force” looks like an option. It takes previous or at least 7 digits of a commit, like 4c1d2a7."
    }
    assert await runs(company) == 0
    await company.slack.submit("U0ANA", form.id, {"@place": "shop staging", "to": "4C1D2A7", "@because": "x"})
    assert (await company.reaches(1, *State)).text == "/rollback shop staging --to 4c1d2a7"
    assert company.slack.views("U0ANA") == []


@pytest.mark.parametrize("times", [1, 4])
async def test_a_form_sent_again_is_one_run(company: Company, times: int) -> None:
    form = await asked(company)
    sent = {"@place": "shop production"}
    answer = await company.slack.submit("U0ANA", form.id, sent, delivery=Delivery(times=times))
    company.slack.state.put_view(form)
    late = await company.slack.submit("U0ANA", form.id, sent)
    assert [one.json() for one in (answer, *answer.others, late)] == [None] * (times + 1)
    await company.see("Poke shop production?")
    assert await runs(company) == 1
    assert await company.happened("request.received") == ["U0ANA"]


async def test_a_strangers_form_changes_nothing_and_is_audited(company: Company) -> None:
    form = await asked(company)
    company.slack.state.put_view(form.__class__(form.id, "U0BEN", form.body, form.hash, form.root, form.previous))
    answer = await company.slack.submit("U0BEN", form.id, {"@place": "shop production"})
    assert "belongs to nothing that waits" in str(answer.json())
    forged = form.__class__(form.id, "U0ANA", {**form.body, "private_metadata": "x" * 24}, form.hash, form.root)
    company.slack.state.put_view(forged)
    answer = await company.slack.submit("U0ANA", form.id, {"@place": "shop production"})
    assert "belongs to nothing that waits" in str(answer.json())
    assert await runs(company) == 0
    assert await company.happened("vote.refused") == ["U0BEN", "U0ANA"]


async def test_rights_that_are_gone_at_the_submission_are_said_in_the_form(company: Company) -> None:
    form = await asked(company)
    await company.becomes_known("ana", is_restricted=True)
    answer = await company.slack.submit("U0ANA", form.id, {"@place": "shop production"})
    assert "guests may not" in str((answer.json() or {})["errors"]["@place"])
    assert await runs(company) == 0


async def test_an_expired_form_says_so(company: Company) -> None:
    form = await asked(company)
    await company.forward(timedelta(minutes=16))
    answer = await company.slack.submit("U0ANA", form.id, {"@place": "shop production"})
    assert "has expired" in str(answer.json())
    assert await runs(company) == 0


# --- when the form does not open by itself --------------------------------------------------------------------


async def button(company: Company, who: str = "ana") -> Message:
    return await company.alone(who, "Open form")


@pytest.mark.parametrize("error", ["expired_trigger_id", "exchanged_trigger_id", "reset", 503])
async def test_where_the_form_did_not_open_a_button_opens_it(company: Company, error: str | int) -> None:
    company.slack.faults.fail("views.open", error)
    await company.type("ana", "/poke because the queue grows", GENERAL)
    card = await button(company)
    assert "Nothing was changed" in company.text(card)
    assert company.slack.views("U0ANA") == []
    await company.click("ana", card, "form.open")
    form = await opened(company, "ana")
    await company.slack.submit("U0ANA", form.id, {"@place": "shop production"})
    await company.see("Poke shop production?")
    await company.click("ana", card, "form.open")
    await company.alone("ana", "sent already: it is R-1")


async def test_the_button_is_for_who_typed_and_as_long_as_the_form(company: Company) -> None:
    company.slack.faults.fail("views.open", "expired_trigger_id")
    await company.type("ana", "/poke", GENERAL)
    card = await button(company)
    await company.click("ben", card, "form.open")
    await company.alone("ben", "not one of mine")
    assert company.slack.views("U0BEN") == []
    await company.forward(timedelta(minutes=16))
    await company.click("ana", card, "form.open")
    await company.alone("ana", "That form has expired")
    assert company.slack.views("U0ANA") == []


async def test_slack_away_delays_the_button_and_loses_nothing(company: Company) -> None:
    company.slack.faults.down()
    answer = await company.type("ana", "/poke", GENERAL)
    assert answer.status == 200
    await company.slack.wait_for(lambda: company.slack.calls[-1].method == "views.open")
    company.slack.faults.up()
    await company.pool.execute("UPDATE posts SET retry_at = statement_timestamp()")
    await company.click("ana", await button(company), "form.open")
    assert offered(await opened(company, "ana"), "@place") == ["shop production", "shop staging"]


async def test_a_bot_that_dies_before_the_form_opens_leaves_the_button(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dies(*_: object) -> None: ...

    assert company.process.door is not None
    monkeypatch.setattr(company.process.door._listeners, "_ask_for", dies)
    await company.type("ana", "/poke", GENERAL)
    await company.restart()
    await company.pool.execute("UPDATE posts SET retry_at = statement_timestamp()")
    await button(company)


async def test_an_open_form_needs_no_button(company: Company) -> None:
    form = await asked(company)
    await company.slack.submit("U0ANA", form.id, {"@place": "shop production"})
    await company.see("Poke shop production?")
    states = await company.pool.fetch("SELECT state FROM posts WHERE key LIKE 'form:%'")
    assert [row["state"] for row in states] in ([], ["gone"])


async def test_a_line_delivered_four_times_is_one_form(company: Company) -> None:
    await company.type("ana", "/poke", GENERAL, delivery=Delivery(times=4))
    await opened(company, "ana")
    assert await company.happened("request.partial") == ["U0ANA"]
    assert len(company.slack.views("U0ANA")) == 1


async def test_without_postgresql_nobody_is_told_that_something_is_known(company: Company) -> None:
    async with hanging(company):
        await company.type("ana", "/poke", GENERAL)
        await company.alone("ana", "I do not know whether this was recorded")
    assert company.slack.views("U0ANA") == []
    form = await asked(company)
    async with hanging(company):
        answer = await company.slack.submit("U0ANA", form.id, {"@place": "shop production"})
    assert "I do not know whether this was recorded" in str((answer.json() or {})["errors"]["@place"])
    await company.slack.submit("U0ANA", form.id, {"@place": "shop production"})
    await company.see("Poke shop production?")
    assert await runs(company) == 1
