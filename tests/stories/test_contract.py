"""What Slack may count on: every request answered in time, once, readably, and nothing believed unsigned."""

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from bot.domain.capability import Running
from bot.domain.errors import StepFailed
from bot.domain.run import State
from bot.sandbox.workspace.pressing import elements
from bot.sandbox.workspace.things import Delivery
from bot.slack import pace
from permissions.model import Risk
from tests.support.company import OPS, POLICY, SECRET, TOKEN, Company
from tests.support.desk import Shelf

APPROVE = "approval.approve"
FORM = "application/x-www-form-urlencoded"
Open = Callable[..., Awaitable[Company]]
COMMAND = b"command=%2Fpoke&text=because+x&user_id=U0ANA&team_id=T0LANTERN&channel_id=C0SHOPOPS&trigger_id=1.1.a"


async def written(company: Company) -> int:
    count: int = await company.pool.fetchval(
        "SELECT (SELECT count(*) FROM deliveries) + (SELECT count(*) FROM events WHERE kind NOT LIKE 'bot.%'"
        " AND kind NOT LIKE 'policy.%') + (SELECT count(*) FROM runs)"
    )
    return count


# --- the door ------------------------------------------------------------------------------------------------


UNSIGNED: tuple[tuple[int, dict[str, str]], ...] = (
    (301, {}),
    (-302, {}),
    (0, {"X-Slack-Signature": "v0=" + "0" * 64}),
    (0, {"X-Slack-Signature": ""}),
    (0, {"X-Slack-Request-Timestamp": "yesterday"}),
    (0, {"X-Slack-Request-Timestamp": ""}),
    (0, {"X-Slack-Signature": "v0=ü"}),
)


async def test_a_request_without_a_good_signature_is_401_and_leaves_no_trace(company: Company) -> None:
    for age, broken in UNSIGNED:
        headers = {**company.slack.sign(COMMAND, int(time.time()) - age), "Content-Type": FORM, **broken}
        answer = await company.slack.deliver_raw(COMMAND, headers)
        assert answer.status == 401, (age, broken)
        assert await written(company) == 0, (age, broken)


WITHOUT_SENSE = (
    (b"{not json", "application/json"),
    (b"[1, 2]", "application/json"),
    (b"payload=%7Bnot+json", FORM),
    (b"payload=%5B%5D", FORM),
    (b"\xff\xfe", FORM),
    (b"", FORM),
)


async def test_a_signed_body_without_sense_is_400(company: Company) -> None:
    for body, kind in WITHOUT_SENSE:
        answer = await company.slack.deliver_raw(body, {**company.slack.sign(body), "Content-Type": kind})
        assert answer.status == 400, body
        assert await written(company) == 0, body


async def test_slacks_certificate_check_is_answered_and_nothing_else_read(company: Company) -> None:
    body = b"ssl_check=1&" + COMMAND
    answer = await company.slack.deliver_raw(body, {"Content-Type": FORM})
    assert answer.status == 200
    assert await written(company) == 0


async def test_the_challenge_is_given_back_only_when_it_is_signed(company: Company) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "c4na7y", "token": "x"}).encode()
    kind = {"Content-Type": "application/json"}
    signed = await company.slack.deliver_raw(body, {**company.slack.sign(body), **kind})
    assert (signed.status, b"c4na7y" in signed.body) == (200, True)
    unsigned = await company.slack.deliver_raw(body, kind)
    assert (unsigned.status, b"c4na7y" in unsigned.body) == (401, False)


async def test_an_old_click_delivered_again_is_401(company: Company, shelf: Shelf) -> None:
    card = await company.asked()
    answer = await company.click("ben", card, APPROVE, delivery=Delivery(age_s=400))
    assert answer.status == 401
    assert (await company.run()).state is State.WAITING
    assert shelf.executed == []


# --- each once, all answered ---------------------------------------------------------------------------------


@pytest.mark.parametrize("times", [2, 4])
async def test_a_command_delivered_several_times_at_once_is_one_run(company: Company, times: int) -> None:
    answer = await company.type("ana", "/poke because x", delivery=Delivery(times=times))
    assert [one.status for one in (answer, *answer.others)] == [200] * times
    await company.see("Poke shop production?")
    assert await company.happened("request.received") == ["U0ANA"]
    assert await company.pool.fetchval("SELECT count(*) FROM runs") == 1


async def test_a_command_delivered_again_later_is_the_same_run(company: Company) -> None:
    again = Delivery(trigger_id="13.37.abc")
    await company.type("ana", "/poke because x", delivery=again)
    card = await company.see("Poke shop production?")
    await company.forward(timedelta(minutes=2))
    await company.type("ana", "/poke because x", delivery=again)
    await company.alone("ana", "R-1")
    assert [one.ts for one in company.slack.messages(OPS)] == [card.ts]
    assert await company.pool.fetchval("SELECT count(*) FROM runs") == 1


async def test_an_event_delivered_several_times_counts_once(company: Company) -> None:
    event = {"type": "tokens_revoked", "tokens": {"bot": ["U0WATCH"]}}
    answers = await asyncio.gather(
        *(company.slack.send_event(event, event_id="Ev42", retry_num=n or None) for n in range(4))
    )
    assert {one.status for one in answers} == {200}
    assert len(await company.happened("slack.revoked")) == 1


@pytest.mark.parametrize("kind", ["tokens_revoked", "app_uninstalled"])
async def test_a_revoked_app_stops_taking_requests(company: Company, kind: str) -> None:
    assert not company.process.stopping.is_set()
    await company.slack.send_event({"type": kind})
    assert company.process.stopping.is_set()
    assert len(await company.happened("slack.revoked")) == 1


UNKNOWN: tuple[dict[str, object], ...] = (
    {"type": "shortcut", "callback_id": "x", "user": {"id": "U0ANA"}, "team": {"id": "T0LANTERN"}},
    {"type": "message_action", "callback_id": "x", "user": {"id": "U0ANA"}, "team": {"id": "T0LANTERN"}},
    {"type": "view_submission", "view": {"id": "V1", "callback_id": "x"}, "user": {"id": "U0ANA"}},
    {"type": "view_closed", "view": {"id": "V1", "callback_id": "x"}, "user": {"id": "U0ANA"}},
    {"type": "block_suggestion", "action_id": "x", "block_id": "y", "value": "z", "user": {"id": "U0ANA"}},
    {"type": "something_of_2027", "user": {"id": "U0ANA"}},
    {"type": "block_actions", "user": {"id": "U0ANA"}, "actions": [{"action_id": "nobody.knows", "value": "x"}]},
    {"type": "block_actions"},
)


async def test_a_payload_that_nobody_knows_is_answered_all_the_same(company: Company) -> None:
    for payload in UNKNOWN:
        answer = await company.raw({"payload": payload})
        assert answer.status == 200, payload
        assert answer.elapsed_s < 1, payload


async def test_an_event_that_nobody_wants_is_answered(company: Company) -> None:
    assert (await company.slack.send_event({"type": "emoji_changed", "subtype": "add"})).status == 200


async def test_a_command_that_is_not_installed_gets_a_readable_answer(company: Company) -> None:
    form = {"command": "/nothing", "text": "", "user_id": "U0ANA", "team_id": "T0LANTERN", "channel_id": OPS}
    answer = await company.raw({**form, "trigger_id": "1.2.b", "response_url": ""})
    told = answer.json()
    assert answer.status == 200
    assert told is not None
    assert "is not a command here" in told["text"]
    assert told["response_type"] == "ephemeral"


async def test_a_failure_of_our_own_is_told_with_the_id_under_which_it_is_logged(
    company: Company, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def broken(_: object) -> None:
        raise RuntimeError("surprise")

    monkeypatch.setattr(company.process.intake, "receive", broken)
    answer = await company.type("ana", "/poke because x")
    assert answer.status == 200
    note = await company.alone("ana", "Something failed on my side")
    found = re.search(r"my log names it (\w+)", company.text(note))
    assert found
    assert found[1] in capsys.readouterr().out


async def test_nothing_secret_is_logged(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    await company.restart()
    card = await company.asked()
    company.slack.faults.fail("chat.update", "fatal_error")
    await company.click("ben", card, APPROVE)
    await company.click("ben", card, APPROVE, value="forged")
    await company.becomes(card, "Poked")
    await company.raw({"payload": {"type": "block_actions", "response_url": f"{company.slack.url}/respond/x"}})
    logged = "".join(capsys.readouterr())
    assert "bot.started" in logged
    for secret in (SECRET, TOKEN, "/respond/"):
        assert secret not in logged


# --- what is shown -------------------------------------------------------------------------------------------


async def test_every_button_that_changes_something_asks_once_more(open_company: Open, shelf: Shelf) -> None:
    shelf.raises = Risk.DESTRUCTIVE
    company = await open_company(policy=POLICY.replace("admin: [ben]", "admin: [ana, ben]"))
    card = await company.asked()
    buttons = {element["action_id"].partition(":")[0]: element for _, element in elements(card.blocks)}
    approve = buttons[APPROVE]
    assert approve["style"] == "danger"
    assert len(approve["confirm"]["title"]["text"]) <= 100
    assert len(approve["confirm"]["text"]["text"]) <= 300
    for element in buttons.values():
        assert re.fullmatch(r"\d+-[0-9a-f]{8}", element["value"]), element


async def test_all_messages_say_the_facts_in_their_text(company: Company) -> None:
    card = await company.asked()
    await company.click("ben", card, APPROVE)
    done = await company.becomes(card, "Poked")
    await company.see("<@U0ANA>", thread=card.ts)
    for call in company.slack.calls:
        if call.method in ("chat.postMessage", "chat.update", "chat.postEphemeral"):
            assert len(str(call.arguments["text"])) > 10
            assert len(str(call.arguments["text"])) <= 4000
    assert "Poked" in done.text


async def test_long_output_is_cut_and_never_refused(company: Company, shelf: Shelf) -> None:
    output = "\n".join(f"line {n} " + "x" * 300 for n in range(400))
    shelf.error = StepFailed("The build ended with 1.", "Read its output.", output=output)
    card = await company.asked()
    await company.click("ben", card, APPROVE)
    failed = await company.becomes(card, "The build ended with 1")
    assert "line 399" in company.text(failed)
    assert len(json.dumps(failed.blocks)) < 13_200


async def test_many_lines_arrive_in_order_and_within_slacks_limits(
    company: Company, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "POSTS_PER_S", 1.0)
    shelf.steps = tuple(f"step {n:03}" for n in range(100))
    card = await company.asked()
    await company.click("ben", card, APPROVE)
    await company.see("step 099", thread=card.ts)
    thread = company.slack.messages(OPS, thread=card.ts)
    told = [name for one in thread for name in re.findall(r"\*(step \d{3})\*", one.text)]
    assert told == list(shelf.steps)
    assert len(thread) < 12


async def test_an_answer_after_the_response_url_has_expired_still_comes(company: Company, shelf: Shelf) -> None:
    begun, gate = asyncio.Event(), asyncio.Event()

    async def slow(_: Running) -> None:
        begun.set()
        await gate.wait()

    shelf.between["fetch"] = slow
    card = await company.asked()
    await company.click("ben", card, APPROVE)
    await asyncio.wait_for(begun.wait(), 5)
    await company.forward(timedelta(minutes=40))
    gate.set()
    await company.becomes(card, "Poked")
    uses: dict[str, int] = {}
    for reply in company.slack.replies:
        assert reply.response.get("ok"), reply
        uses[str(reply.arguments)] = uses.get(str(reply.arguments), 0) + 1
    assert max(uses.values(), default=0) <= 5


async def test_the_thread_goes_on_under_its_card_after_a_restart(company: Company) -> None:
    card = await company.asked()
    await company.restart()
    await company.click("ben", card, APPROVE)
    await company.becomes(card, "Poked")
    for words in ("👍", "fetch", "<@U0ANA>"):
        line = await company.see(words, thread=card.ts)
        assert line.thread_ts == card.ts
    read_back = [call.method for call in company.slack.calls if "history" in call.method or "replies" in call.method]
    assert read_back == []
