"""Commands as people type them: what is understood, what is refused and how, and who sees the answer."""

import re

import pytest

from tests.support.company import DEV, GENERAL, OPS, Company
from tests.support.desk import Shelf


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("/poke because “it hurts, says Ben’s pager”", "it hurts, says Ben"),
        ("/poke shop production because it hurts", "it hurts"),
        ("/poke prod shop because it hurts", "it hurts"),
        ('/poke production "shop" --because "it hurts"', "it hurts"),
        ("/poke   shop\u00a0production   because   it hurts", "it hurts"),
        ("/poke —because “it hurts”", "it hurts"),
        ("/ops poke because it hurts", "it hurts"),
        ("/ops poke shop prod because it hurts", "it hurts"),
    ],
)
async def test_one_request_typed_in_many_ways(company: Company, typed: str, says: str) -> None:
    await company.type("ana", typed)
    card = await company.see("Poke shop production?")
    assert says in company.text(card)
    assert (await company.run()).text == "/poke shop production"


NOT_UNDERSTOOD = (
    ("/poke shop prodution", "Did you mean production?"),
    ("/poke shpo production", "Did you mean shop?"),
    ("/poke --force", "“--force” is not an option of /poke"),
    ("/poke --dry-rnu", "Did you mean --dry-run?"),
    ('/poke --because "it hurts', "quote"),
    ("/poke shop staging production", "given twice"),
    ('/poke "pr"od shop', "not"),
    ("/poke pr\\od shop", "pr\\od"),
    ("/poke shop production now", "now"),
    ("/poke --because", "needs a value"),
    ("/ops poek", "Did you mean /poke?"),
    ("/ops nothing-of-the-kind", "is not a command here"),
    ("/runs shwo R-1", "show"),
    ("/runs show R-one", "R-one"),
)


async def test_what_is_not_understood_is_refused_with_an_example(company: Company, shelf: Shelf) -> None:
    for number, (typed, says) in enumerate(NOT_UNDERSTOOD, start=1):
        answer = await company.type("ana", typed)
        assert answer.status == 200
        note = re.sub(r"[`*]", "", company.text(await company.whispered("ana", number)))
        assert "ou typed" in note, typed
        assert says in note
        assert "Nothing was changed" in note
        assert typed.split(maxsplit=1)[0] in note
    assert await company.pool.fetchval("SELECT count(*) FROM runs") == 0
    assert shelf.planned == 0


async def test_an_unknown_option_comes_with_an_example_that_works(company: Company) -> None:
    await company.type("ana", "/poke --force")
    note = await company.alone("ana", "“--force” is not an option")
    assert re.search(r"For example:? .?/poke shop production", company.text(note))
    await company.type("ana", "/poke shop production")
    await company.see("Poke shop production?")


async def test_every_command_answers_help_at_once(company: Company) -> None:
    for command in ("/poke", "/health", "/backup", "/rollback", "/replay-webhook", "/runs", "/can"):
        await company.type("eli", f"{command} help")
        card = await company.alone("eli", f"How to use {command}")
        assert "Nothing was changed" in company.text(card)


async def test_ops_help_lists_what_is_installed(company: Company) -> None:
    await company.type("eli", "/ops help")
    card = await company.alone("eli", "What I can do")
    for command in ("/poke", "/health", "/approve", "/audit"):
        assert command in company.text(card)


async def test_a_dry_run_shows_the_plan_to_who_asked_and_runs_nothing(company: Company, shelf: Shelf) -> None:
    await company.type("ana", "/poke --dry-run")
    card = await company.alone("ana", "only the plan")
    assert "Nothing was changed" in company.text(card)
    assert [one.text for one in company.slack.messages(OPS)] == []
    assert shelf.executed == []
    assert shelf.planned == 1


async def test_the_channel_fills_in_its_own_place(company: Company) -> None:
    await company.type("ana", "/poke because x")
    await company.see("Poke shop production?")
    await company.type("ana", "/poke because x", DEV)
    await company.alone("ana", "Poke shop staging?")


async def test_asked_elsewhere_the_card_is_in_the_services_channel_and_a_link_leads_there(company: Company) -> None:
    await company.type("ana", "/poke shop production because x", GENERAL)
    card = await company.see("Poke shop production?")
    link = await company.alone("ana", "it is in")
    assert link.channel == GENERAL
    assert f"<#{OPS}>" in link.text
    assert card.ts.replace(".", "") in str(link.blocks)
    assert company.slack.messages(GENERAL) == []


async def test_the_same_line_typed_twice_is_one_request(company: Company) -> None:
    await company.asked()
    await company.type("ana", "/poke because it did not seem to work")
    note = await company.alone("ana", "already asked")
    assert "R-1" in company.text(note)
    assert await company.pool.fetchval("SELECT count(*) FROM runs") == 1
    assert await company.happened("request.repeated") == ["U0ANA"]


async def test_ops_alone_says_what_i_may_do_here(company: Company) -> None:
    await company.type("ana", "/ops")
    card = await company.alone("ana", "What you may do here")
    assert "approval" in company.text(card)
    assert "/poke shop production" in company.text(card)
    await company.type("eli", "/ops")
    menu = await company.alone("eli", "What you may do here")
    assert "/poke" in company.text(menu).partition("Not for you here")[2]


async def test_a_viewer_is_refused_with_the_policys_line_and_whom_to_ask(company: Company, shelf: Shelf) -> None:
    await company.type("eli", "/poke because I want to")
    refusal = await company.alone("eli", "refused")
    told = company.text(refusal)
    assert "viewers may only look" in told
    assert "Ana, Ben or Chi can" in told
    assert re.search(r"policy\.yml:\d+", told)
    assert "Nothing was changed" in told
    assert shelf.planned == 0
    assert await company.happened("request.refused") == ["U0ELI"]


MAY_I = (
    ("eli", "/can", ("You are Eli", "viewer", "U0ELI")),
    ("ana", "/can poke shop production", ("Yes", "1 other operator", "Ben or Chi", "15 min")),
    ("ana", "/can poke shop staging", ("Yes, after your own look at the plan",)),
    ("eli", "/can poke shop production", ("No", "iewers may only look", "Ana, Ben or Chi can")),
    ("eli", "/can <@U0ANA> poke shop production", ("Yes", "1 other operator")),
    ("eli", "/can runs", ("Yes, at once",)),
    ("eli", "/can peok shop production", ("Did you mean",)),
)


async def test_can_says_whether_why_and_who_else(company: Company) -> None:
    for who, typed, says in MAY_I:
        heard = len(company.slack.ephemerals(f"U0{who.upper()}"))
        await company.type(who, typed)
        told = company.text(await company.whispered(who, heard + 1))
        assert [words for words in says if words not in told] == [], typed


async def test_an_answer_is_public_where_the_service_lives_and_can_be_shared_elsewhere(company: Company) -> None:
    await company.asked()
    await company.type("eli", "/runs shop production")
    await company.see("1 run of shop production")
    await company.type("eli", "/runs shop production", GENERAL)
    answer = await company.alone("eli", "1 run of shop production")
    assert answer.channel == GENERAL
    assert company.slack.messages(GENERAL) == []
    await company.click("ana", answer, "Share")
    await company.alone("ana", "Only the person who asked can share")
    await company.click("eli", answer, "Share")
    shared = await company.see("1 run of shop production", GENERAL)
    assert shared.user == company.slack.bot_user
