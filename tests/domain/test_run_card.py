"""What people read of a run, at each state it can be in."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from bot.domain import card as cards
from bot.domain.approval import Approval, ApprovalState, Vote
from bot.domain.card import Card, Pre, StepLine, Tone
from bot.domain.event import Event, Kind
from bot.domain.json import JsonObject
from bot.domain.plan import Plan
from bot.domain.run import FINAL, Lock, Run, RunId, State
from bot.domain.run_card import (
    decided_card,
    details_card,
    own_confirm_card,
    plan_card,
    progress_card,
    requester_card,
    waiting_for_lock_card,
)
from bot.domain.run_end import end_card, mention_card
from bot.domain.run_lines import thread_line
from bot.domain.words import plain
from permissions.model import Risk

NOW = datetime(2026, 11, 20, 3, 9, tzinfo=UTC)
NAMES = {"U0ANA": "Ana", "U0BEN": "Ben", "U0CHI": "Chi"}
PLAN = Plan(
    "Roll back shop production",
    "9f8e7d6 → 4c1d2a7. Data is not touched.",
    "Approve rollback",
    "Roll back now",
    {"to": "4c1d2a7"},
    ("9f8e7d6 → 4c1d2a7, which ran 6 days", "takes back 2 commits by Mia", "• about 40 s"),
    now="2 of 9 checks fail (03:09 UTC)",
    usual=timedelta(seconds=41),
    steps=("fetch", "build", "switch", "restart"),
)
RUN = Run(
    RunId(42),
    UUID("7c01e9aa-0000-4000-8000-000000000000"),
    State.WAITING,
    "/rollback",
    "",
    "/rollback shop production",
    {},
    "shop",
    "production",
    Lock.DEPLOY,
    "deploy:rollback",
    Risk.CHANGE,
    "U0ANA",
    "T0LANTERN",
    "C0SHOPOPS",
    "slack",
    "checkout answers 500",
    False,
    "",
    None,
    PLAN.digest,
    None,
    None,
    None,
    None,
    None,
    NOW,
    NOW + timedelta(minutes=15),
    None,
    None,
    None,
)
APPROVAL = Approval(
    RUN.id, ApprovalState.WAITING, 1, ("U0BEN", "U0CHI"), "button", PLAN.digest, NOW, NOW + timedelta(minutes=15)
)
STARTED = NOW + timedelta(minutes=1, seconds=12)


def names(person: str) -> str:
    return NAMES.get(person, person)


def event(kind: Kind, body: JsonObject | None = None, actor: str = "watchkeeper", number: int = 1) -> Event:
    return Event(number, number, kind, RUN.id, actor, "shop", "production", STARTED, body or {})


STEPS = (
    event(Kind.STEP_STARTED, {"step": "fetch"}),
    event(Kind.STEP_ENDED, {"step": "fetch", "state": "done", "says": "2 commits", "took_s": 6.2}),
    event(Kind.STEP_STARTED, {"step": "build"}),
    event(Kind.STEP_PROGRESSED, {"step": "build", "says": "compiling"}),
)


def run(state: State, **more: Any) -> Run:
    return replace(RUN, state=state, **more)


def read(card: Card) -> str:
    """All of a card as a terminal would show it."""
    steps = [f"{part.name} {part.state} {part.says}" for part in card.body if isinstance(part, StepLine)]
    said = [part for part in card.body if isinstance(part, str)]
    pre = [part.text for part in card.body if isinstance(part, Pre)]
    return plain("\n".join([card.title, card.text, *said, *steps, *pre, card.footer]), names)


def pressed(card: Card) -> list[str]:
    return [button.ask or button.action for button in card.buttons]


def test_the_request_for_confirmation_says_all_that_an_approver_needs() -> None:
    card = plan_card(RUN, PLAN, APPROVAL, names)
    assert (card.tone, card.title) == (Tone.ASK, "Roll back shop production?")
    assert pressed(card) == ["approval.approve", "approval.deny", "run.details"]
    assert {button.target for button in card.buttons} == {"42-7c01e9aa"}
    approve = card.buttons[0]
    assert (approve.label, approve.style) == ("Approve rollback", "primary")
    assert approve.confirm is not None
    assert approve.confirm.title == "Roll back shop production?"
    assert approve.confirm.text == "9f8e7d6 → 4c1d2a7. Data is not touched. It starts at once."
    assert (approve.confirm.yes, approve.confirm.no) == ("Roll back now", "Not yet")
    assert [plain(part) for part in card.body if isinstance(part, str)] == [
        "9f8e7d6 → 4c1d2a7, which ran 6 days\n• takes back 2 commits by Mia\n• about 40 s",
        "Why “checkout answers 500”\nNow 2 of 9 checks fail (03:09 UTC)",
        "Asked Ben · Chi\nNext at 03:20 UTC last call; at 03:24 UTC it expires",
    ]
    assert plain(card.footer) == (
        f"R-42 by Ana · needs 1 of Ben, Chi · answer by 03:24 UTC · or type /approve R-42 {PLAN.digest[:6]}"
    )
    assert plain(card.text).startswith("Ben, Chi, approve? Roll back shop production. 9f8e7d6 → 4c1d2a7.")


def test_a_second_approver_sees_who_was_first_and_is_the_one_asked() -> None:
    vote = Vote("U0BEN", True, PLAN.digest, NOW, "slack")
    card = plan_card(RUN, PLAN, replace(APPROVAL, need=2, votes=(vote,)), names)
    assert card.text.startswith("Chi, approve?")
    assert "So far 1 of 2: Ben" in read(card)


def test_a_destructive_plan_says_why_and_its_button_is_red() -> None:
    plan = replace(PLAN, raises=Risk.DESTRUCTIVE, raises_because="migrations lie between")
    card = plan_card(replace(RUN, risk=Risk.DESTRUCTIVE), plan, APPROVAL, names)
    assert card.buttons[0].style == "danger"
    assert "Risk destructive: migrations lie between" in read(card)


def test_ones_own_button_names_the_place() -> None:
    own = replace(APPROVAL, need=0, asked=("U0ANA",))
    card = own_confirm_card(RUN, PLAN, own)
    assert [button.label for button in card.buttons] == ["Roll back shop production", "Cancel"]
    assert pressed(card) == ["run.confirm", "run.withdraw"]
    assert card.private
    assert card.buttons[0].confirm is None
    careful = own_confirm_card(RUN, PLAN, replace(own, confirm="typed"))
    assert careful.buttons[0].style == "danger"
    assert careful.buttons[0].confirm is None  # pressing it opens the form where the place is typed
    destructive = own_confirm_card(replace(RUN, risk=Risk.DESTRUCTIVE), PLAN, own)
    assert destructive.buttons[0].confirm is not None


def test_the_requester_sees_for_whom_it_waits_and_can_withdraw() -> None:
    card = requester_card(RUN, PLAN, APPROVAL, names)
    assert pressed(card) == ["run.withdraw", "run.details"]
    assert "It waits for 1 of Ben, Chi, until 03:24 UTC." in read(card)
    alone = requester_card(RUN, PLAN, replace(APPROVAL, asked=()), names)
    assert "Nobody who may approve it is here; it expires 03:24 UTC." in read(alone)


def test_an_approved_copy_has_no_buttons_and_says_where_it_goes_on() -> None:
    granted = replace(APPROVAL, state=ApprovalState.GRANTED, votes=(Vote("U0BEN", True, PLAN.digest, NOW, "slack"),))
    card = decided_card(run(State.QUEUED, approved_at=STARTED), PLAN, granted, names, "#shop-ops")
    assert card.buttons == ()
    assert "Approved by Ben 03:10 UTC" in read(card)
    assert "It goes on in #shop-ops" in read(card)
    bad = Card(Tone.FAIL, "shop production runs 4c1d2a7 and is not well", "It is not well.")
    card = decided_card(run(State.FAILED, approved_at=STARTED), PLAN, granted, names, "#shop-ops", bad)
    assert (card.tone, card.title) == (Tone.FAIL, bad.title)
    assert "The result is in #shop-ops" in read(card)


def test_who_waits_its_turn_knows_behind_whom_why_and_how_long() -> None:
    holder = replace(RUN, id=RunId(41), actor="U0BEN", text="/backup db shop production", reason="nightly")
    card = waiting_for_lock_card(RUN, PLAN, holder, NOW, timedelta(seconds=90), names)
    assert "Ahead R-41 /backup db shop production by Ben (“nightly”), since 03:09 UTC" in read(card)
    assert "Usually 90 s" in read(card)
    assert "one change at a time on shop production" in read(card)
    assert pressed(card) == ["run.withdraw", "run.details"]
    assert "another run" in read(waiting_for_lock_card(RUN, PLAN, None, NOW, None, names))


def test_progress_shows_each_step_and_turns_orange_past_the_usual_time() -> None:
    going = run(State.RUNNING, started_at=STARTED)
    card = progress_card(going, PLAN, STEPS, names, STARTED + timedelta(seconds=20))
    assert [part for part in card.body if isinstance(part, StepLine)] == [
        StepLine("fetch", "done", "6.2 s · 2 commits"),
        StepLine("build", "working", "compiling"),
        StepLine("switch", "pending"),
        StepLine("restart", "pending"),
    ]
    assert card.tone is Tone.WORKING
    assert pressed(card) == ["run.cancel", "run.details"]
    assert plain(card.footer) == "R-42 by Ana · started 03:10:12 UTC · usually 41 s"
    late = progress_card(going, PLAN, STEPS, names, STARTED + timedelta(seconds=42))
    assert late.tone is Tone.WARN
    assert "usually 41 s, longer this time" in read(late)


def test_a_run_that_is_stopping_or_verifying_cannot_be_cancelled_again() -> None:
    stopping = progress_card(run(State.RUNNING, started_at=STARTED, cancel_by="U0BEN"), PLAN, STEPS, names, STARTED)
    assert pressed(stopping) == ["run.details"]
    assert "Ben asked; the step under way ends first" in read(stopping)
    verifying = progress_card(run(State.VERIFYING, started_at=STARTED), PLAN, STEPS, names, STARTED)
    assert pressed(verifying) == ["run.details"]
    assert "checking the result" in verifying.title


def test_a_run_about_to_start_says_that_nothing_was_changed_yet() -> None:
    card = progress_card(run(State.QUEUED), PLAN, (), names, NOW)
    assert card.title == "Roll back shop production: about to start"
    assert "Nothing was changed yet." in card.text


def ended(state: State, events: Sequence[Event] = (), **more: Any) -> Card:
    more.setdefault("changed", "nothing")
    return end_card(run(state, finished_at=STARTED, **more), PLAN, APPROVAL, events, names, NOW)


def test_a_good_end_is_the_commands_own_card_with_who_and_when() -> None:
    own = Card(Tone.OK, "shop production is back on 4c1d2a7", "It is back.", ("Took 41 s",))
    granted = replace(APPROVAL, state=ApprovalState.GRANTED, votes=(Vote("U0BEN", True, PLAN.digest, NOW, "slack"),))
    done = run(
        State.SUCCEEDED,
        outcome=cards.to_json(own),
        approved_at=NOW + timedelta(minutes=1),
        started_at=STARTED,
        finished_at=STARTED + timedelta(seconds=41),
    )
    card = end_card(done, PLAN, granted, (), names, NOW)
    assert card.title == own.title
    assert plain(card.footer) == (
        "R-42 · asked Ana 03:09 UTC · approved Ben 03:10 UTC · ran 03:10:12 UTC–03:10:53 UTC"
    )
    assert pressed(card) == ["run.details"]


def test_a_look_keeps_its_own_footer() -> None:
    own = Card(Tone.OK, "shop", "well", footer="Nothing was changed · 9 checks in 1.2 s")
    look = run(State.SUCCEEDED, outcome=cards.to_json(own), risk=Risk.READ, finished_at=NOW)
    card = end_card(look, None, None, (), names, NOW)
    assert plain(card.footer) == "Nothing was changed · 9 checks in 1.2 s · asked by Ana"
    alone = replace(look, outcome=cards.to_json(replace(own, private=True)))
    assert plain(end_card(alone, None, None, (), names, NOW).footer) == "Nothing was changed · 9 checks in 1.2 s"
    own = replace(own, footer="9 checks · 03:08 UTC · asked by Ana")
    card = end_card(replace(look, outcome=cards.to_json(own)), None, None, (), names, NOW)
    assert plain(card.footer) == "9 checks · 03:08 UTC · asked by Ana"
    assert card.buttons == ()


DENIED = event(Kind.VOTE_CAST, {"yes": False, "reason": "wait for Mia"}, "U0BEN")
ASKED = event(Kind.APPROVAL_ASKED, {"asked": ["U0BEN"], "need": 1})
DRIFT = event(Kind.APPROVAL_VOIDED, {"changes": ["from was 9f8e7d6, now aaaaaaa"]})


@pytest.mark.parametrize(
    ("card", "tone", "says", "buttons"),
    [
        (
            ended(State.DENIED, (DENIED,)),
            Tone.STOPPED,
            ["Denied by Ben: “wait for Mia”.", "Changed nothing\n"],
            ["/rollback shop production", "run.details"],
        ),
        (
            ended(State.EXPIRED, (ASKED,)),
            Tone.STOPPED,
            ["Nobody answered in time (until 03:24 UTC).", "Nothing was changed."],
            ["/rollback shop production", "run.details"],
        ),
        (
            ended(State.EXPIRED, because="It could not start within 15 minutes."),
            Tone.STOPPED,
            ["It could not start within 15 minutes.", "Nothing was changed."],
            ["/rollback shop production", "run.details"],
        ),
        (
            ended(State.WITHDRAWN),
            Tone.STOPPED,
            ["Withdrawn by Ana.", "Nothing was changed."],
            ["/rollback shop production", "run.details"],
        ),
        (
            ended(State.VOIDED, (DRIFT,)),
            Tone.WARN,
            ["not what was approved any more", "What changed since\n• from was 9f8e7d6, now aaaaaaa"],
            ["/rollback shop production", "run.details"],
        ),
        (
            ended(State.VOIDED, because="/rollback is no longer installed."),
            Tone.WARN,
            ["/rollback is no longer installed.", "Nothing was changed."],
            ["/rollback shop production", "run.details"],
        ),
        (
            ended(State.REFUSED, because="Viewers may only look. Ask Ana. (policy.yml:6)"),
            Tone.STOPPED,
            ["Viewers may only look. Ask Ana. (policy.yml:6)", "Nothing was changed."],
            ["run.details"],
        ),
        (
            ended(State.CANCELLED, STEPS[:2], started_at=STARTED, changed="something", cancel_by="U0BEN"),
            Tone.STOPPED,
            ["Cancelled by Ben after “fetch”, before “build”.", "Something was changed", "switch pending not begun"],
            ["/rollback shop production", "run.details"],
        ),
        (
            ended(State.CANCELLED, started_at=STARTED, cancel_by="U0BEN"),
            Tone.STOPPED,
            ["Cancelled by Ben before its first step, “fetch”.", "Nothing was changed."],
            ["/rollback shop production", "run.details"],
        ),
        (
            ended(State.FAILED, STEPS[:2], started_at=STARTED, changed="unknown", because="It broke.\nTrace\nlast"),
            Tone.FAIL,
            ["It broke.", "It is not known whether anything was changed.", "fetch done 6.2 s", "Trace\nlast"],
            ["run.settle_done", "run.settle_not_done", "run.details"],
        ),
        (
            ended(State.TIMED_OUT, STEPS, started_at=STARTED, changed="unknown", because="Too slow."),
            Tone.UNKNOWN,
            ["Too slow.", "It is not known whether anything was changed.", "build stopped its end is not known"],
            ["run.settle_done", "run.settle_not_done", "run.details"],
        ),
        (
            ended(State.INTERRUPTED, STEPS, started_at=STARTED, changed="unknown"),
            Tone.UNKNOWN,
            ["Done before it: fetch. How “build” ended is not known.", "Changed not known", "then say it here"],
            ["run.settle_done", "run.settle_not_done", "run.details"],
        ),
        (
            ended(State.INTERRUPTED, STEPS, started_at=STARTED, changed="something", settled_by="U0CHI"),
            Tone.UNKNOWN,
            ["Settled as done by Chi; its lock is free"],
            ["/rollback shop production", "run.details"],
        ),
    ],
)
def test_every_bad_end_says_what_happened_and_what_to_do_next(
    card: Card, tone: Tone, says: list[str], buttons: list[str]
) -> None:
    assert card.tone is tone
    shown = read(card)
    assert [one for one in says if one not in shown] == []
    assert pressed(card) == buttons


@pytest.mark.parametrize("state", sorted(FINAL))
def test_every_final_state_has_a_card_that_says_whether_anything_was_changed(state: State) -> None:
    assert "hanged" in ended(state).text
    assert cards.from_json(cards.to_json(ended(state))) == ended(state)


def test_nothing_to_do_and_a_dry_run_say_that_nothing_was_changed() -> None:
    done = run(State.SUCCEEDED, finished_at=NOW, changed="nothing")
    nothing = end_card(done, replace(PLAN, nothing_to_do="4c1d2a7 runs already."), None, (), names, NOW)
    assert nothing.text == "4c1d2a7 runs already. Nothing was changed."
    dry = end_card(replace(done, dry_run=True), PLAN, None, (), names, NOW)
    assert dry.title == "Roll back shop production: only the plan"
    assert "takes back 2 commits" in read(dry)
    assert pressed(dry) == ["/rollback shop production"]


def test_the_requester_is_mentioned_at_the_end() -> None:
    card = mention_card(RUN, Card(Tone.OK, "back", "shop production is back.\nmore"))
    assert plain(card.text) == "U0ANA R-42: shop production is back."
    assert card.title == ""
    for text in ("R-42: done.", "R-42, done."):
        assert plain(mention_card(RUN, Card(Tone.OK, "", text)).text) == "U0ANA R-42: done."


def test_an_unknown_end_blocks_the_place_only_if_it_held_its_lock() -> None:
    lost = run(State.INTERRUPTED, finished_at=NOW, changed="unknown")
    for one, says in (
        (lost, " Until then nothing else may change shop production.\n"),
        (replace(lost, lock=None), "\n"),
    ):
        assert f"Next Look at what is true now, then say it here.{says}" in read(
            end_card(one, PLAN, None, (), names, NOW)
        )


def test_details_tell_the_whole_record_to_one_person() -> None:
    vote = event(Kind.VOTE_CAST, {"yes": True, "have": 1, "need": 1}, "U0BEN")
    card = details_card(run(State.RUNNING, because="rule (policy.yml:3)"), PLAN, APPROVAL, (vote, *STEPS), NOW)
    shown = read(card)
    for said in [
        "/rollback shop production",
        "(policy.yml:3)",
        "1 of Ben and Chi",
        "Ben approved (1 of 1)",
        "fetch done",
    ]:
        assert said.replace(" and ", " or ") in shown or said in shown
    assert card.private


@pytest.mark.parametrize(
    ("happened", "line"),
    [
        (event(Kind.VOTE_CAST, {"yes": True, "have": 1, "need": 2}, "U0BEN"), "👍 Ben approved (1 of 2)"),
        (DENIED, "👎 Ben denied it: “wait for Mia”"),
        (
            event(Kind.LOCK_WAITED, {"holder": 41, "holder_text": "/dep"}),
            "⏳ waits its turn behind R-41 “/dep”",
        ),
        (DRIFT, "⚠️ not what was approved any more: from was 9f8e7d6, now aaaaaaa"),
        (STEPS[1], "✅ fetch 6.2 s · 2 commits"),
        (event(Kind.STEP_ENDED, {"step": "build", "state": "failed", "says": "no\nspace"}), "🔴 build no space"),
        (event(Kind.RUN_CANCEL_ASKED, {}, "U0ANA"), "⏹️ Ana asked to cancel R-42; it stops before its next step"),
        (event(Kind.RUN_SETTLED, {"how": "done", "note": ""}, "U0CHI"), "Chi settled R-42 as done"),
    ],
)
def test_the_thread_has_one_line_for_what_happened(happened: Event, line: str) -> None:
    assert plain(thread_line(happened, RUN, names)) == f"03:10:12 UTC {line}"


@pytest.mark.parametrize("kind", [Kind.STEP_PROGRESSED, Kind.RUN_QUEUED, Kind.PLAN_MADE, Kind.VOTE_REFUSED])
def test_what_the_card_tells_is_not_told_again_in_the_thread(kind: Kind) -> None:
    assert thread_line(event(kind, {"step": "build"}), RUN, names) == ""
