"""The cards of an incident: its header, edited in place; what is answered; whom it asks. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.capability import LockInfo
from bot.domain.card import Button, Card, Confirm, Tone
from bot.domain.incident import Followup, Incident, IncidentState, Role
from bot.domain.incident_report import IncidentReport
from bot.domain.run import Run, State
from bot.domain.security import Checklist, following, lines_of, number_of
from bot.domain.timeline import LONGEST, TimelineEntry, line_of
from bot.domain.words import bold, channel, clean, code, link, listed, quoted, some, span, when

Names = Callable[[str], str]
_TONES = {
    IncidentState.INVESTIGATING: Tone.FAIL,
    IncidentState.IDENTIFIED: Tone.FAIL,
    IncidentState.MONITORING: Tone.WARN,
    IncidentState.RESOLVED: Tone.OK,
    IncidentState.CLOSED: Tone.OK,
}
_CHANGES = 3
_ASKED = 3  # people on call whom the header names
_SHOWN = 60  # entries of a timeline in one answer
_ENDS = {State.SUCCEEDED: "✅", State.FAILED: "🔴", State.RUNNING: "⏳", State.VERIFYING: "⏳"}


@dataclass(frozen=True, slots=True)
class Release:
    """What became current at a place, be it through us or not."""

    place: str
    at: datetime
    commit: str
    title: str
    author: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known around an incident now."""

    failing: tuple[tuple[str, tuple[str, ...]], ...] = ()  # (place, its failing checks)
    changes: tuple[Run, ...] = ()  # the newest first
    locks: tuple[LockInfo, ...] = ()
    on_call: tuple[str, ...] = ()  # names, whose turn it is first; with who of them is silent or away
    entries: int = 0
    typed: int = 0
    followups: tuple[Followup, ...] = ()
    releases: tuple[Release, ...] = ()
    late_minutes: int = 0  # how long the next update for people outside is overdue
    checklist: Checklist | None = None  # of a security incident


def title_of(incident: Incident) -> str:
    return f"{incident.name} {incident.severity.label}: {clean(incident.title, 100)}"


def header_card(incident: Incident, seen: Seen, names: Names) -> Card:
    """The one message that tells how it stands; when it is over its buttons hand it on."""
    state = f"{incident.state.value}{f' · {incident.where}' if incident.where else ''}"
    lines = [
        f"{bold('Rehearsal')} nothing is wrong; this counts nowhere" if incident.test else "",
        f"{bold('State')} {state} · opened {when(incident.opened_at, 'date')} by {_name(incident.opened_by, names)}",
        _how_long(incident),
        f"{bold('Now' if incident.ongoing else 'Last word')} {clean(incident.summary, 500)}"
        if incident.summary
        else "",
        _merged(incident),
        f"{bold('Before')} it was in {channel(incident.former_channel)}" if incident.former_channel else "",
    ]
    around = [_failing(seen), _changes(seen, names), _locks(seen, names)] if incident.ongoing else []
    people = [_roles(incident, names), _on_it(incident, seen, names), _next(incident, seen)]
    left = [_checklist(seen, names), _left(seen, names)]
    parts = ["\n".join(line for line in group if line) for group in (lines, around, people, left)]
    return Card(
        _TONES[incident.state],
        title_of(incident),
        f"{title_of(incident)}. {incident.state.value.capitalize()}. {_now(incident)}".strip(),
        tuple(part for part in parts if part),
        _buttons(incident, seen),
        f"{incident.label} · {some(seen.entries, 'entry', 'entries')} in the timeline below, {seen.typed or 'none'} "
        f"typed · {code('/timeline …')} adds one",
    )


def _now(incident: Incident) -> str:
    return clean(incident.summary, 200) if incident.ongoing else ""


def _checklist(seen: Seen, names: Names) -> str:
    if seen.checklist is None:
        return ""
    people = {one for tick in seen.checklist.ticks for one in (tick.owner, tick.done_by) if one}
    return "\n".join([bold("Checklist"), *lines_of(seen.checklist, [(one, _name(one, names)) for one in people])])


def _tick(incident: Incident, seen: Seen) -> tuple[Button, ...]:
    step = following(seen.checklist.ticks) if seen.checklist else None
    if step is None:
        return ()
    number = number_of(step)
    return (Button(f"Step {number} is done: {step}", action="incident.tick", target=f"{incident.target}/{number}"),)


def _buttons(incident: Incident, seen: Seen) -> tuple[Button, ...]:
    if not incident.ongoing:
        return handing_on(incident) if incident.merged_into is None else ()
    place = next((str(one) for one in incident.affected if one.environment), "")
    acts = (
        []
        if incident.acknowledged_at
        else [Button("I'm on it", action="incident.ack", target=incident.target, style="primary")]
    )
    asks = [Button("Roll back…", ask=f"/rollback {place}"), Button("Logs", ask=f"/logs {place}")] if place else []
    over = Confirm(
        "Is it over?", "For those who use the service: the checks are fine and people can work.", "Resolve"
    )
    done = Button("Resolve", action="incident.resolve", target=incident.target, confirm=over)
    return (*acts, *_tick(incident, seen), *asks, done)


def _how_long(incident: Incident) -> str:
    if incident.resolved_at is None:
        return ""
    lasted = span(incident.resolved_at - incident.opened_at)
    return f"{bold('Resolved')} {when(incident.resolved_at, 'date')}, after {lasted}"


def _merged(incident: Incident) -> str:
    return f"It goes on as {bold(f'INC-{incident.merged_into}')}" if incident.merged_into else ""


def _failing(seen: Seen) -> str:
    if not seen.failing:
        return f"{bold('Checks')} none of the watch's alarms is on"
    told = "; ".join(f"{place}: {listed(list(map(clean, checks)), 'and')}" for place, checks in seen.failing)
    return f"{bold('Failing')} {told}"


def _changes(seen: Seen, names: Names) -> str:
    """The newest first: what I did, and which release became current without me."""
    told = [(run.started_at or run.created_at, _run(run, names)) for run in seen.changes]
    newest = max((at for at, _ in told), default=None)
    told += [(one.at, _release(one)) for one in seen.releases if newest is None or one.at < newest]
    lines = [f"• {when(at, 'date')} {says}" for at, says in sorted(told, reverse=True)[:_CHANGES]]
    return "\n".join([f"{bold('Last changes')}", *lines]) if lines else f"{bold('Last changes')} none that I know of"


def _run(run: Run, names: Names) -> str:
    return f"{_ENDS.get(run.state, '•')} {clean(run.text, 80)} ({run.label}, {_name(run.actor, names)})"


def _release(one: Release) -> str:
    title = f" {quoted(one.title, 80)}" if one.title else ""
    by = f" by {clean(one.author, 60)}" if one.author else ""
    return f"{one.place}: release {code(one.commit[:7])}{title}{by}"


def _locks(seen: Seen, names: Names) -> str:
    told = [f"{lock.service} {lock.environment} {lock.kind.value} by {lock.run.label}" for lock in seen.locks]
    return f"{bold('Locks')} {'; '.join(told)}" if told else ""


def _roles(incident: Incident, names: Names) -> str:
    held = [f"{role} {_name(who, names)}" for role, who in incident.roles]
    if incident.role(Role.COMMANDER) is None and incident.ongoing:
        held.insert(0, f"no commander yet: {code('/incident commander @you')}")
    return f"{bold('Roles')} {' · '.join(held)}" if held else ""


def _on_it(incident: Incident, seen: Seen, names: Names) -> str:
    if incident.acknowledged_by:
        return f"{bold('On it')} {_name(incident.acknowledged_by, names)}"
    if not seen.on_call:
        return f"{bold('On it')} nobody yet; the policy names nobody on call" if incident.ongoing else ""
    first, *others = seen.on_call[:_ASKED]
    then = f", then {', '.join(others)}" if others else ""
    return f"{bold('On it')} nobody yet; on call is {first}{then}" if incident.ongoing else ""


def _next(incident: Incident, seen: Seen) -> str:
    """For people outside: when they expect to hear more."""
    if incident.update_due_at is None:
        return ""
    late = f", {bold('overdue')} {span(timedelta(minutes=seen.late_minutes))}" if seen.late_minutes else ""
    return f"{bold('Next update')} for people outside due {when(incident.update_due_at)}{late}"


def home_card(incident: Incident, names: Names) -> Card:
    """On an App Home: what it is, how it stands, where people talk."""
    where = f" in {channel(incident.channel)}" if incident.channel else ""
    led = incident.role(Role.COMMANDER)
    leads = f"{_name(led, names)} leads" if led else "nobody leads it yet"
    due = f" · next update outside {when(incident.update_due_at)}" if incident.update_due_at else ""
    so = f"{incident.state.value} since {when(incident.opened_at, 'date')} · {leads}{due}{where}"
    text = f"{bold(title_of(incident))}\n{so}"
    asks = Button("Show", ask=f"/incident show {incident.label}")
    acts = () if incident.acknowledged_at else (Button("I'm on it", action="incident.ack", target=incident.target),)
    return Card(Tone.FAIL, "", text, (text,), (*acts, asks))


def _left(seen: Seen, names: Names) -> str:
    left = [one for one in seen.followups if one.done_at is None]
    lines = [f"• {followup_line(one, names)}" for one in left[:5]]
    return "\n".join([bold(f"{some(len(left), 'follow-up')} left"), *lines]) if left else ""


def followup_line(one: Followup, names: Names) -> str:
    owner = f", {_name(one.owner, names)}" if one.owner else ", nobody's yet"
    due = f", due {one.due.isoformat()}" if one.due else ""
    done = " (done)" if one.done_at else ""
    return f"#{one.id} {clean(one.text, 300)}{owner}{due}{done}"


def _name(who: str, names: Names) -> str:
    return clean(names(who))


# --- what is said to one person ---------------------------------------------------------------------------------


def call_card(incident: Incident, names: Names) -> Card:
    """To somebody on call: nobody is on it yet. Afterwards who is, without buttons."""
    where = f"It is in {channel(incident.channel)}." if incident.channel else "Its channel is being made."
    if incident.acknowledged_by or not incident.ongoing:
        who = f"{_name(incident.acknowledged_by, names)} is on it" if incident.acknowledged_by else "It is over"
        return Card(Tone.OK, title_of(incident), f"{title_of(incident)}. {who}.", (f"{who}. {where}",))
    asks = "Nobody is on it yet, and you are on call."
    return Card(
        Tone.ASK,
        title_of(incident),
        f"{title_of(incident)}. {asks}",
        (
            f"{asks} {where}",
            f"{bold('What')} {clean(incident.title, 300)}{f' · {incident.where}' if incident.where else ''}",
        ),
        (
            Button("I'm on it", action="incident.ack", target=incident.target, style="primary"),
            Button("I know: stop asking", action="incident.hush", target=incident.target),
        ),
        f"Opened by {_name(incident.opened_by, names)} {when(incident.opened_at)} · after you the next one is asked",
    )


def announcement(incident: Incident, names: Names) -> Card:
    """In the service's channel: that it is, and where."""
    where = channel(incident.channel) if incident.channel else ""
    over = f" after {span(incident.lasted)}" if incident.lasted else ""
    says = f"{incident.state.value}{over} · talk and timeline in {where}"
    return Card(
        _TONES[incident.state],
        "",
        f"{title_of(incident)}: {incident.state.value}{over}",
        (f"{bold(title_of(incident))}\n{says}",),
        footer=f"Opened by {_name(incident.opened_by, names)} {when(incident.opened_at, 'date')}",
    )


def reminder_card(incident: Incident, one: Followup) -> Card:
    says = f"{quoted(one.text, 300)} is due{f' since {one.due.isoformat()}' if one.due else ''}."
    return Card(
        Tone.ASK,
        f"A follow-up of {incident.name} is due",
        f"A follow-up of {incident.name} is due: {clean(one.text, 200)}",
        (f"{says} It was noted after {clean(incident.title, 200)}.",),
        (Button("Done", ask=f"/incident followup done {one.id}"),),
        "I say so once a day until it is done",
    )


# --- answers ----------------------------------------------------------------------------------------------------


def said(incident: Incident, what: str, more: str = "", tone: Tone = Tone.OK) -> Card:
    """A short answer; of a private incident to who asked alone, unless it is in the incident's own channel."""
    return Card(
        tone,
        "",
        f"{what} {more}".strip(),
        (f"{what} {more}".strip(),),
        footer=f"{incident.name} · {incident.severity.label} · {incident.state.value}",
        private=incident.private,
    )


def unchanged(incident: Incident, what: str) -> Card:
    """It stands so already, or may not be."""
    return replace(said(incident, what, "Nothing was changed.", Tone.INFO), unchanged=True)


def opened_card(incident: Incident, fresh: bool) -> Card:
    what = f"{bold(title_of(incident))}{f' · {incident.where}' if incident.where else ''}"
    so = "is open" if fresh else "is open already: nothing was added"
    place = f"It is in {channel(incident.channel)}." if incident.channel else "Its channel is being made."
    return Card(
        Tone.FAIL if fresh else Tone.INFO,
        "",
        f"{title_of(incident)} {so}.",
        (f"{what}\n{so[:1].upper()}{so[1:]}. {place if fresh or incident.channel else ''}".strip(),),
        footer=f"Wrong severity? {code(f'/incident severity sev1 {incident.label}')} · nobody has to take notes",
        private=incident.private,
        unchanged=not fresh,
    )


def resolved_card(incident: Incident, report: IncidentReport) -> Card:
    """How long it hurt, how much of the record wrote itself, and what comes next."""
    down, count = report.downtime, len(report.entries)
    lasted = f"Down {span(down)}" if down else "No check failed" if down is not None else "Downtime is not known"
    told = f"{lasted}. {some(count, 'entry', 'entries')}, {report.typed or 'none'} typed."
    due = " A post-mortem is due: more than 5 minutes were lost." if report.postmortem_due else ""
    card = said(incident, f"{bold(incident.label)} is resolved. {told}{due}")
    return replace(card, buttons=handing_on(incident))


def handing_on(incident: Incident) -> tuple[Button, ...]:
    """What is done with an incident that is over; the header has it too, for those who did not press Resolve."""
    return (
        Button("Draft post-mortem", ask=f"/postmortem {incident.label}"),
        Button("Export PDF", ask=f"/incident export {incident.label}"),
    )


def not_so(incident: Incident, wanted: str) -> Card:
    """A step that is not taken, because it stands otherwise by now."""
    merged = f"It was merged into INC-{incident.merged_into}. " if incident.merged_into else ""
    so = f"{incident.label} is {incident.state.value}. {merged}"
    what = f"{so}It cannot become {wanted} from there, or is that already."
    return unchanged(incident, what)


def none_such(what: str, next_step: str) -> Card:
    text = f"{what} {next_step} Nothing was changed."
    return Card(Tone.INFO, what, text, (next_step,), footer="Nothing was changed", private=True, unchanged=True)


def overview_card(found: Sequence[Incident], names: Names, *, everything: bool) -> Card:
    """A line for each incident, the worst first."""
    if not found:
        return Card(
            Tone.OK,
            "No incident is open",
            "No incident is open. Nothing was changed.",
            (f"{code('/incident checkout answers 500')} opens one; {code('/incident list --all')} shows the rest.",),
            footer="Nothing was changed",
        )
    title = some(len(found), "incident") if everything else f"{some(len(found), 'incident')} open"
    lines = [_row(one, names) for one in sorted(found, key=lambda one: (not one.ongoing, one.severity, one.id))]
    return Card(
        Tone.FAIL if any(one.ongoing and not one.test for one in found) else Tone.INFO,
        title,
        f"{title}: {'; '.join(title_of(one) for one in found[:5])}.",
        ("\n".join(lines),),
        footer=f"Nothing was changed · {code(f'/incident show {found[0].label}')} tells all of one",
        private=any(one.private for one in found),
    )


def _row(one: Incident, names: Names) -> str:
    where = f" in {channel(one.channel)}" if one.channel else ""
    lasted = f", {span(one.lasted)}" if one.lasted else ""
    led = one.role(Role.COMMANDER)
    leads = f" · {_name(led, names)} leads" if led else ""
    return f"{bold(title_of(one))} {one.state.value}{lasted} · {when(one.opened_at, 'date')}{leads}{where}"


def followups_card(found: Sequence[Followup], of: Incident | None, names: Names) -> Card:
    left = [one for one in found if one.done_at is None]
    title = f"{some(len(left), 'follow-up')} left{f' of {of.name}' if of else ''}"
    lines = "\n".join(f"{'' if of else f'INC-{one.incident} '}{followup_line(one, names)}" for one in found)
    return Card(
        Tone.INFO,
        title,
        f"{title}. Nothing was changed.",
        (lines or f"{code('/incident followup add …')} notes one.",),
        footer=f"Nothing was changed · {code('/incident followup done 3')} when it is done",
        private=of.private if of else True,
    )


def timeline_card(incident: Incident, entries: Sequence[TimelineEntry], names: Names) -> Card:
    """Everything with the numbers that people type, in order of time; the last ones where there are too many."""
    shown = list(entries)[-_SHOWN:]
    lines = [entry_line(one) for one in shown]
    typed = sum(one.typed for one in entries)
    title = f"Timeline of {title_of(incident)}"
    cut = [f"… {some(len(entries) - len(shown), 'earlier entry', 'earlier entries')} not shown here"]
    parts = ["\n".join(lines[at : at + 12]) for at in range(0, len(lines), 12)]
    return Card(
        Tone.INFO,
        title,
        f"{title}: {some(len(entries), 'entry', 'entries')}, {typed or 'none'} typed.",
        (*(cut if len(shown) < len(entries) else ()), *(parts or ["Nothing yet."])),
        footer=f"{some(len(entries), 'entry', 'entries')}, {typed or 'none'} typed · times in your zone · "
        f"{code('/timeline edit 12 …')} puts one right",
        private=incident.private,
    )


def entry_line(entry: TimelineEntry) -> str:
    """03:07:12 #12 what happened · source. What was removed says only that."""
    at = when(entry.occurred_at, "exact")
    if entry.hidden:
        return f"{at} #{entry.number} (removed)"
    marks = [
        "before it was opened" if entry.before else "",
        "corrected" if entry.corrected else "",
        "public" if entry.public else "",
        link(entry.permalink, "source") if entry.permalink else "",
        *(link(file.url, file.name) for file in entry.files),
    ]
    more = " · ".join(mark for mark in marks if mark)
    return f"{at} #{entry.number} {clean(line_of(entry), LONGEST)}{f' · {more}' if more else ''}"
