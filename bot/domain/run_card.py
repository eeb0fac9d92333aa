"""What a run looks like before its end: plan, request for confirmation, waiting, progress, details. Pure.

`names` turns a Slack id into the words of a card: a plain name where nobody should be notified.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.domain.approval import Approval, ApprovalState
from bot.domain.asking import NOTHING_KNOWN, About, asked_lines
from bot.domain.card import Button, Card, Confirm, Part, Tone
from bot.domain.event import Event, Kind
from bot.domain.plan import Plan
from bot.domain.run import FINAL, Run, State
from bot.domain.run_lines import Names, thread_line
from bot.domain.run_steps import step_lines, steps
from bot.domain.unvoted import WAYS, alone_button, glass_button, unvoted_line
from bot.domain.waves import called
from bot.domain.words import bold, clean, code, listed, person, quoted, span, when
from permissions.model import Risk

UNCHANGED = "Nothing was changed yet."


def asks_for(run: Run, plan: Plan | None) -> str:
    """What the run would do, as a short title: the plan's question, else the command line."""
    return plan.question if plan and plan.question else clean(run.text, 120)


def plan_card(run: Run, plan: Plan, approval: Approval, names: Names, about: About = NOTHING_KNOWN) -> Card:
    """The request for confirmation, with its buttons."""
    who = people([one for one in called(approval) if one not in approval.in_favour], names)
    text = (
        f"{who}, approve? {plan.question}. {plan.summary} {_asked_by(run, names)} "
        f"Answer by {when(approval.expires_at)}. {UNCHANGED}"
    )
    return Card(
        Tone.ASK,
        f"{plan.question}?",
        text,
        body=(
            *what_it_does(plan),
            *_why(run, plan),
            *_so_far(approval, names),
            *asked_lines(run, approval, names, about),
        ),
        buttons=(
            Button(
                plan.button or "Approve",
                action="approval.approve",
                target=run.target,
                style="danger" if run.risk is Risk.DESTRUCTIVE else "primary",
                confirm=_dialog(plan),
            ),
            Button("Deny", action="approval.deny", target=run.target),
            details_button(run),
        ),
        footer=f"{run.label} by {names(run.actor)} · {_needs(approval, names)} "
        f"· answer by {when(approval.expires_at)} · or type {code(f'/approve {run.label} {approval.digest[:6]}')}",
    )


def own_confirm_card(run: Run, plan: Plan, approval: Approval) -> Card:
    """The plan for the requester alone, where nobody else needs to agree. The button names the place."""
    careful = run.risk is Risk.DESTRUCTIVE or approval.confirm == "typed"
    return Card(
        Tone.ASK,
        f"{plan.question}?",
        f"{plan.question}? {plan.summary} Press the button to start it, by {when(approval.expires_at)}. {UNCHANGED}",
        body=(*what_it_does(plan), *_why(run, plan)),
        buttons=(
            Button(
                plan.question,
                action="run.confirm",
                target=run.target,
                style="danger" if careful else "primary",
                confirm=_dialog(plan) if careful and approval.confirm != "typed" else None,
            ),
            Button("Cancel", action="run.withdraw", target=run.target),
        ),
        footer=f"{run.label} · nothing was changed · the plan is good until {when(approval.expires_at)}",
        private=True,
    )


def requester_card(run: Run, plan: Plan, approval: Approval, names: Names, about: About = NOTHING_KNOWN) -> Card:
    """For the requester while others decide."""
    who = people(list(approval.asked), names)
    waits = f"It waits for {approval.need} of {who}, until {when(approval.expires_at)}."
    if not approval.asked:
        waits = f"Nobody who may approve it is here; it expires {when(approval.expires_at)}."
    return Card(
        Tone.WORKING,
        f"{plan.question}: waiting",
        f"{run.label}, {plan.question}: {waits} {UNCHANGED}",
        body=(
            f"{waits}\n{plan.summary}".strip(),
            *_so_far(approval, names),
            *asked_lines(run, approval, names, about),
        ),
        buttons=(
            *_unvoted_buttons(run, approval),
            Button("Withdraw", action="run.withdraw", target=run.target),
            details_button(run),
        ),
        footer=f"{run.label} · asked {when(run.created_at)} · nothing was changed yet",
    )


def _unvoted_buttons(run: Run, approval: Approval) -> tuple[Button, ...]:
    silent = approval.alone_after is not None and approval.alone_offered_at is not None and not approval.votes
    return (*([alone_button(run)] if silent else []), *([glass_button(run)] if approval.glass else []))


def no_longer_asked_card(run: Run, plan: Plan, names: Names) -> Card:
    """The copy of somebody whom the policy does not ask any more: no buttons left."""
    told = f"The policy has changed: your answer to {run.label} is not asked for any more."
    return Card(
        Tone.INFO,
        f"{plan.question}: not yours to answer now",
        f"{told} {UNCHANGED}",
        body=(f"{told} There is nothing to do.",),
        footer=f"{run.label} by {names(run.actor)} · nothing was changed yet",
    )


def decided_card(run: Run, plan: Plan, approval: Approval, names: Names, where: str, end: Card | None = None) -> Card:
    """An approver's or the requester's copy once it is approved: no buttons left, and where it goes on or ended."""
    by = granted(run, approval, names)
    at = when(run.approved_at) if run.approved_at else ""
    goes_on = f"The result is in {where}" if end else f"It goes on in {where}"
    return Card(
        end.tone if end else Tone.OK,
        end.title if end else f"{plan.question}: {'approved' if approval.way == 'votes' else 'goes on'}",
        f"{run.label}, {plan.question}: {by}. {goes_on}.",
        body=(f"{by[:1].upper()}{by[1:]} {at}\n{plan.summary}\n{goes_on}",),
        footer=f"{run.label} by {names(run.actor)}",
    )


def granted(run: Run, approval: Approval, names: Names) -> str:
    """approved by Ben; Ana went on alone; Ana broke the glass."""
    if approval.way != "votes":
        return f"{names(run.actor)} {WAYS[approval.way]}, without votes"
    return f"approved by {people(list(approval.in_favour), names) or names(run.actor)}"


def waiting_for_lock_card(
    run: Run,
    plan: Plan | None,
    holder: Run | None,
    since: datetime,
    usual: timedelta | None,
    names: Names,
) -> Card:
    """Approved, and waiting its turn: who holds the lock, why, since when, how long that usually takes."""
    held = f"{holder.label} {code(holder.text)} by {names(holder.actor)}" if holder else "another run"
    reason = f" ({quoted(holder.reason)})" if holder and holder.reason else ""
    lines = [f"{bold('Ahead')} {held}{reason}, since {when(since)}"]
    if usual:
        lines.append(f"{bold('Usually')} {span(usual)}")
    lines.append(f"{bold('Then')} it starts by itself; there is nothing to press")
    return Card(
        Tone.WORKING,
        f"{asks_for(run, plan)}: waiting its turn",
        f"{run.label}, {asks_for(run, plan)}, waits for {holder.label if holder else 'another run'}: "
        f"one change at a time on {run.place}. It starts by itself. {UNCHANGED}",
        body=("\n".join(lines),),
        buttons=(
            Button("Withdraw", action="run.withdraw", target=run.target, confirm=_withdrawing(run)),
            details_button(run),
        ),
        footer=f"{run.label} by {names(run.actor)} · one change at a time on {run.place} · nothing was changed yet",
    )


def progress_card(run: Run, plan: Plan | None, events: Sequence[Event], names: Names, now: datetime) -> Card:
    """Queued or running: its steps, what they say, and [Cancel] while a step is still to come."""
    facts = steps(plan.steps if plan else (), events)
    usual = plan.usual if plan else None
    late = usual is not None and run.started_at is not None and now - run.started_at > usual
    doing = next((fact.name for fact in facts if fact.state == "working"), "")
    begun = run.started_at is not None
    title = asks_for(run, plan)
    return Card(
        Tone.WARN if late else Tone.WORKING,
        f"{title}: {_stage(run)}",
        f"{run.label}, {title}: {_stage(run)}{f', step {doing}' if doing else ''}."
        + (f" It takes longer than usual ({span(usual)})." if late and usual else "")
        + ("" if begun else f" {UNCHANGED}"),
        body=(*_why(run, None, events, names), *step_lines(facts, ended=False), *_cancelling(run, names)),
        buttons=_cancel_buttons(run),
        footer=_progress_footer(run, usual, late, names),
    )


def details_card(
    run: Run, plan: Plan | None, approval: Approval | None, events: Sequence[Event], now: datetime
) -> Card:
    """Everything that is recorded of a run, for one person."""
    body: list[Part] = [f"{bold('Asked')} {code(run.text)} by {person(run.actor)}, {when(run.created_at, 'date')}"]
    if plan:
        body += [*what_it_does(plan), *_why(run, plan), f"{bold('Plan')} {code((run.digest or plan.digest)[:12])}"]
    if run.because:
        body.append(f"{bold(_because(run))} {run.because}")
    if approval and approval.need:
        body.append(_approval_line(approval, now))
    body += step_lines(steps(plan.steps if plan else (), events), ended=run.finished_at is not None)
    told = [event for event in events if event.kind is not Kind.STEP_ENDED]  # the steps are shown above
    lines = [line for event in told if (line := thread_line(event, run, person))]
    body += ["\n".join(lines[-40:])] if lines else []
    return Card(
        Tone.INFO,
        f"{run.label}: {asks_for(run, plan)}",
        f"{run.label}, {asks_for(run, plan)}: {run.state.value.replace('_', ' ')}.",
        body=tuple(body),
        footer=f"{run.label} · {run.state.value.replace('_', ' ')} · risk {run.risk.value}",
        private=True,
    )


def _because(run: Run) -> str:
    """What `because` tells: by which rule it may go on, or how it ended."""
    return "Result" if run.state in FINAL and run.state is not State.REFUSED else "Rule"


def details_button(run: Run) -> Button:
    return Button("Details", action="run.details", target=run.target)


def people(ids: Sequence[str], names: Names) -> str:
    """Ben, Chi."""
    return ", ".join(names(one) for one in ids)


def reason_line(run: Run) -> str:
    return f"{bold('Why')} {quoted(run.reason, 500)}" if run.reason else ""


def what_it_does(plan: Plan) -> tuple[str, ...]:
    """The plan's lines: the first stands, the others are points below it."""
    first, *others = plan.tells or (plan.summary,)
    points = [line if line.startswith("•") else f"• {line}" for line in others]
    whole = "\n".join([first, *points]).strip()
    return (whole,) if whole else ()


def _why(run: Run, plan: Plan | None, events: Sequence[Event] = (), names: Names = person) -> tuple[str, ...]:
    lines = [reason_line(run), unvoted_line(events, names)]
    if plan and plan.now:
        lines.append(f"{bold('Now')} {plan.now}")
    if plan and plan.raises:
        lines.append(f"{bold('Risk')} {plan.raises.value}: {plan.raises_because}")
    whole = "\n".join(line for line in lines if line)
    return (whole,) if whole else ()


def _so_far(approval: Approval, names: Names) -> tuple[str, ...]:
    given = people(list(approval.in_favour), names)
    return (f"{bold('So far')} {len(approval.in_favour)} of {approval.need}: {given}",) if given else ()


def _needs(approval: Approval, names: Names) -> str:
    who = people(list(approval.asked), names)
    return f"needs {approval.need} of {who}" if who else f"needs {approval.need}; nobody who may approve is here"


def _asked_by(run: Run, names: Names) -> str:
    return f"{names(run.actor)}: {quoted(run.reason)}." if run.reason else f"Asked by {names(run.actor)}."


def _dialog(plan: Plan) -> Confirm:
    return Confirm(f"{plan.question}?", f"{plan.summary} It starts at once.", plan.go or "Do it now")


def _withdrawing(run: Run) -> Confirm:
    return Confirm("Withdraw it?", f"{run.label} gives up its place in the queue. Nothing was changed.", "Withdraw")


def _stage(run: Run) -> str:
    match run.state:
        case State.VERIFYING:
            return "checking the result"
        case State.RUNNING:
            return "running"
        case State.QUEUED if run.hold_until is not None:
            return f"starts at {when(run.hold_until, 'exact')} unless it is stopped"
        case _:
            return "about to start"


def _cancelling(run: Run, names: Names) -> tuple[str, ...]:
    return (
        (f"{bold('Stopping')} {names(run.cancel_by)} asked; the step under way ends first",) if run.cancel_by else ()
    )


def _cancel_buttons(run: Run) -> tuple[Button, ...]:
    if run.cancel_by or run.state is State.VERIFYING:
        return (details_button(run),)
    if run.held:  # no dialog: there is little time, and nothing was changed
        return Button("Stop", action="run.cancel", target=run.target, style="danger"), details_button(run)
    text = "It stops before its next step; the step under way ends first. What is done stays done."
    confirm = Confirm(f"Cancel {run.label}?", text, "Cancel it", "Let it run")
    return Button("Cancel", action="run.cancel", target=run.target, confirm=confirm), details_button(run)


def _progress_footer(run: Run, usual: timedelta | None, late: bool, names: Names) -> str:
    parts = [f"{run.label} by {names(run.actor)}"]
    if run.started_at:
        parts.append(f"started {when(run.started_at, 'exact')}")
    if usual:
        parts.append(f"usually {span(usual)}" + (", longer this time" if late else ""))
    return " · ".join(parts)


def _approval_line(approval: Approval, now: datetime) -> str:
    who = listed([person(one) for one in approval.asked]) or "nobody"
    votes = ", ".join(
        f"{person(vote.voter)} {'yes' if vote.yes else 'no'} {when(vote.at)}" for vote in approval.votes
    )
    waits = approval.state is ApprovalState.WAITING and approval.expires_at > now
    until = f" until {when(approval.expires_at)}" if waits else ""
    if approval.way != "votes":
        votes = "; ".join([*filter(None, [votes]), f"{WAYS[approval.way]}: {quoted(approval.way_because, 300)}"])
    return f"{bold('Approval')} {approval.state.value}{until}: {approval.need} of {who}" + (
        f"\n{votes}" if votes else ""
    )
