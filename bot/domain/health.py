"""What checks found at one place, and the card that tells it: worst first, the last change named. Pure.

The card claims only what a record supports: how long a release ran comes from the releases, when it began to fail
from the watch, and “without a failure” only where the watch looked all that time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.capability import Finding, ReleaseInfo
from bot.domain.card import Button, Card, Tone
from bot.domain.catalog import Place
from bot.domain.words import bold, clean, code, quoted, some, span, when

_WORST_FIRST = ("fail", "unknown", "warn", "ok")
_SUSPECT = timedelta(hours=24)  # a release older than that is not offered as the cause
_MOST_BUTTONS = 5


@dataclass(frozen=True, slots=True)
class Report:
    """What every check of one place found, in the order of the catalog."""

    place: Place
    findings: tuple[Finding, ...]
    at: datetime
    took: timedelta

    @property
    def failing(self) -> tuple[Finding, ...]:
        return self.of("fail")

    @property
    def fine(self) -> tuple[Finding, ...]:
        return self.of("ok")

    @property
    def worst(self) -> str:
        """fail, unknown, warn or ok; ok also where there is nothing to check."""
        return next((state for state in _WORST_FIRST if self.of(state)), "ok")

    def of(self, state: str) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if one.state == state)


@dataclass(frozen=True, slots=True)
class Past:
    """What is on record about the time before. bad: releases that somebody rolled back from."""

    releases: tuple[ReleaseInfo, ...] = ()  # newest first by the time they became current
    bad: frozenset[str] = frozenset()
    failing_since: datetime | None = None  # by the watch
    fine_since: datetime | None = None  # the watch saw no failure from here until `failing_since`
    watched_since: datetime | None = None

    @property
    def current(self) -> ReleaseInfo | None:
        return next((one for one in self.releases if one.current), None)

    @property
    def before(self) -> ReleaseInfo | None:
        """The release that ran until the current one came."""
        ended = [(one.until, one) for one in self.releases if not one.current and one.until is not None]
        return max(ended, key=lambda pair: pair[0])[1] if ended else None

    @property
    def way_back(self) -> ReleaseInfo | None:
        """Where a rollback would lead: the newest earlier release that is not marked bad."""
        earlier = (one for one in self.releases if not one.current and one.at is not None)
        return next((one for one in earlier if one.commit not in self.bad), None)

    @property
    def saw_it_begin(self) -> bool:
        """Whether the watch was looking before it began to fail."""
        return bool(self.failing_since and self.watched_since and self.watched_since < self.failing_since)


def health_card(report: Report, past: Past | None = None, *, change: str = "", by: str = "") -> Card:
    """One place's card. change: `failing` or `recovered` when the watch tells it; by: who asked, in words."""
    past = past or Past()
    verdict = _again(report) if change == "recovered" else verdict_of(report)
    lines = tuple(
        line
        for line in (_trouble(report), _fine(report), _change(report, past), _failed(report, past, change))
        if line
    )
    return Card(
        tone_of(report),
        f"{report.place}: {verdict}",
        _spoken(report, past, verdict),
        body=lines,
        buttons=_buttons(report, past),
        footer=_footer(report, by),
    )


def summary_card(reports: Sequence[Report], took: timedelta, at: datetime, *, by: str = "") -> Card:
    """One line for each place, worst first."""
    ordered = sorted(reports, key=lambda one: (_WORST_FIRST.index(one.worst), -len(one.failing)))
    ill = [one for one in ordered if one.worst == "fail"]
    checks = sum(len(one.findings) for one in reports)
    fails = "fails" if len(ill) == 1 else "fail"
    title = f"{len(ill)} of {some(len(ordered), 'environment')} {fails}" if ill else _calm(ordered)
    failing = [Button(f"{one.place}", ask=f"/health {one.place}") for one in ordered if one.worst != "ok"]
    text = " ".join(f"{one.place}: {verdict_of(one)}." for one in ordered)
    return Card(
        tone_of(ordered[0]) if ordered else Tone.INFO,
        title,
        f"{title}. {text}",
        body=("\n".join(map(_line, ordered)),) if ordered else (),
        buttons=tuple(failing[:_MOST_BUTTONS]),
        footer=" · ".join(
            part
            for part in (f"Nothing was changed · {some(checks, 'check')} in {span(took)} · {when(at)}", by)
            if part
        ),
    )


def verdict_of(report: Report) -> str:
    """2 of 9 checks fail."""
    total = some(len(report.findings), "check")
    if not report.findings:
        return "the catalog names no checks"
    count = len(report.of(report.worst))
    match report.worst:
        case "fail":
            return f"{count} of {total} {'fails' if count == 1 else 'fail'}"
        case "unknown":
            return f"{count} of {total} gave no answer"
        case "warn":
            return f"{count} of {total} {'needs' if count == 1 else 'need'} a look"
        case _:
            return f"{len(report.findings)} of {total} pass"


def in_short(report: Report) -> str:
    """2 of 9 checks fail (03:09): Checkout answers 500; Webhooks 6 undelivered."""
    worst = report.of(report.worst) if report.worst != "ok" else ()
    told = "; ".join(f"{one.check} {one.says.partition(',')[0]}" for one in worst[:3])
    return f"{verdict_of(report)} ({when(report.at)})" + (f": {told}" if told else "")


def tone_of(report: Report) -> Tone:
    if not report.findings:
        return Tone.INFO
    return {"fail": Tone.FAIL, "unknown": Tone.UNKNOWN, "warn": Tone.WARN, "ok": Tone.OK}[report.worst]


# --- lines -------------------------------------------------------------------------------------------------


def _trouble(report: Report) -> str:
    marks = {"unknown": "❔ ", "warn": "⚠️ "}
    mixed = len({one.state for one in report.findings if one.state != "ok"}) > 1
    return "\n".join(
        f"{marks.get(state, '') if mixed else ''}{bold(one.check)} {one.says}"
        for state in _WORST_FIRST[:-1]
        for one in report.of(state)
    )


def _fine(report: Report) -> str:
    fine = report.fine
    if not fine:
        return ""
    told = " · ".join(f"{_small(one.check)} {one.brief}".strip() for one in fine)
    return told if len(fine) == len(report.findings) else f"✅ {bold(f'{len(fine)} fine')} {told}"


def _small(name: str) -> str:
    """Home becomes home; TLS and Stripe key stay as they are."""
    return name.lower() if name.istitle() and " " not in name else name


def _change(report: Report, past: Past) -> str:
    current, before = past.current, past.before
    if report.worst == "ok" or current is None or current.at is None:
        return ""
    author = f" by {clean(current.author, 60)}" if current.author else ""
    title = f" {quoted(current.title, 80)}" if current.title else ""
    back = before is not None and before.commit in past.bad
    what = f"rolled back to {code(current.short)}" if back else f"release {code(current.short)}{title}{author}"
    line = f"{bold('Last change')} {_since(current.at, report, past)}: {what}"
    if before is None or before.at is None or before.until is None:
        return line
    calm = " without a failure" if _calm_all_along(before.at, past) else ", and is marked bad" if back else ""
    return f"{line}\n{bold('Before it')} {code(before.short)} ran {span(before.until - before.at)}{calm}"


def _since(at: datetime, report: Report, past: Past) -> str:
    """02:51, 2 min before the first failure; only the age where the watch did not see it begin."""
    first = past.failing_since
    style = "clock" if report.at - at < timedelta(hours=20) else "date"
    if first is None or not past.saw_it_begin:
        return f"{when(at, style)}, {span(report.at - at)} ago"
    gap = first - at
    word = "before" if gap >= timedelta() else "after"
    return f"{when(at, style)}, {span(abs(gap))} {word} the first failure"


def _calm_all_along(since: datetime, past: Past) -> bool:
    return past.fine_since is not None and past.saw_it_begin and past.fine_since <= since


def _failed(report: Report, past: Past, change: str) -> str:
    since = past.failing_since
    if since is None or not change:
        return ""
    if change == "recovered":
        least = "" if past.saw_it_begin else "at least "
        return f"{bold('It failed')} for {least}{span(report.at - since)}, from {when(since)} to {when(report.at)}"
    late = "" if past.saw_it_begin else ", when the watch began: it may have failed before"
    return f"{bold('First seen')} {when(since)}{late}"


def _line(report: Report) -> str:
    marks = {"fail": "🔴", "unknown": "❔", "warn": "⚠️", "ok": "✅"}
    worst = (
        "; ".join(f"{one.check} {one.says}" for one in report.of(report.worst)[:2]) if report.worst != "ok" else ""
    )
    return f"{marks[report.worst]} {bold(str(report.place))} {verdict_of(report)}{': ' if worst else ''}{worst}"


def _calm(reports: Sequence[Report]) -> str:
    worse = [one for one in reports if one.worst != "ok"]
    if not reports:
        return "The catalog names no environment"
    if worse:
        return f"{len(worse)} of {some(len(reports), 'environment')} {'needs' if len(worse) == 1 else 'need'} a look"
    return f"{some(len(reports), 'environment')}: all checks pass"


def _again(report: Report) -> str:
    return f"{verdict_of(report)} again" if report.worst == "ok" else f"no check fails any more; {verdict_of(report)}"


def _spoken(report: Report, past: Past, verdict: str) -> str:
    """What a notification tells: the verdict, the troubles, the last change."""
    troubles = "; ".join(f"{one.check} {one.says}" for one in (report.failing or report.of(report.worst))[:3])
    current = past.current
    said = [f"{report.place}: {verdict}."]
    if report.worst != "ok":
        said.append(f"{troubles}.")
        if current is not None and current.at is not None:
            said.append(f"Last change: release {current.short}, {span(report.at - current.at)} ago.")
    return " ".join(said)


def _footer(report: Report, by: str) -> str:
    looked = f"{some(len(report.findings), 'check')} in {span(report.took)}"
    return " · ".join(part for part in ("Nothing was changed", looked, when(report.at), by) if part)


# --- buttons -----------------------------------------------------------------------------------------------


def _buttons(report: Report, past: Past) -> tuple[Button, ...]:
    """What a person would want next; those of commands that are not installed are dropped where cards are shown."""
    asks = {one.ask: one.ask_label for one in report.findings if one.state != "ok" and one.ask}
    wanted = [Button("Roll back…", ask=f"/rollback {report.place}")] if _suspects_release(report, past) else []
    wanted += [Button(label or ask, ask=ask) for ask, label in asks.items() if not ask.startswith("/rollback")]
    if report.failing:
        wanted += [
            Button("Open incident", ask=_declares(report)),
            Button("Logs", ask=f"/logs {report.place}"),
        ]
    if report.worst != "ok":
        wanted.append(Button("Look again", ask=f"/health {report.place}"))
    return tuple(wanted[:_MOST_BUTTONS])


def _declares(report: Report) -> str:
    """What somebody would type: the first trouble in a few words, at this place."""
    first = report.failing[0]
    says = clean(" ".join(f"{first.check} {first.says.partition(',')[0]}".split()), 120).lstrip("-")
    place = report.place
    return f"/incident open --service {place.service} --environment {place.environment} {says}"


def _suspects_release(report: Report, past: Past) -> bool:
    """A recent release came before the failure, something fails that it may have caused, and there is a way back."""
    current = past.current
    if current is None or current.at is None or past.way_back is None:
        return False
    if not any(not one.ask or one.ask.startswith("/rollback") for one in report.failing):
        return False
    first = past.failing_since if past.saw_it_begin and past.failing_since else report.at
    return timedelta() <= first - current.at <= _SUSPECT
