"""The policy changes under people's hands: tried before, taken over at once, told in words."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from bot.db import people as facts
from bot.db.database import Pool
from bot.domain.run import State
from bot.files import read
from bot.review import tried
from tests.support.company import CATALOG, GENERAL, POLICY, Company
from tests.support.desk import Shelf

Open = Callable[..., Awaitable[Company]]
APPROVE = "approval.approve"


async def test_a_policy_is_tried_on_what_people_asked_for(company: Company, pool: Pool, tmp_path: Path) -> None:
    await company.asked()
    await company.type("eli", "/poke shop production")
    await company.alone("eli", "may not")
    current = read(tmp_path / "catalog.yml", tmp_path / "policy.yml", company.records)

    async def otherwise(old: str, new: str) -> list[str]:
        assert old in POLICY
        (tmp_path / "proposed.yml").write_text(POLICY.replace(old, new))
        proposed = read(tmp_path / "catalog.yml", tmp_path / "proposed.yml", company.records)
        return list((await tried(pool, current.policy, proposed.policy, current.catalog, 200)).lines())

    assert await otherwise("preset: small-team", "preset: small-team # the same") == [
        "None of the last 2 requests would be decided otherwise."
    ]
    assert await otherwise("operator: [admin, ana, chi]", "operator: [admin, chi]") == [
        "1 of the last 2 requests would be decided otherwise:",
        "  R-1 Ana /poke shop production: needed approval by 1 other operator, would be refused (proposed.yml:6)",
    ]
    assert await otherwise("preset: small-team", "preset: solo") == [
        "1 of the last 2 requests would be decided otherwise:",
        (
            "  R-1 Ana /poke shop production: needed approval by 1 other operator, "
            "would need a click of their own (preset solo)"
        ),
    ]
    assert await otherwise("ana, chi]", "ana]") == [
        "1 of the last 2 requests would be decided otherwise:",
        "  R-1 Ana /poke shop production: Ben or Chi could approve, now Ben could (preset small-team)",
    ]
    assert await otherwise("ana, chi]", "ana, chi, eli]") == [
        "2 of the last 2 requests would be decided otherwise:",
        "  R-2 Eli /poke shop production: was refused, would need approval by 1 other operator (preset small-team)",
        "  R-1 Ana /poke shop production: Ben or Chi could approve, now Ben, Chi or Eli could (preset small-team)",
    ]


async def changed(company: Company, policy: str = POLICY, catalog: str = CATALOG) -> None:
    """Somebody saves the files and sends SIGHUP."""
    (company.folder / "policy.yml").write_text(policy)
    (company.folder / "catalog.yml").write_text(catalog)
    company.process.hang_up()


def without(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


async def test_a_changed_policy_is_in_force_at_once_and_told_in_words(company: Company) -> None:
    await changed(company, without(POLICY, "ana, chi]", "chi]"))
    told = await company.see("The policy has changed")
    assert "No longer in operator: Ana." in company.text(told)
    assert "Ana may no longer keep records" in company.text(told)
    await company.type("ana", "/poke shop production")
    refusal = await company.alone("ana", "may not roll back shop production")
    assert "Ben or Chi can" in company.text(refusal)
    assert await company.process.problems() == []


async def test_a_broken_file_is_refused_loudly_and_the_old_one_stays(company: Company, shelf: Shelf) -> None:
    await changed(company, without(POLICY, "role: viewer", "role: viewr"))
    told = await company.see("A changed policy or catalog was refused")
    assert "policy.yml:6: 'viewr' is not a role. Did you mean 'viewer'?" in company.text(told)
    assert "Nothing was changed" in company.text(told)
    assert await company.process.problems() == []
    card = await company.asked()
    await company.click("ben", card, APPROVE)
    await company.see("Poked")
    assert shelf.executed == ["R-1"]
    assert await company.happened("policy.refused") == ["watchkeeper"]


async def test_the_same_files_again_change_nothing_and_say_nothing(company: Company) -> None:
    await changed(company)
    await changed(company, POLICY + "# a remark\n")
    await changed(company, without(POLICY, "chi: U0CHI", "chii: U0CHI").replace("ana, chi]", "ana, chii]"))
    await company.see("Chii (U0CHI) is named now.")
    assert len(await company.happened("policy.changed")) == 2  # the first start's, and the last one


async def test_who_may_no_longer_ask_is_refused_and_told(company: Company, shelf: Shelf) -> None:
    card = await company.asked()
    copy = await company.dm("ben", "Poke shop production?")
    await changed(company, without(POLICY, "ana, chi]", "chi]"))
    ended = await company.becomes(card, "The policy has changed. Ana may not roll back", without=APPROVE)
    assert "Ben or Chi can" in company.text(ended)
    assert "Nothing was changed" in company.text(ended)
    await company.becomes(copy, "The policy has changed", without=APPROVE)
    await company.see("<@U0ANA> R-1", thread=card.ts)
    assert (await company.run()).state is State.REFUSED
    assert shelf.executed == []


async def test_who_may_answer_follows_the_new_policy(company: Company, shelf: Shelf) -> None:
    card = await company.asked()
    chis = await company.dm("chi", "Poke shop production?")
    await changed(company, without(POLICY, "ana, chi]", "ana, eli]"))
    await company.becomes(chis, "not yours to answer now", without=APPROVE)
    elis = await company.dm("eli", "Poke shop production?")
    await company.see("the policy has changed: 1 of Ben or Eli now", thread=card.ts)
    await company.click("chi", card, APPROVE)
    await company.alone("chi", "Your vote does not count here")
    await company.click("eli", elis, APPROVE)
    await company.becomes(card, "Poked", without=APPROVE)
    assert shelf.executed == ["R-1"]


async def test_votes_given_before_count_where_fewer_are_needed_now(open_company: Open, shelf: Shelf) -> None:
    two = POLICY + "approvals: [{risk: change, in: production, need: 2, from: operator}]\n"
    company = await open_company(policy=two)
    card = await company.asked()
    await company.click("ben", card, APPROVE)
    await company.becomes(card, "1 of 2")
    assert shelf.executed == []
    await changed(company, POLICY)
    await company.becomes(card, "Poked", without=APPROVE)
    assert shelf.executed == ["R-1"]


async def test_votes_given_before_do_not_suffice_where_more_are_needed_now(company: Company, shelf: Shelf) -> None:
    card = await company.asked()
    await changed(company, POLICY + "approvals: [{risk: change, in: production, need: 2, from: operator}]\n")
    await company.see("the policy has changed: 2 of Ben or Chi now", thread=card.ts)
    await company.click("ben", card, APPROVE)
    await company.becomes(card, "1 of 2")
    assert shelf.executed == []
    await company.click("chi", card, APPROVE)
    await company.becomes(card, "Poked", without=APPROVE)


async def test_where_nobody_is_asked_any_more_the_request_ends(company: Company, shelf: Shelf) -> None:
    card = await company.asked()
    await changed(company, without(POLICY, "small-team", "solo"))
    ended = await company.becomes(card, "nobody else is asked any more", without=APPROVE)
    assert "Nothing was changed" in company.text(ended)
    assert (await company.run()).state is State.VOIDED
    assert shelf.executed == []


async def test_a_changed_catalog_is_taken_over_with_its_new_place(company: Company) -> None:
    await changed(company, catalog=CATALOG + "      preview: {protected: false}\n")
    told = await company.see("The catalog has changed")
    assert "shop preview is new, not protected." in company.text(told)
    await company.type("ana", "/poke shop preview")
    await company.alone("ana", "Poke shop preview?")


async def test_a_policy_changed_while_the_bot_was_away_is_told_at_its_start(company: Company) -> None:
    await company.process.stop()
    (company.folder / "policy.yml").write_text(without(POLICY, "admin: [ben]", "admin: [ben, chi]"))
    await company.start_bot()
    told = await company.see("The policy has changed")
    assert "Now in admin: Chi." in company.text(told)
    assert "Chi may now do what is destructive (restore a backup) in shop production" in company.text(told)


async def test_a_replica_with_other_files_is_not_ready(company: Company, pool: Pool) -> None:
    for name, told in (("policy", "policy.yml here is not"), ("catalog", "catalog.yml here is not")):
        kept = await facts.fact(pool, name)
        await facts.set_fact(pool, name, "another digest")
        assert [problem.partition(" the one")[0] for problem in await company.process.problems()] == [told]
        await facts.set_fact(pool, name, kept)
    assert await company.process.problems() == []


async def test_a_trusted_user_group_gives_its_members_the_role(open_company: Open, shelf: Shelf) -> None:
    company = await open_company(policy=without(POLICY, "ana, chi]", "S0ONCALL]") + "trust_groups: true\n")
    company.slack.add_usergroup("S0ONCALL", "oncall", "On call", ["U0ANA", "U0MIA"])
    company.process.people.look_again()
    async with asyncio.timeout(5):
        while not is_in_a_group(company, "U0ANA"):
            await company.process.people.refresh("U0BEN")
    card = await company.asked()
    copy = await company.dm("mia", "Poke shop production?")
    await company.click("mia", copy, APPROVE)
    await company.becomes(card, "Poked", without=APPROVE)
    assert shelf.executed == ["R-1"]


def is_in_a_group(company: Company, person: str) -> bool:
    known = company.process.people.get(person)
    return known is not None and bool(known.groups)


async def test_can_answers_for_somebody_else_at_each_outcome(company: Company) -> None:
    for line, words in (
        ("/can <@U0ANA> poke shop production", "Ana may roll back shop production once 1 other operator agrees"),
        ("/can <@U0CHI> poke shop staging", "The plan is shown first, to whoever asks; its button starts it."),
        ("/can <@U0ELI> poke shop production", "Ana, Ben or Chi can."),
        ("/can <@U0ELI> health shop production", "Eli may look at the health of shop production"),
    ):
        await company.type("mia", line)
        told = await company.alone("mia", words)
        assert "Nothing was changed" in company.text(told)


async def test_a_refusal_names_the_channel_where_it_may_be_asked(open_company: Open) -> None:
    only = "{role: operator, may: [record, change], in: [shop], channels: [C0SHOPOPS]}"
    policy = without(POLICY, "{role: operator, may: [record, change], in: [shop]}", only)
    company = await open_company(policy=policy)
    await company.type("ana", "/poke shop production", channel=GENERAL)
    await company.alone("ana", "may do so only in the channel <#C0SHOPOPS>")
    await company.type("ana", "/poke shop production")
    await company.see("Poke shop production?")


async def test_a_request_that_waited_while_the_policy_changed_is_decided_again_at_the_start(company: Company) -> None:
    card = await company.asked()
    await company.process.stop()
    (company.folder / "policy.yml").write_text(without(POLICY, "ana, chi]", "chi]"))
    await company.start_bot()
    await company.becomes(card, "The policy has changed. Ana may not roll back", without=APPROVE)
    assert (await company.run()).state is State.REFUSED
