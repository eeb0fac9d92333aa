"""Going on without votes, in words: what is offered, why it may not be, and what everyone is told. Pure."""

from collections.abc import Sequence
from datetime import datetime

from bot.domain.approval import Approval, Way
from bot.domain.card import Button, Card, Confirm, Tone
from bot.domain.event import Event, Kind
from bot.domain.form import Form, one_line
from bot.domain.plan import Plan
from bot.domain.review import LONGEST, SHORTEST, Review
from bot.domain.run import Run
from bot.domain.run_lines import Names
from bot.domain.waves import called
from bot.domain.words import bold, clean, code, listed, quoted, when
from permissions.decision import Decision, NeedsApproval

WAYS: dict[Way, str] = {"votes": "approved", "alone": "went on alone", "glass": "broke the glass"}


def not_possible(decision: Decision, way: Way) -> str:
    """Why the policy of now does not allow it; empty when it does."""
    if not isinstance(decision, NeedsApproval) or not decision.rule.need:
        return "The policy asks nobody else any more."
    allowed = decision.rule.alone_after is not None if way == "alone" else decision.glass
    what = "going on alone" if way == "alone" else "breaking the glass"
    return "" if allowed else f"The policy does not allow {what} here ({decision.rule.where})."


def not_now(approval: Approval, way: Way, now: datetime) -> str:
    """Alone is for silence only; empty when it may be."""
    if way == "glass" or approval.alone_after is None:
        return ""
    if approval.votes:
        return "Somebody has answered, so you cannot go on alone."
    begin = approval.asked_at + approval.alone_after
    return "" if begin <= now else f"You may go on alone from {when(begin)}, if nobody answers."


def why_form(run: Run, way: Way) -> Form:
    """One sentence, before anything starts."""
    told = "Nobody has answered." if way == "alone" else "This replaces the votes and nothing else."
    later = "on the next working morning" if way == "alone" else "within 24 hours"
    return one_line(
        "Go on alone" if way == "alone" else "Break the glass",
        f"{told} {code(run.text)} starts at once. Everyone in the channel reads why, and somebody else looks at it "
        f"{later}. Nothing was changed yet.",
        "Why, in one sentence",
        "Start it",
        f"{way}:{run.target}",
        least=SHORTEST,
        most=LONGEST,
    )


def alone_button(run: Run) -> Button:
    return Button("Go on alone…", action="unvoted.alone", target=run.target, style="danger")


def glass_button(run: Run) -> Button:
    return Button("Break the glass…", action="unvoted.glass", target=run.target, style="danger")


def offer_card(run: Run, plan: Plan, approval: Approval, names: Names, *, open_: bool) -> Card:
    """A new message for whoever asked: nobody has answered. Once somebody has, only that is left of it."""
    if not open_:
        told = f"{run.label} is not for you alone any more: it was answered, or is over. Its own message tells how."
        return Card(Tone.INFO, f"{plan.question}: no longer open", told, (told,), footer=run.label)
    silence = _silence(approval, names)
    may = "You may go on alone: say why in one sentence, which everyone in the channel reads."
    then = "Somebody else looks at it on the next working morning."
    return Card(
        Tone.ASK,
        f"Nobody has answered: {plan.question}?",
        f"Nobody has answered {run.label}, {plan.question}. {may} Nothing was changed yet.",
        (f"{silence} {may} {then}", plan.summary),
        (alone_button(run), Button("Withdraw", action="run.withdraw", target=run.target)),
        f"{run.label} · it waits until {when(approval.expires_at)} · nothing was changed yet",
    )


def loud_card(run: Run, plan: Plan, review: Review, approval: Approval, names: Names) -> Card:
    """A new message for the whole channel: who went on without votes, and why."""
    who = names(review.actor)
    did = "goes on alone" if review.way == "alone" else "broke the glass"
    may = listed([names(one) for one in approval.asked], "or")
    instead = _silence(approval, names) if review.way == "alone" else f"It needed a vote of {may or 'others'}."
    return Card(
        Tone.WARN,
        f"{who} {did}: {plan.question}",
        f"{who} {did}: {run.label}, {plan.question}. Why: {quoted(review.because, LONGEST)}",
        (f"{bold('Why')} {quoted(review.because, LONGEST)}\n{instead}\n{plan.summary}", review_line(review, names)),
        (*review_buttons(run, review), Button("Details", action="run.details", target=run.target)),
        f"{run.label} by {who} · {code(run.text)}",
    )


def _silence(approval: Approval, names: Names) -> str:
    """Who was asked so far: perhaps only who is on call."""
    asked = [names(one) for one in called(approval)]
    were = "was" if len(asked) == 1 else "were"
    return (
        f"{listed(asked, 'and')} {were} asked; nobody has answered." if asked else "Nobody who may approve is here."
    )


def review_line(review: Review, names: Names) -> str:
    """How it stands with the look that somebody else takes."""
    if review.verdict is None:
        by = when(review.next_at, "date")
        asked = "somebody else looks at it by" if review.way == "glass" else "somebody else is asked to look at it"
        return f"{bold('Review')} open: {asked} {by}"
    if review.verdict == "moot":
        return f"{bold('Review')} not needed: it never ran"
    found = "it was fine" if review.verdict == "fine" else f"needs a talk: {quoted(review.says, LONGEST)}"
    return f"{bold('Review')} {names(review.reviewer or '')}: {found}"


def review_card(run: Run, plan: Plan, review: Review, names: Names) -> Card:
    """Somebody else is asked to look, in a new message each day until it is done."""
    did = WAYS[review.way]
    told = f"{names(review.actor)} {did} on {when(review.created_at, 'date')}: {plan.question}."
    lines = [told, f"{bold('Why')} {quoted(review.because, LONGEST)}", f"{bold('Ended')} {_ended(run)}"]
    if review.verdict is not None:
        lines.append(review_line(review, names))
    return Card(
        Tone.ASK if review.verdict is None else Tone.OK,
        f"Review {run.label}: {plan.question}",
        f"{told} Somebody else looks at it afterwards: was it right? Ended: {_ended(run)}",
        ("\n".join(lines),),
        (*review_buttons(run, review), Button("Details", action="run.details", target=run.target)),
        f"{run.label} by {names(review.actor)} · anybody who could have approved it may answer, but never who ran it",
    )


def talk_card(run: Run, review: Review, names: Names) -> Card:
    """Whoever went on without votes learns that it needs a talk."""
    told = f"{names(review.reviewer or '')} looked at {run.label}: it needs a talk. {quoted(review.says, LONGEST)}"
    return Card(Tone.WARN, "", told, (told,), footer=f"{run.label} · nothing was changed by this")


def talk_form(run: Run) -> Form:
    return one_line(
        "Needs a talk",
        f"What about {run.label} needs a talk? Whoever ran it reads this, and the channel. Nothing is changed by it.",
        "What, in one sentence",
        "Send it",
        f"talk:{run.target}",
        least=SHORTEST,
        most=LONGEST,
    )


def review_buttons(run: Run, review: Review) -> tuple[Button, ...]:
    """Under broken glass at once; what was done alone is asked about in the morning."""
    if review.verdict is not None or (review.way == "alone" and not review.times):
        return ()
    text = f"You looked at what {run.label} did and why. Your name is recorded with it."
    sure = Confirm(f"Was {run.label} right?", text, "It was fine", "Look first")
    return (
        Button("Reviewed: fine", action="review.fine", target=run.target, confirm=sure),
        Button("Needs a talk…", action="review.talk", target=run.target),
    )


def _ended(run: Run) -> str:
    state = run.state.value.replace("_", " ")
    return f"{state}, {when(run.finished_at, 'date')}" if run.finished_at else f"{state} at present"


def unvoted_line(events: Sequence[Event], names: Names) -> str:
    """For the cards of a run: that it went on without votes, and why; empty for others."""
    for event in events:
        if event.kind in (Kind.APPROVAL_ALONE, Kind.APPROVAL_BROKEN_GLASS):
            word = "Alone" if event.kind is Kind.APPROVAL_ALONE else "Glass broken"
            because = clean(str(event.body.get("because") or ""), LONGEST)
            return f"{bold(word)} {names(event.actor)}, without votes: {quoted(because, LONGEST)}"
    return ""
