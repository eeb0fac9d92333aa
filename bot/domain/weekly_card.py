"""The weekly report as people read it: what needs somebody first, then what there was. Pure.

The words stand without the drawings, and a line that wants something done says how.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from bot.domain.card import Button, Card, Chart, Part, Table, Tone
from bot.domain.run import State
from bot.domain.weekly import (
    OUTCOMES,
    Asked,
    Outcome,
    Trouble,
    Unvoted,
    Week,
    by_service,
    mended,
    slowest_but_a_tenth,
    typical,
    unproven,
)
from bot.domain.words import bold, clean, code, linked, listed, quoted, some, span, when

MOST = 5  # lines of one kind
MOST_TO_DO = 12
DRAWN = 20  # days of a drawing
BUTTONS = 3

_HEADS: dict[Outcome, str] = {
    "succeeded": "Succeeded",
    "failed": "Failed",
    "stopped": "Did not run",
    "unknown": "Unknown",
    "open": "Open",
}


def weekly_card(week: Week) -> Card:
    to_do = list(_to_do(week))
    parts: list[Part | None] = [
        _needs(to_do),
        _quiet(week) if _nothing(week) else None,
        *_runs(week),
        *_approvals(week),
        _section("Failed", _failed(week.asked)),
        _section("Not approved", [*_denied(week.asked), *_unanswered(week), *_refused(week)]),
        _section("Without votes", map(_unvoted_line, week.unvoted)),
        _section("Backups and proofs", _proofs(week)),
        _section("Incidents", map(_trouble_line, week.troubles)),
        _section("Freezes", _freezes(week)),
        _section("Watch", _watch(week)),
        _section("The bot itself", _away(week)),
        _unused(week),
    ]
    title, text = _title(week), _text(week, to_do)
    body = tuple(part for part in parts if part)
    return Card(Tone.WARN if to_do else Tone.OK, title, text, body, _buttons(week), _footer(week))


def _buttons(week: Week) -> tuple[Button, ...]:
    """The runs that somebody has to look at."""
    open_ones = [one for one in week.asked if one.unsettled], [one for one in week.unvoted if not one.verdict]
    labels = [one.label for ones in open_ones for one in ones]
    return tuple(Button(f"Look at {label}", ask=f"/runs show {label}") for label in labels[:BUTTONS])


def _title(week: Week) -> str:
    return f"The week {_day(week.days()[0])} – {_day(week.days()[-1])}"


def _text(week: Week, to_do: Sequence[str]) -> str:
    asked = some(len(week.asked), "run") if week.asked else "nothing was asked of me"
    left = f"{some(len(to_do), 'thing')} to do" if to_do else "nothing is left to do"
    return f"{_title(week)}: {asked}, {left}."


def _day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"


def _footer(week: Week) -> str:
    some_only = "" if week.whole else "only places that you may look at · "
    zone = week.begin.astimezone(week.zone).tzname() or "UTC"
    return f"{some_only}days as in {zone} · {code('/ops report --since 7d')} makes it anew · nothing was changed"


def _section(title: str, lines: Iterable[str]) -> str | None:
    found = list(lines)
    shown = [f"• {line}" for line in found[:MOST]]
    more = [f"• and {len(found) - MOST} more: {code('/audit')} has them"] if len(found) > MOST else []
    return "\n".join([bold(title), *shown, *more]) if found else None


# --- what needs somebody ---------------------------------------------------------------------------------------


def _needs(to_do: Sequence[str]) -> str:
    if not to_do:
        return f"{bold('To do')} Nothing: no review, no proof and no outcome is open."
    lines = [f"{number}. {line}" for number, line in enumerate(to_do[:MOST_TO_DO], start=1)]
    more = [f"and {len(to_do) - MOST_TO_DO} more"] if len(to_do) > MOST_TO_DO else []
    return "\n".join([bold("To do, the most urgent first"), *lines, *more])


def _to_do(week: Week) -> Iterator[str]:
    """A line each, the most urgent first."""
    yield from (f"{clean(place)} fails now: {code(f'/health {place}')}" for place in week.failing)
    yield from (_settle_line(one) for one in week.asked if one.unsettled)
    yield from (_review_line(one) for one in week.unvoted if not one.verdict)
    yield from (_proof_line(one) for one in unproven(week.asked) if not mended(one, week.asked))
    yield from (_missed_line(line) for line in week.missed if not _succeeded(week, line))
    yield from (_postmortem_line(one) for one in week.troubles if one.postmortem_due)
    if week.overdue:
        yield f"{some(week.overdue, 'follow-up')} of incidents past the day: {code('/incident followup')}"
    for name in week.stale.gone:
        yield f"{clean(name)} left Slack and still stands in the policy: take the name out of policy.yml"


def _settle_line(one: Asked) -> str:
    settle = code(f"/runs settle {one.label} done|not-done because …")
    return f"Nobody knows how {_named(one)} ended: look what was done, then {settle}"


def _review_line(one: Unvoted) -> str:
    head = f"{one.label} {code(one.line)} {_way(one)} by {clean(one.actor)} on {when(one.at, 'date')}"
    return f"{head} and nobody has looked at it: somebody else says {code(f'/runs review {one.label} fine')}"


def _proof_line(one: Asked) -> str:
    why, again = code(f"/runs show {one.label}"), code(f"/backup {one.verb} {one.place}")
    return f"{_named(one)} did not succeed, nor did another since: {why} tells why, then {again}"


def _missed_line(line: str) -> str:
    return f"{code(line)} was due and did not run by itself, nor did it succeed since: type it if it is still wanted"


def _postmortem_line(one: Trouble) -> str:
    begin, end = code(f"/postmortem {one.label}"), code(f"/postmortem done {one.label}")
    return f"{one.label} {quoted(one.title, 60)} wants a post-mortem: {begin} drafts it, {end} ends it"


def _succeeded(week: Week, line: str) -> bool:
    return any(one.line == line and one.outcome == "succeeded" for one in week.asked)


def _named(one: Asked) -> str:
    return f"{one.label} {code(one.line)}"


# --- what there was --------------------------------------------------------------------------------------------


def _nothing(week: Week) -> bool:
    return not (week.asked or week.refused or week.unvoted or week.troubles)


def _quiet(week: Week) -> str:
    watched = f"I watched {some(week.places, 'place')}"
    fine = f"{len(week.failing)} of them fail now" if week.failing else "all fine"
    fine = "all fine now" if week.alarms and not week.failing else fine
    return f"Nothing was asked of me; {watched}, {fine}." if week.places else "Nothing was asked of me."


def _runs(week: Week) -> Iterator[Part]:
    if not week.asked:
        return
    services = by_service(week.asked)
    total: Counter[Outcome] = sum(services.values(), Counter())
    shown = [outcome for outcome in OUTCOMES if total[outcome]]
    rows = [
        (clean(name), str(count.total()), *(str(count[one] or "–") for one in shown))
        for name, count in services.items()
    ]
    looks = f" and {some(week.looks, 'look')}" if week.looks else ""
    by_itself = sum(one.scheduled for one in week.asked)
    schedule = f" ({by_itself} by schedule)" if by_itself else ""
    told = ", ".join(f"{total[one]} {_HEADS[one].lower()}" for one in shown)
    yield f"{bold('Runs')} {some(total.total(), 'run')}{schedule}{looks}: {told}"
    if len(rows) > 1:
        yield Table(("Service", "Runs", *(_HEADS[one] for one in shown)), tuple(rows[: MOST * 4]))
    yield _runs_drawn(week, shown)


def _runs_drawn(week: Week, shown: Sequence[Outcome]) -> Chart:
    days = week.days()[-DRAWN:]
    counted = Counter((week.day_of(one), one.outcome) for one in week.asked)
    series = tuple((_HEADS[one], tuple(float(counted[day, one]) for day in days)) for one in shown)
    return Chart("Runs per day", "bar", tuple(map(_label, days)), series, "runs")


def _approvals(week: Week) -> Iterator[Part]:
    waits = week.waits
    if not waits:
        return
    if len(waits) == 1:
        yield f"{bold('Time to approve')} {span(waits[0])}, of one approval"
        return
    half, most = span(typical(waits)), span(slowest_but_a_tenth(waits))
    yield f"{bold('Time to approve')} half of {len(waits)} approvals within {half}, nine of ten within {most}"
    yield _waits_drawn(week)


def _waits_drawn(week: Week) -> Chart:
    """Days without an approval are left out: nothing is not fast."""
    by_day: dict[date, list[timedelta]] = {}
    for one in week.asked:
        if one.waited is not None:
            by_day.setdefault(week.day_of(one), []).append(one.waited)
    days = sorted(by_day)[-DRAWN:]
    middle = tuple(_minutes(typical(by_day[day])) for day in days)
    longest = tuple(_minutes(max(by_day[day])) for day in days)
    return Chart(
        "Time to approve", "bar", tuple(map(_label, days)), (("Median", middle), ("Longest", longest)), "minutes"
    )


def _label(day: date) -> str:
    return f"{day:%a} {day.day}"


def _minutes(length: timedelta) -> float:
    return round(length.total_seconds() / 60, 1)


def _failed(asked: Sequence[Asked]) -> list[str]:
    """With what their last card said; backups and proofs have a section of their own."""
    proofs = {one.run for one in unproven(asked)}
    found = [one for one in asked if one.outcome == "failed" and one.run not in proofs]
    return [f"{_named(one)}: {clean(' '.join(one.because.split()), 160) or 'nothing says why'}" for one in found]


def _denied(asked: Iterable[Asked]) -> list[str]:
    said = Counter(
        (code(one.line), clean(one.because.rstrip("."), 160)) for one in asked if one.state is State.DENIED
    )
    return [
        f"{_times(count)}{line}: {because[:1].lower()}{because[1:]}" for (line, because), count in said.most_common()
    ]


def _unanswered(week: Week) -> list[str]:
    late = Counter(code(one.line) for one in week.asked if one.state is State.EXPIRED)
    return [
        f"{_times(count)}{line} expired: nobody answered in time, or it did not start"
        for line, count in late.most_common()
    ]


def _refused(week: Week) -> list[str]:
    said = Counter(linked(clean(one.because, 200)) for one in week.refused)
    return [f"{_times(count)}refused: {because}" for because, count in said.most_common()]


def _times(count: int) -> str:
    return f"{count} × " if count > 1 else ""


def _way(one: Unvoted) -> str:
    return "ran alone" if one.way == "alone" else "ran by broken glass"


def _unvoted_line(one: Unvoted) -> str:
    head = f"{one.label} {code(one.line)} {_way(one)} by {clean(one.actor)}"
    if not one.verdict:
        return f"{head}: {bold('not looked at yet')}"
    found = "found it right" if one.verdict == "fine" else "wants to talk about it"
    return f"{head}: {clean(one.reviewer)} {found}"


def _proofs(week: Week) -> list[str]:
    failed = unproven(week.asked)
    again = {one.run: mended(one, week.asked) for one in failed}
    failed.sort(key=lambda one: again[one.run])
    return [
        f"{_named(one)} {'failed' if one.outcome == 'failed' else 'was interrupted'}"
        f"{', a later one succeeded' if again[one.run] else ', none succeeded since'}"
        for one in failed
    ] + [f"{code(line)} was missed" for line in week.missed]


def _trouble_line(one: Trouble) -> str:
    where = f" ({clean(one.where)})" if one.where else ""
    down = "" if one.downtime is None else f", down for {span(one.downtime)}"
    state = "goes on" if one.ongoing else "over"
    return (
        f"{one.label} {one.severity} {quoted(one.title, 80)}{where}: {'opened, ' if one.opened else ''}{state}{down}"
    )


def _freezes(week: Week) -> list[str]:
    return [
        f"{clean(one.where)} by {clean(one.by)}, {quoted(one.reason, 80)}: "
        + (f"stands until {when(one.until, 'date')}" if one.standing else "over")
        for one in week.freezes
    ]


def _watch(week: Week) -> list[str]:
    if not week.alarms:
        return []
    now = f"{listed([clean(one) for one in week.failing], 'and')} still" if week.failing else "all fine now"
    return [f"{some(week.alarms, 'alarm')} at {some(week.places, 'place')}, {now}"]


def _away(week: Week) -> list[str]:
    total = sum((gap.length for gap in week.away), timedelta())
    if len(week.away) < 2:
        return [f"I was away for {span(total)}" for _ in week.away]
    return [f"I was away {len(week.away)} times, {span(total)} in all"]


def _unused(week: Week) -> str | None:
    """Said carefully: that nobody did does not say that nobody will have to."""
    stale = week.stale
    roles = [f"the role {quoted(role, 40)}" for role in stale.roles]
    found = [*roles, *(f"“{linked(clean(words, 160))}” ({clean(where, 60)})" for words, where in stale.grants)]
    if stale.since is None or not found:
        return None
    more = [f"and {len(found) - MOST} more"] if len(found) > MOST else []
    lines = [f"• {one}" for one in [*found[:MOST], *more]]
    todo = "Keep what is for bad days or newer than that; take the rest out of policy.yml."
    return "\n".join([f"{bold('Not used by anybody')} since {when(stale.since, 'date')}", *lines, todo])
