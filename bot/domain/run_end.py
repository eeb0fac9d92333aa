"""How a run ended, as a card: what happened, why, whether anything was changed, what to do next. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import cast

from bot.domain import card as cards
from bot.domain.approval import Approval, Way
from bot.domain.card import Button, Card, Confirm, Part, Pre, Tone
from bot.domain.errors import CHANGED_IN_SHORT, CHANGED_WORDS, Changed
from bot.domain.event import Event, Kind
from bot.domain.plan import Plan
from bot.domain.run import FINAL, Run, State
from bot.domain.run_card import asks_for, details_button, people, reason_line, what_it_does
from bot.domain.run_lines import Names
from bot.domain.run_steps import StepFact, names_of, step_lines, steps
from bot.domain.words import bold, clean, code, listed, person, when
from permissions.model import Risk

_TITLES: dict[State, tuple[Tone, str]] = {
    State.SUCCEEDED: (Tone.OK, "done"),
    State.FAILED: (Tone.FAIL, "failed"),
    State.TIMED_OUT: (Tone.UNKNOWN, "did not end in time"),
    State.CANCELLED: (Tone.STOPPED, "cancelled"),
    State.INTERRUPTED: (Tone.UNKNOWN, "interrupted"),
    State.REFUSED: (Tone.STOPPED, "not allowed"),
    State.DENIED: (Tone.STOPPED, "denied"),
    State.WITHDRAWN: (Tone.STOPPED, "withdrawn"),
    State.EXPIRED: (Tone.STOPPED, "expired"),
    State.VOIDED: (Tone.WARN, "not what was approved any more"),
}
_NEXT: dict[State, str] = {
    State.TIMED_OUT: "Look before you repeat it: what it had begun may still be under way.",
    State.CANCELLED: "Ask again when you want the rest.",
    State.DENIED: "Talk to whoever denied it, then ask again if it is still wanted.",
    State.WITHDRAWN: "Ask again when you want it.",
    State.EXPIRED: "Ask again, and tell an approver that it waits.",
    State.VOIDED: "Ask again: you will get a plan of what would happen now.",
}

_GRANTED: dict[Way, str] = {"votes": "approved {}", "alone": "alone, without votes", "glass": "by broken glass"}


def end_card(
    run: Run, plan: Plan | None, approval: Approval | None, events: Sequence[Event], names: Names, now: datetime
) -> Card:
    """The last card of a run, whatever its end. `run` must be final."""
    assert run.state in FINAL, run.state  # noqa: S101  (a caller's mistake, not a person's)
    if run.outcome is not None:
        return _with_outcome(run, plan, approval, names)
    if run.state is State.SUCCEEDED:
        return _without_running(run, plan, approval, names)
    return _told(run, plan, approval, events, names, now)


def mention_card(run: Run, card: Card) -> Card:
    """A short new message for the requester at the end: an edit notifies nobody, this does."""
    short = _short(card).removeprefix(run.label).lstrip(",: ")
    told = f"{person(run.actor)} {run.label}: {short}"
    return Card(card.tone, "", told, (told,))


def _short(card: Card) -> str:
    text = card.text.split("\n")[0]
    return text if text else card.title


def _with_outcome(run: Run, plan: Plan | None, approval: Approval | None, names: Names) -> Card:
    """The verb's own card, with when it was asked, approved and ran."""
    card = cards.from_json(run.outcome or {})
    alone = card.private and run.risk is Risk.READ  # who asked is the only one who reads it
    footer = card.footer if alone else _footer(run, approval, names, card.footer)
    buttons = card.buttons
    if run.risk is not Risk.READ and plan and not any(one.action == "run.details" for one in buttons):
        buttons = (*buttons, details_button(run))
    return replace(card, footer=footer, buttons=buttons)


def _without_running(run: Run, plan: Plan | None, approval: Approval | None, names: Names) -> Card:
    """There was nothing to do, or only the plan was wanted."""
    nothing = CHANGED_WORDS["nothing"]
    if plan is None:
        return Card(Tone.OK, f"{asks_for(run, plan)}: done", f"{run.label}: done. {nothing}", (nothing,))
    if plan.nothing_to_do:
        return Card(
            Tone.OK,
            f"{asks_for(run, plan)}: nothing to do",
            f"{plan.nothing_to_do} {nothing}",
            (plan.nothing_to_do,),
            footer=_footer(run, approval, names, "nothing was changed"),
        )
    return Card(
        Tone.INFO,
        f"{plan.question}: only the plan",
        f"This is what {plan.question[:1].lower()}{plan.question[1:]} would do: {plan.summary} {nothing}",
        (*what_it_does(plan), *([f"{bold('Now')} {plan.now}"] if plan.now else [])),
        (Button(f"{plan.question}…"[:75], ask=_again(run)),) if _again(run) else (),
        _footer(run, approval, names, "a dry run: nothing was changed"),
    )


def _told(
    run: Run, plan: Plan | None, approval: Approval | None, events: Sequence[Event], names: Names, now: datetime
) -> Card:
    tone, word = _TITLES[run.state]
    facts = steps(plan.steps if plan else (), events) if run.started_at else ()
    what, output = _what(run, facts, events, names)
    known = cast("Changed", run.changed or "unknown")
    changed = CHANGED_WORDS[known]
    following = _next(run, names)
    title = asks_for(run, plan)
    lines = [
        what,
        reason_line(run),
        f"{bold('Changed')} {CHANGED_IN_SHORT[known]}",
    ]
    lines += [f"{bold('Next')} {following}"] if following else []
    lines += [f"{bold('Settled')} {_settled(run, names)}"] if run.settled_by else []
    following = following or (f"Settled {_settled(run, names)}." if run.settled_by else "")
    body: list[Part] = ["\n".join(line for line in lines if line), *_changes(run, events)]
    body += step_lines(facts, ended=True)
    body += [Pre(output)] if output else []
    return Card(
        tone,
        f"{title}: {word}",
        f"{run.label}, {title}: {word}. {what} {changed} {following}".strip(),
        tuple(body),
        _buttons(run),
        _footer(run, approval, names, ""),
    )


def _what(run: Run, facts: Sequence[StepFact], events: Sequence[Event], names: Names) -> tuple[str, str]:
    """One sentence, and the output that came with it."""
    says, _, output = run.because.partition("\n")
    match run.state:
        case State.CANCELLED if run.started_at:
            by = names(run.cancel_by) if run.cancel_by else "the bot"
            return f"Cancelled by {by}{_between(facts)}.", output
        case State.INTERRUPTED:
            return says or _interrupted(facts), output
        case State.DENIED:
            return _denied(events, names) or says, output
        case State.EXPIRED:
            return f"Nobody answered in time{_until(run)}." if _asked(events) else says, output
        case State.VOIDED if _drifted(events):
            return "What would happen is not what was approved any more.", output
        case State.WITHDRAWN:
            return f"Withdrawn by {names(run.actor)}.", output
        case _:
            return says, output


def _between(facts: Sequence[StepFact]) -> str:
    done, still = names_of(facts, "done"), names_of(facts, "pending")
    if not done:
        return f" before its first step{f', “{clean(still[0])}”' if still else ''}"
    after = f" after “{clean(done[-1])}”"
    return after + (f", before “{clean(still[0])}”" if still else "")


def _interrupted(facts: Sequence[StepFact]) -> str:
    done, doing = names_of(facts, "done"), names_of(facts, "working")
    known = f"Done before it: {listed([clean(one) for one in done], 'and')}." if done else "No step had ended."
    unknown = f" How “{clean(doing[0])}” ended is not known." if doing else ""
    return f"The process that ran it went away. {known}{unknown}"


def _denied(events: Sequence[Event], names: Names) -> str:
    for event in reversed(events):
        if event.kind is Kind.VOTE_CAST and not event.body.get("yes"):
            reason = clean(str(event.body.get("reason") or ""), 500)
            return f"Denied by {names(event.actor)}{f': “{reason}”' if reason else ''}."
    return ""


def _asked(events: Sequence[Event]) -> bool:
    return any(event.kind is Kind.APPROVAL_ASKED for event in events)


def _until(run: Run) -> str:
    return f" (until {when(run.expires_at)})" if run.expires_at else ""


def _changes(run: Run, events: Sequence[Event]) -> list[Part]:
    changes = _drifted(events) if run.state is State.VOIDED else []
    lines = "\n".join(f"• {clean(one, 300)}" for one in changes[:10])
    return [f"{bold('What changed since')}\n{lines}"] if lines else []


def _drifted(events: Sequence[Event]) -> list[str]:
    """What differs from what was approved."""
    found = [event.body.get("changes") for event in events if event.kind in (Kind.PLAN_DRIFTED, Kind.APPROVAL_VOIDED)]
    return next(([str(one) for one in changes] for changes in reversed(found) if isinstance(changes, list)), [])


def _next(run: Run, names: Names) -> str:
    if unsettled(run):
        until = f" Until then nothing else may change {run.place or 'this place'}." if run.lock else ""
        return f"Look at what is true now, then say it here.{until}"
    return "" if run.settled_by else _NEXT.get(run.state, "")


def _settled(run: Run, names: Names) -> str:
    """as done by Chi; its lock is free"""
    how = "done" if run.changed == "something" else "not done"
    return f"as {how} by {names(run.settled_by or '')}{'; its lock is free' if run.lock else ''}"


def unsettled(run: Run) -> bool:
    """Nobody has said yet what is true."""
    return run.state in FINAL and run.changed == "unknown" and run.settled_by is None


def _buttons(run: Run) -> tuple[Button, ...]:
    if unsettled(run):
        return (*_settling(run), details_button(run))
    again = _again(run)
    asking = (Button("Ask again…", ask=again),) if again and run.state is not State.REFUSED else ()
    return (*asking, details_button(run))


def _settling(run: Run) -> tuple[Button, ...]:
    def button(label: str, action: str, text: str) -> Button:
        confirm = Confirm(f"Settle {run.label}?", f"{text} Your name is recorded with it.", label, "Look first")
        return Button(label, action=action, target=run.target, confirm=confirm)

    return (
        button("It was done", "run.settle_done", "You looked, and what it was to do is done."),
        button("It was not done", "run.settle_not_done", "You looked, and nothing of it is in effect."),
    )


def handed_card(run: Run, event: Event, reader: str, names: Names) -> Card:
    """To one of the two between whom the settling of a run changed hands."""
    to, was, by = str(event.body.get("to")), str(event.body.get("from")), names(event.actor)
    mine, open_ = reader == to, unsettled(run)
    who = "You settle" if mine else f"{names(to)} settles"
    told = f"{who} {run.label} now: {by} handed it over{'' if mine else ' from you'}."
    todo = (
        f"Look at {run.place or 'it'}, then say what is true."
        if mine and open_
        else "There is nothing for you to do."
    )
    return Card(
        Tone.ASK if mine and open_ else Tone.INFO,
        f"{run.label}: {names(to)} settles it",
        f"{told} {todo}",
        (f"{told}\n{code(run.text)}: how it ended is not known.\n{todo}",),
        _buttons(run) if mine and open_ else (),
        footer=f"{run.label} · before {names(was)}",
    )


def _again(run: Run) -> str:
    return run.text if run.text.startswith("/") else ""


def _footer(run: Run, approval: Approval | None, names: Names, own: str) -> str:
    """R-42 · asked Ana 03:09 · approved Ben 03:10 · ran 03:10:12–03:10:53."""
    if run.risk is Risk.READ:
        return _footer_of_a_look(run, names, own)
    parts = [run.label, f"asked {names(run.actor)} {when(run.created_at)}"]
    if run.approved_at and approval and approval.need:
        by = people(list(approval.in_favour), names)
        parts.append(f"{_GRANTED[approval.way].format(by)} {when(run.approved_at)}")
    if run.started_at and run.finished_at:
        parts.append(f"ran {when(run.started_at, 'exact')}–{when(run.finished_at, 'exact')}")
    own = own.removeprefix(f"{run.label} · ")
    return " · ".join([*parts, own] if own else parts)


def _footer_of_a_look(run: Run, names: Names, own: str) -> str:
    """Who asked, once. The message itself shows when."""
    return own if "asked by" in own else " · ".join(part for part in (own, f"asked by {names(run.actor)}") if part)
