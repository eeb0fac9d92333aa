"""A sentence as a request: nobody quotes in a crisis, and options are found wherever they stand."""

from datetime import UTC, datetime
from typing import Any

import pytest

import commands
from bot.domain.catalog import Catalog, EnvironmentEntry, Place, ServiceEntry, Thresholds
from bot.domain.channel_name import channel_name
from bot.domain.errors import BadRequest
from bot.domain.parse import Help, Parsed, parse, parse_line
from bot.domain.request import from_json, to_json

NOW = datetime(2026, 11, 20, 3, 7, tzinfo=UTC)
COMMANDS = commands.find()


def service(name: str, *environments: str) -> ServiceEntry:
    entries = {one: EnvironmentEntry(Place(name, one), one == "production", None, {}) for one in environments}
    channel = f"C0{name.upper()}OPS"
    return ServiceEntry(name, None, (), channel, {"production": (channel,)}, Thresholds(), entries)


CATALOG = Catalog(
    {"shop": service("shop", "production", "staging"), "blog": service("blog", "production")}, digest=""
)


def read(line: str, channel: str = "C0ELSE") -> Parsed:
    parsed = parse_line(COMMANDS, CATALOG, line, channel=channel, now=NOW)
    assert isinstance(parsed, Parsed)
    return parsed


def fields(line: str, channel: str = "C0ELSE") -> dict[str, Any]:
    """What was given, without what is empty or as usual."""
    usual = (None, False, "outage")
    return {name: value for name, value in to_json(read(line, channel).request).items() if value not in usual}


SENTENCES: list[tuple[str, str, dict[str, Any]]] = [
    ("/incident checkout answers 500", "", {"title": "checkout answers 500"}),
    ("/incident the shop can’t take money", "", {"title": "the shop can't take money", "service": "shop"}),
    ("/incident shop staging is slow", "",
     {"title": "shop staging is slow", "service": "shop", "environment": "staging"}),
    ("/incident shop and blog are slow", "", {"title": "shop and blog are slow"}),
    ("/incident it’s down —severity sev1 since 3:00", "", {"title": "it's down since 3:00", "severity": "sev1"}),
    ("/incident disk full – again - help", "", {"title": "disk full – again - help"}),
    ("/incident checkout fails because stripe is down", "", {"title": "checkout fails because stripe is down"}),
    ("/incident open update of prices fails --test", "open", {"title": "update of prices fails", "test": True}),
    ("/incident open --service shop --environment prod Checkout answers 500", "open",
     {"title": "Checkout answers 500", "service": "shop", "environment": "production"}),
    ("/incident resolve", "resolve", {}),
    ("/incident RESOLVE INC-7 it works again", "resolve", {"incident": 7, "note": "it works again"}),
    ("/incident update 3 of 4 regions work", "update", {"text": "3 of 4 regions work"}),
    ("/incident commander <@U0ANA>", "commander", {"person": "U0ANA"}),
    ("/incident severity inc-7 sev1", "severity", {"severity": "sev1", "incident": 7}),
    ('/incident followup add "write a test" --owner <@U0CHI> --due 2026-12-01', "followup",
     {"action": "add", "text": "write a test", "owner": "U0CHI", "due": "2026-12-01"}),
    ("/incident followup done 3", "followup", {"action": "done", "text": "3"}),
    ("/incident merge INC-8 --into INC-7", "merge", {"duplicate": 8, "into": 7}),
    ("/incident", "list", {}),
    ("/timeline", "show", {}),
    ("/timeline customers call --at 02:58", "", {"text": "customers call", "at": "2026-11-20T02:58:00+00:00"}),
    ("/timeline at night --at 23:10", "", {"text": "at night", "at": "2026-11-19T23:10:00+00:00"}),
    ("/timeline --at 2026-11-18T14:02Z INC-7 it began", "",
     {"text": "it began", "incident": 7, "at": "2026-11-18T14:02:00+00:00"}),
    ("/timeline edit 12 it's two --public", "edit", {"number": 12, "text": "it's two", "public": True}),
    ("/timeline remove 12 INC-7", "remove", {"number": 12, "incident": 7}),
]  # fmt: skip


@pytest.mark.parametrize(("line", "verb", "given"), SENTENCES, ids=[row[0] for row in SENTENCES])
def test_a_sentence_becomes_a_request_and_the_line_it_is_kept_as_means_the_same(
    line: str, verb: str, given: dict[str, Any]
) -> None:
    parsed = read(line)
    assert (parsed.verb.word, fields(line)) == (verb, given)
    again = read(parsed.line)
    assert (again.request, again.line) == (parsed.request, parsed.line)
    assert from_json(parsed.verb.request, to_json(parsed.request)) == parsed.request


def test_the_channel_gives_the_service_that_nobody_names() -> None:
    assert fields("/incident checkout answers 500", "C0SHOPOPS")["environment"] == "production"
    assert fields("/incident blog is slow", "C0SHOPOPS")["service"] == "blog"


REFUSED = [
    ("/incident outage", "two words"),
    ("/incident resloved", "two words"),
    ("/incident INC-7 is what", "two words"),
    ("/incident it is down --severty sev1", "Did you mean"),
    ("/incident it is down --severity", "needs a value"),
    ("/incident it is down --severity huge", "sev1"),
    ("/timeline it began --at 25:00", "no time of the day"),
    ("/timeline it began --at 2026-11-21T14:02Z", "lies in the future"),
    ("/incident followup add do it --due 2026-02-30", "no day of the calendar"),
]


@pytest.mark.parametrize(("line", "says"), REFUSED, ids=[row[0] for row in REFUSED])
def test_what_is_not_meant_is_refused_with_a_way_on(line: str, says: str) -> None:
    with pytest.raises(BadRequest) as bad:
        read(line)
    assert says in f"{bad.value.what} {bad.value.next_step}"


@pytest.mark.parametrize("text", ["help", "--help", "update help"])
def test_each_answers_help(text: str) -> None:
    assert isinstance(parse(COMMANDS, CATALOG, "/incident", text, channel="C0", now=NOW), Help)


NAMES = [
    ("checkout answers 500", 1, "inc-2026-11-20-checkout-answers-500"),
    ("checkout answers 500", 2, "inc-2026-11-20-checkout-answers-500-2"),
    ("Größe & Preis: falsch!", 1, "inc-2026-11-20-grosse-preis-falsch"),
    ("結帳 失敗", 1, "inc-2026-11-20"),
    ("a" * 90, 12, f"inc-2026-11-20-{'a' * 62}-12"),
]


@pytest.mark.parametrize(("title", "again", "name"), NAMES, ids=[row[2] for row in NAMES])
def test_its_channel_s_name_keeps_slack_s_rules(title: str, again: int, name: str) -> None:
    made = channel_name(NOW.date(), title, again)
    assert made == name
    assert len(made) <= 80


@pytest.mark.parametrize(
    ("said", "typed"),
    [
        ("/freeze shop until 18:00 because release day", "/freeze shop --until 18:00 because release day"),
        ("/freeze for 2h all production because x", "/freeze all production --for 2h because x"),
        ("/freeze shop because we wait until 18:00", "/freeze shop because “we wait until 18:00”"),
        ("/rollback shop prod To 4c1d2a7", "/rollback shop prod --to 4c1d2a7"),
        ("/replay-webhook shop prod since 2h", "/replay-webhook shop prod --since 2h"),
        ("/audit shop by <@U0ANA> since 2h", "/audit shop --by <@U0ANA> --since 2h"),
        ("/incident link until 18:00", "/incident link --until 18:00"),
    ],
)
def test_the_small_words_need_no_dashes(said: str, typed: str) -> None:
    one, other = read(said), read(typed)
    assert (one.request, one.line, one.reason) == (other.request, other.line, other.reason)
