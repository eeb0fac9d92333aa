"""Whom a request has asked, what happens next, and the copies of those who are asked. Pure.

Presence is shown and never decides: `about` holds a person's words (“silent until 07:00”), where they are known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.domain.approval import Approval, Wave
from bot.domain.card import Button, Card
from bot.domain.plan import Plan
from bot.domain.run import Run
from bot.domain.run_lines import Names
from bot.domain.waves import called, time_of
from bot.domain.words import bold, listed, when

About = Mapping[str, str]
NOTHING_KNOWN: About = {}


def asked_lines(run: Run, approval: Approval, names: Names, about: About = NOTHING_KNOWN) -> tuple[str, ...]:
    """Who was asked so far and what comes next."""
    open_ = [one for one in called(approval) if one not in approval.in_favour]
    asked = " · ".join(_who(one, approval, names, about) for one in open_)
    lines = [f"{bold('Asked')} {asked}"] if asked else []
    return ("\n".join([*lines, f"{bold('Next')} {_next(run, approval, names)}"]),)


def _who(person: str, approval: Approval, names: Names, about: About) -> str:
    """Ben (on call), silent until 07:00."""
    said = [about.get(person, ""), "knows" if person in approval.stopped else ""]
    return ", ".join([names(person) + on_call(person, approval), *(part for part in said if part)])


def on_call(person: str, approval: Approval) -> str:
    return " (on call)" if person in approval.first else ""


def _next(run: Run, approval: Approval, names: Names) -> str:
    return "; ".join([*_alone(run, approval, names), *_then(approval, names)])


def _alone(run: Run, approval: Approval, names: Names) -> list[str]:
    """While nobody has answered at all."""
    if approval.alone_after is None or approval.votes:
        return []
    if approval.alone_offered_at is not None:
        return [f"nobody has answered, so {names(run.actor)} may go on alone"]
    at = when(approval.asked_at + approval.alone_after)
    return [f"if nobody has answered by {at}, {names(run.actor)} may go on alone"]


def _then(approval: Approval, names: Names) -> list[str]:
    end = f"at {when(approval.expires_at)} it expires"
    last = f"at {when(time_of(approval, Wave.LAST))} last call"
    match approval.wave:
        case Wave.FIRST:
            rest = listed([names(one) for one in approval.asked if one not in approval.first], "and")
            return [f"at {when(time_of(approval, Wave.EVERYONE))} everyone who may approve is asked ({rest})", end]
        case Wave.EVERYONE:
            return [last, end] if approval.asked else [end]
        case Wave.LAST:
            return [end]


def approver_card(card: Card, run: Run, approval: Approval, person: str) -> Card:
    """An approver's own copy of the plan's card: they may say that they know."""
    if person in approval.stopped:
        told = "You know of it and are not asked again; you may still answer here."
        return replace(card, body=(*card.body, told))
    stop = Button("I know: stop asking", action="approval.stop", target=run.target)
    return replace(card, buttons=(*card.buttons, stop))


def last_call_card(card: Card, plan: Plan, approval: Approval, run: Run, names: Names) -> Card:
    """A new message for who was asked and is silent: edits notify nobody."""
    told = f"Last call: {plan.question}? It expires at {when(approval.expires_at)}, and {names(run.actor)} waits."
    return replace(card, title=f"Last call: {plan.question}?", text=f"{told} {plan.summary}", body=(told, *card.body))


def last_called(bodies: Sequence[Mapping[str, object]]) -> tuple[str, ...]:
    """Who got a last call, from the events that say so."""
    found = [body.get("again") for body in bodies]
    return tuple(dict.fromkeys(str(one) for again in found if isinstance(again, list) for one in again))
