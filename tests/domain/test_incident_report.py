"""What an incident's exports say: downtime by what the watch saw, people's words as they are, times in UTC."""

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from xml.etree import ElementTree as ET

import pytest

from bot.domain.event import Event, Kind
from bot.domain.incident import Affected, Followup, Incident, IncidentId, IncidentState, Severity
from bot.domain.incident_markdown import escaped, report_markdown
from bot.domain.incident_picture import LEFT, RIGHT, WIDTH, picture
from bot.domain.incident_report import IncidentReport, Outage, joined, marks, outages
from bot.domain.incident_table import report_json, timeline_csv
from bot.domain.json import JsonObject
from bot.domain.timeline import LinkedFile, TimelineEntry

OPENED = datetime(2026, 11, 20, 23, 58, tzinfo=UTC)
NAMES = {"U0ANA": "Ana", "U0BEN": "Ben"}


def at(minutes: float) -> datetime:
    return OPENED + timedelta(minutes=minutes)


def name(person: str) -> str:
    return NAMES.get(person, person)


INCIDENT = Incident(
    id=IncidentId(7),
    uuid=UUID(int=7),
    title="checkout answers 500",
    type="outage",
    severity=Severity.SEV2,
    state=IncidentState.RESOLVED,
    private=False,
    test=False,
    opened_by="U0ANA",
    team="T0",
    asked_in="C0",
    merged_into=None,
    summary="",
    place="channel",
    channel="C1",
    channel_name="inc",
    root_ts="1.2",
    opened_at=OPENED,
    acknowledged_at=at(1),
    acknowledged_by="U0BEN",
    identified_at=None,
    mitigated_at=at(14),
    resolved_at=at(18),
    closed_at=None,
    update_due_at=None,
    from_number=1,
    affected=(Affected("shop", "production"),),
    roles=(("commander", "U0BEN"),),
)


def entry(number: int, minutes: float, text: str, **more: object) -> TimelineEntry:
    plain = TimelineEntry(
        number, INCIDENT.id, number, "event", str(number), at(minutes), at(minutes), "U0ANA", text,
        public=False, typed=False, before=False, permalink="", files=(), hidden="",
    )  # fmt: skip
    return replace(plain, **more)  # type: ignore[arg-type]


def health(minutes: float, *failing: str, since: float | None = None, environment: str = "production") -> Event:
    body: JsonObject = {"state": "failing" if failing else "recovered", "failing": list(failing)}
    if since is not None:
        body["since"] = at(since).isoformat()
    return Event(1, 1, Kind.HEALTH_CHANGED, None, "watchkeeper", "shop", environment, at(minutes), body)


REPORT = IncidentReport(
    INCIDENT,
    (
        entry(1, 0, "Ana opened it"),
        entry(2, 3, "=cmd|' /C calc'!A0 *now* | <b> [x](http://evil)", typed=True),
        entry(
            3, 5, "graph", permalink="https://acme.slack.com/p1", files=(LinkedFile("a (1).png", "https://f/a b"),)
        ),
    ),
    (Outage("shop production checkout", at(-2), at(15), over=True),),
    watched=True,
    marks=marks(INCIDENT, [(at(5), "R-42 <rollback>")]),
    followups=(Followup(1, INCIDENT.id, "test it", "U0BEN", date(2026, 12, 1), "U0ANA", at(20), None, None),),
    made_at=at(30),
)


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ([], []),
        ([health(0, "checkout", since=-2), health(15)], [("checkout", -2, 15, True)]),
        ([health(0, "checkout")], [("checkout", 0, 30, False)]),
        (
            [health(0, "a", since=-1), health(2, "a", "b"), health(4, "b"), health(6)],
            [("a", -1, 4, True), ("b", 2, 6, True)],
        ),
        ([health(0, "a", environment="staging")], []),
        ([health(-300, "a"), health(-200)], []),
        ([health(19, "a"), health(25)], []),
    ],
)
def test_outages_are_what_the_watch_saw_at_its_places(
    history: list[Event], expected: list[tuple[str, float, float, bool]]
) -> None:
    found = outages(history, INCIDENT, at(30))
    want = [Outage(f"shop production {check}", at(begin), at(end), over) for check, begin, end, over in expected]
    assert list(found) == want


@pytest.mark.parametrize(
    ("spans", "minutes"),
    [
        ([], 0),
        ([(0, 5)], 5),
        ([(0, 5), (3, 8)], 8),
        ([(0, 9), (3, 5)], 9),
        ([(0, 2), (5, 6)], 3),
        ([(5, 6), (0, 2)], 3),
    ],
)
def test_downtime_counts_what_overlaps_once(spans: list[tuple[float, float]], minutes: float) -> None:
    found = [Outage("x", at(begin), at(end), over=True) for begin, end in spans]
    assert joined(found) == timedelta(minutes=minutes)


def test_downtime_is_not_known_where_nothing_was_watched() -> None:
    blind = replace(REPORT, outages=(), watched=False)
    assert blind.downtime is None
    assert not blind.postmortem_due
    assert "downtime not known" in report_markdown(blind, name)
    assert json.loads(report_json(blind, name))["downtime_seconds"] is None
    assert REPORT.downtime == timedelta(minutes=17)
    assert REPORT.postmortem_due
    assert not replace(REPORT, outages=(Outage("x", at(0), at(5), over=True),)).postmortem_due


def test_the_document_tells_facts_days_and_actions() -> None:
    told = report_markdown(REPORT, name)
    assert told.startswith("# INC-7 checkout answers 500\n\n**SEV2** · resolved · shop production · down 17 min\n")
    assert "| Acknowledged | 2026-11-20 23:59:00 UTC by Ben, after 60 s |" in told
    assert "3 entries, 1 typed by hand" in told
    assert "### Friday 20 November 2026" in told
    assert "### Saturday 21 November 2026" in told  # over midnight: the date is part of the time
    assert "| 00:03:00 | graph [↗](https://acme.slack.com/p1) [a \\(1\\).png](https://f/a%20b) | Ana |" in told
    assert "| open | test it | Ben | 2026-12-01 |" in told
    assert "U0ANA" not in told


def test_peoples_words_stay_words() -> None:
    told = report_markdown(REPORT, name)
    assert "\\*now\\* \\| \\<b\\> \\[x\\]\\(http://evil\\)" in told
    assert escaped("# not a heading\n- nor\n1. that") == "\\# not a heading - nor 1. that"
    assert escaped("- a list") == "\\- a list"
    rows = list(csv.reader(io.StringIO(timeline_csv(REPORT, name))))
    assert rows[2][2].startswith("'=cmd")
    drawn = picture(REPORT)
    assert "R-42 &lt;rollback&gt;" in drawn


def test_json_is_for_programs() -> None:
    data = json.loads(report_json(REPORT, name))
    assert (data["seconds_to_acknowledge"], data["seconds_to_mitigate"], data["seconds_to_resolve"]) == (
        60,
        840,
        1080,
    )
    assert data["timeline"][2]["occurred_at"] == "2026-11-21T00:03:00+00:00"
    assert data["outages"] == [
        {
            "check": "shop production checkout",
            "begin": "2026-11-20T23:56:00+00:00",
            "end": "2026-11-21T00:13:00+00:00",
        }
    ]


def test_of_what_is_to_come_the_picture_says_nothing() -> None:
    """While it goes on it ends at now: neither green nor red lies beyond."""
    report = replace(
        REPORT, made_at=at(20), incident=replace(INCIDENT, resolved_at=None, state=IncidentState.IDENTIFIED)
    )
    drawn = ET.fromstring(picture(report))  # noqa: S314  (our own)
    now = LEFT + (WIDTH - LEFT - RIGHT) * (1 - 0.03 / 1.06)
    rects = [part for part in drawn if part.tag.endswith("rect")]
    assert rects
    for part in rects:
        assert float(part.attrib["x"]) + float(part.attrib["width"]) <= now + 0.2


@pytest.mark.parametrize(
    "report",
    [
        REPORT,
        replace(REPORT, outages=(), entries=(), marks=(), watched=False),
        replace(REPORT, incident=replace(INCIDENT, resolved_at=None, state=IncidentState.INVESTIGATING)),
        replace(REPORT, made_at=at(60 * 24 * 40), incident=replace(INCIDENT, state=IncidentState.IDENTIFIED)),
        replace(REPORT, outages=tuple(Outage(f"check {n}", at(0), at(1), over=True) for n in range(25))),
    ],
)
def test_the_picture_is_whole_and_within_its_frame(report: IncidentReport) -> None:
    drawn = ET.fromstring(picture(report))  # noqa: S314  (our own)
    _, _, width, height = map(float, drawn.attrib["viewBox"].split())
    for part in drawn:
        for axis, most in (("x", width), ("cx", width), ("x2", width), ("y", height), ("cy", height), ("y2", height)):
            assert 0 <= float(part.attrib.get(axis, 0)) <= most, part.attrib
