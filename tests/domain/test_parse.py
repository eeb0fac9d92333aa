"""What people type becomes one request or one helpful refusal."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.domain.catalog import Catalog, EnvironmentEntry, Place, ServiceEntry, Thresholds
from bot.domain.command import (
    PREVIOUS,
    Arg,
    Command,
    CommandLine,
    Digits,
    Environment,
    EventRef,
    PersonRef,
    Release,
    RunRef,
    Service,
    Since,
    Verb,
)
from bot.domain.errors import BadRequest
from bot.domain.names import check_names
from bot.domain.normalise import normalise
from bot.domain.parse import EPOCH, Help, Parsed, from_json, line_of, parse, parse_line, to_json
from bot.domain.words import plain
from permissions.model import DEPLOY_ROLLBACK, Risk
from tests.support.examples import TIMES

NOW = datetime(2026, 11, 20, 3, 7, 30, 250_000, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Rollback:
    service: Service
    environment: Environment
    to: Annotated[Release, Arg(help="which release", option="--to")] = PREVIOUS


@dataclass(frozen=True, slots=True)
class Replay:
    service: Service
    environment: Environment
    event: EventRef | None = None
    since: Annotated[Since | None, Arg(option="--since")] = None
    again: Annotated[tuple[EventRef, ...], Arg(option="--again")] = ()


@dataclass(frozen=True, slots=True)
class Health:
    service: Service | None = None
    environment: Environment | None = None


@dataclass(frozen=True, slots=True)
class BackupDb:
    service: Service
    environment: Environment


@dataclass(frozen=True, slots=True)
class BackupVerify:
    backup: str
    full: Annotated[bool, Arg(option="--full")] = False
    limit: Annotated[int, Arg(option="--limit")] = 10
    url: Annotated[str | None, Arg(option="--url")] = None


@dataclass(frozen=True, slots=True)
class Approve:
    run: RunRef
    digits: Digits


@dataclass(frozen=True, slots=True)
class Settle:
    run: RunRef
    how: Literal["done", "not-done"]


@dataclass(frozen=True, slots=True)
class Can:
    person: PersonRef | None = None
    line: CommandLine | None = None


@dataclass(frozen=True, slots=True)
class Nothing:
    pass


async def no_plan(*_: Any) -> Any: ...


def a_verb(word: str, request: type[Any], example: str, *, plans: bool = False) -> Verb:
    risk = Risk.CHANGE if plans else Risk.READ
    return Verb(word, request, no_plan if plans else None, no_plan, DEPLOY_ROLLBACK, risk, "Does it.", example)


COMMANDS: Mapping[str, Command] = {
    command.name: command
    for command in (
        Command("/rollback", "Go back.", (a_verb("", Rollback, "/rollback shop production", plans=True),)),
        Command("/replay-webhook", "Replay.", (a_verb("", Replay, "/replay-webhook shop production", plans=True),)),
        Command("/health", "Look.", (a_verb("", Health, "/health shop production"),)),
        Command(
            "/backup",
            "Back up.",
            (
                a_verb("db", BackupDb, "/backup db shop production"),
                a_verb("status", Health, "/backup status shop"),
                a_verb("verify", BackupVerify, "/backup verify B-7"),
            ),
        ),
        Command("/approve", "Approve.", (a_verb("", Approve, "/approve R-42 7c01e9"),)),
        Command("/runs", "Runs.", (a_verb("", Nothing, "/runs"), a_verb("settle", Settle, "/runs settle R-42 done"))),
        Command("/can", "May I?", (a_verb("", Can, "/can rollback shop production"),)),
        Command("/ops", "Everything.", (a_verb("", Nothing, "/ops"),)),
    )
}


def a_service(name: str, cards: str | None, bound: Mapping[str, tuple[str, ...]], *environments: str) -> ServiceEntry:
    entries = {each: EnvironmentEntry(Place(name, each), each == "production", None, {}) for each in environments}
    return ServiceEntry(name, None, (), cards, bound, Thresholds(), entries)


CATALOG = Catalog(
    {
        "shop": a_service(
            "shop", "C0SHOPOPS", {"production": ("C0SHOPOPS",), "staging": ("C0SHOPDEV",)}, "production", "staging"
        ),
        "servio": a_service("servio", "C0SERVIO", {}, "production"),
    },
    digest="",
)


def read(line: str, channel: str = "") -> Parsed:
    found = parse_line(COMMANDS, CATALOG, line, channel=channel, now=NOW)
    assert isinstance(found, Parsed)
    return found


ROLLBACK = Rollback(Service("shop"), Environment("production"))
FOUND = Release("4c1d2a7")

READS: list[tuple[str, object]] = [
    ("/rollback shop production", ROLLBACK),
    ("/rollback production shop", ROLLBACK),
    ("/rollback  SHOP\u00a0Prod ", ROLLBACK),
    ("/rollback shop prod --to previous", ROLLBACK),
    ("/rollback shop stg", Rollback(Service("shop"), Environment("staging"))),
    ("/rollback shop production --to 4c1d2a7", replace(ROLLBACK, to=FOUND)),
    ("/rollback --to 4C1D2A7 production shop", replace(ROLLBACK, to=FOUND)),
    ("/rollback shop production --to=4c1d2a7", replace(ROLLBACK, to=FOUND)),
    ("/rollback shop production —to 4c1d2a7", replace(ROLLBACK, to=FOUND)),
    ("/rollback shop production –to=“4c1d2a7”", replace(ROLLBACK, to=FOUND)),
    ("/rollback “shop” 'production'", ROLLBACK),
    ("/rollback sh\u200bop production\ufeff", ROLLBACK),
    ("/Rollback shop production", ROLLBACK),
    ("rollback shop production", ROLLBACK),
    ("/ops rollback shop production", ROLLBACK),
    ("/ops /rollback shop production --to 4c1d2a7", replace(ROLLBACK, to=FOUND)),
    ("/ops", Nothing()),
    ("/health", Health()),
    ("/health all", Health()),
    ("/health production", Health(None, Environment("production"))),
    ("/health shop", Health(Service("shop"))),
    ("/backup db shop production", BackupDb(Service("shop"), Environment("production"))),
    ("/backup shop production db", BackupDb(Service("shop"), Environment("production"))),
    ("/backup status", Health()),
    ("/backup verify B-7 --full", BackupVerify("B-7", full=True)),
    ("/backup verify B-7 --limit 25", BackupVerify("B-7", limit=25)),
    ("/backup verify B-7 --url <https://x/a?b=1&amp;c=2|https://x>", BackupVerify("B-7", url="https://x/a?b=1&c=2")),
    ("/backup verify B-7 --url https://x", BackupVerify("B-7", url="https://x")),
    ("/backup verify “two words” --url='a b'", BackupVerify("two words", url="a b")),
    ("/approve R-42 7c01e9", Approve(RunRef(42), Digits("7c01e9"))),
    ("/approve 7C01E9 r42", Approve(RunRef(42), Digits("7c01e9"))),
    ("/approve 701299 42", Approve(RunRef(42), Digits("701299"))),
    ("/runs", Nothing()),
    ("/runs R-42 settle not-done", Settle(RunRef(42), "not-done")),
    ("/can", Can()),
    (
        "/can rollback shop production because it's on fire",
        Can(None, CommandLine("rollback shop production because it's on fire")),
    ),
    ("/can <@U0ELI|eli> /rollback shop prod", Can(PersonRef("U0ELI"), CommandLine("rollback shop prod"))),
    ("/can <@U0ELI>", Can(PersonRef("U0ELI"))),
    (
        "/replay-webhook shop production evt_1QX2ab",
        Replay(Service("shop"), Environment("production"), EventRef("evt_1QX2ab")),
    ),
    (
        "/replay-webhook shop production --again evt_1 --again evt_2",
        Replay(Service("shop"), Environment("production"), again=(EventRef("evt_1"), EventRef("evt_2"))),
    ),
    (
        "/replay-webhook shop production --since 2h",
        Replay(Service("shop"), Environment("production"), since=Since(datetime(2026, 11, 20, 1, 7, 30, tzinfo=UTC))),
    ),
    (
        "/replay-webhook shop production --since 2026-11-20T01:07:30Z",
        Replay(Service("shop"), Environment("production"), since=Since(datetime(2026, 11, 20, 1, 7, 30, tzinfo=UTC))),
    ),
]


@pytest.mark.parametrize(("line", "request_"), READS)
def test_a_line_means_one_request(line: str, request_: object) -> None:
    assert read(line).request == request_


@pytest.mark.parametrize(("line", "request_"), READS)
def test_the_canonical_line_means_the_same_request_in_any_channel(line: str, request_: object) -> None:
    found = read(line)
    for channel in ("", "C0SHOPOPS", "C0SHOPDEV", "C0SERVIO"):
        again = read(found.line, channel)
        assert (again.request, again.line) == (request_, found.line)


@pytest.mark.parametrize(("line", "request_"), READS)
def test_a_request_survives_being_stored(line: str, request_: object) -> None:
    assert from_json(type(request_), to_json(request_)) == request_


REFUSED: list[tuple[str, str, str]] = [
    # tricks and slips of the keyboard
    ('/rollback shop "pr"od', '“"pr"od” has a quote inside the word.', ""),
    ("/rollback shop pr\\od", "“pr\\od” has a backslash in it.", ""),
    ("/rollback shop pr“od”", "has a quote inside the word", ""),
    ("/rollback shop “production", "is never closed", "Close it"),
    ("/rollback shop production --to “4c1d2a7", "is never closed", ""),
    ("/rollback shop prоduction", "“prоduction” is not an environment.", "Did you mean production?"),  # a Cyrillic о
    ("/rollback shop ｐｒｏｄ", "is not an environment", "production or staging"),
    # names
    ("/rollback shpo production", "“shpo” is not a service.", "Did you mean shop?"),
    ("/rollback shop prduction", "“prduction” is not an environment.", "Did you mean production?"),
    ("/rollback servio staging", "servio has no environment staging.", "It has production."),
    ("/rolback shop production", "“/rolback” is not a command here.", "Did you mean /rollback?"),
    ("/ops rolback shop production", "“rolback” is not a command here.", "Did you mean /rollback?"),
    ("/zzz", "“/zzz” is not a command here.", "There are /approve, "),
    # missing, repeated, surplus
    ("/rollback", "/rollback needs to know which service.", "Add servio or shop."),
    ("/rollback shop", "/rollback needs to know which environment.", "Add production or staging."),
    ("/rollback shop production staging", "The environment is given twice.", "“staging”"),
    ("/rollback shop servio production", "The service is given twice.", "“servio”"),
    ("/rollback shop production now", "“now” is one word too many for /rollback.", "after because"),
    ("/rollback shop production becuase it broke", "“becuase” is one word too many", "Did you mean because?"),
    ("/runs settle R-42", "/runs settle needs to know how.", "Add done or not-done."),
    ("/rollback shop production 4c1d2a7", "“4c1d2a7” stands alone.", "Did you mean --to 4c1d2a7?"),
    ("/backup", "/backup needs to know what to do.", "Say db, status or verify."),
    ("/backup stauts shop", "“stauts” is nothing that /backup does.", "Did you mean status?"),
    ("/backup db status shop production", "db and status are too much for one line.", "one at a time"),
    ("/approve R-42", "/approve needs to know which digits.", "7c01e9"),
    ("/approve R-42 7c01", "“7c01” does not fit.", "first 6 digits"),
    ("/runs settle R-42 perhaps", "“perhaps” is not a word of /runs.", "There is done or not-done."),
    ("/runs settel R-42", "“settel” is not a word of /runs.", "Did you mean settle?"),
    # options
    ("/rollback shop production --too 4c1d2a7", "“--too” is not an option of /rollback.", "Did you mean --to?"),
    ("/rollback shop production --force", "“--force” is not an option of /rollback.", "It has --to"),
    ("/rollback shop production -to 4c1d2a7", "“-to” is not an option", "Did you mean --to?"),
    ("/rollback shop production --to", "--to needs a value after it.", "previous or at least 7 digits"),
    ("/rollback shop production --to=", "--to needs a value after it.", ""),
    ("/rollback shop production --to because it broke", "--to needs a value after it.", ""),
    ("/rollback shop production --to --dry-run", "--to is followed by “--dry-run”, which looks like an option.", ""),
    ("/rollback shop production --to=--upload-pack=x", "--to: “--upload-pack=x” looks like an option.", ""),
    ('/rollback shop production --to "-x"', "--to is followed by “-x”, which looks like an option.", ""),
    ('/backup verify "--output=x"', "“--output=x” looks like an option, so it is no value.", ""),
    ("/rollback shop production --to 4c1d2a7 --to previous", "The --to is given twice.", ""),
    ("/rollback shop production --to 4c1d", "--to: “4c1d” is not previous or at least 7 digits of a commit", ""),
    ("/backup db shop production --full", "--full is not an option of /backup db.", ""),
    ("/backup verify B-7 --full=yes", "--full takes no value.", ""),
    ("/backup verify B-7 --limit many", "--limit: “many” is not a number", ""),
    ("/health shop --dry-run", "/health makes no plan, so --dry-run has nothing to show.", ""),
    ("/rollback shop production --dry-run --dry-run", "--dry-run is given twice.", ""),
    ("/replay-webhook shop production --since 45d", "“45d” is further back than 30 days", ""),
    ("/replay-webhook shop production --since yesterday", "“yesterday” is not how far back", ""),
    ("/replay-webhook shop production --since 2026-13-40T01:00:00Z", "is no time of the calendar", ""),
    ("/replay-webhook shop production --since 2026-11-21T01:00:00Z", "lies in the future", ""),
    ("/replay-webhook shop production --again evt_1 --again evt_1", "“evt_1” is given twice.", ""),
    # reasons
    ("/rollback shop production because", "There is no reason after because.", "Say in a few words why."),
    (
        "/rollback shop production because it broke --dry-run",
        "“--dry-run” stands after because",
        "Put --dry-run before",
    ),
    ("/rollback shop production because it broke —dry-run", "stands after because", ""),
    ("/rollback shop production --because one because two", "The reason is given twice.", ""),
    ("/rollback shop production because " + "x" * 501, "The reason is longer than 500 characters.", ""),
    ("/rollback " + "x" * 2001, "That line is longer than 2,000 characters.", ""),
    ("/can --to x", "is not a command", ""),
]


@pytest.mark.parametrize(("line", "what", "advice"), REFUSED)
def test_a_wrong_line_is_refused_with_what_was_wrong_and_what_to_type(line: str, what: str, advice: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read(line)
    assert what in plain(refused.value.what)
    assert advice in plain(refused.value.next_step)


def test_a_refusal_brings_an_example_from_the_commands_own_record() -> None:
    with pytest.raises(BadRequest) as refused:
        read("/backup verify B-7 --limit many")
    assert refused.value.example == "/backup verify B-7"
    with pytest.raises(BadRequest) as refused:
        read("/rollback shop production --force")
    assert refused.value.example == "/rollback shop production"


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("because checkout answers 500", "checkout answers 500"),
        ("because “checkout answers 500”", "checkout answers 500"),
        ("because it's down", "it's down"),
        ('because Mia said "roll it back"', 'Mia said "roll it back"'),
        ("because   of\ttwo\nlines", "of two lines"),
        ("BECAUSE 500 — again", "500 — again"),
        ("--because “checkout answers 500”", "checkout answers 500"),
        ("—because='do not --dry-run'", "do not --dry-run"),
        ("because because", "because"),
        ("", ""),
    ],
)
def test_the_reason_is_what_follows_because(typed: str, reason: str) -> None:
    found = read(f"/rollback shop production {typed}")
    assert found.reason == reason
    again = read(line_of(found.command, found.verb, found.request, found.reason))
    assert (again.request, again.reason) == (found.request, reason)


@pytest.mark.parametrize(
    ("line", "channel", "request_"),
    [
        ("/rollback", "C0SHOPOPS", ROLLBACK),
        ("/rollback", "C0SHOPDEV", Rollback(Service("shop"), Environment("staging"))),
        ("/rollback staging", "C0SHOPOPS", Rollback(Service("shop"), Environment("staging"))),
        ("/rollback production", "C0SERVIO", Rollback(Service("servio"), Environment("production"))),
        ("/rollback shop", "C0SHOPDEV", Rollback(Service("shop"), Environment("staging"))),
        ("/health", "C0SHOPOPS", Health(Service("shop"), Environment("production"))),
        ("/health shop", "C0SHOPOPS", Health(Service("shop"))),
        ("/health servio", "C0SHOPOPS", Health(Service("servio"))),
        ("/health all", "C0SHOPOPS", Health()),
    ],
)
def test_a_channel_fills_in_what_it_stands_for(line: str, channel: str, request_: object) -> None:
    assert read(line, channel).request == request_


def test_a_channel_never_lends_its_environment_to_another_service() -> None:
    with pytest.raises(BadRequest, match="which environment"):
        read("/rollback servio", "C0SHOPOPS")


def test_a_line_knows_its_place_and_whether_only_the_plan_is_wanted() -> None:
    found = read("/rollback shop prod --dry-run because 500")
    assert (found.place, found.dry_run, found.reason) == (Place("shop", "production"), True, "500")
    assert read("/health shop").place is None
    assert read("/backup verify B-7").place is None


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("/rollback help", "/rollback service environment [--to previous|4c1d2a7]"),
        ("/rollback --help", "which release"),
        ("/rollback shop help", "/rollback shop production"),
        ("/backup help", "/backup verify backup [--full] [--limit 20] [--url url]"),
        ("/ops help", "/rollback Go back."),
        ("/ops help rollback", "/rollback service environment"),
        ("/ops rollback help", "--dry-run"),
        ("/can help", "/can [@person] [command …]"),
        ("/runs help", "/runs settle R-42 done|not-done"),
    ],
)
def test_every_command_answers_help(line: str, told: str) -> None:
    found = parse_line(COMMANDS, CATALOG, line, channel="", now=NOW)
    assert isinstance(found, Help)
    assert told in plain("\n".join(map(str, found.card.body)))


@pytest.mark.parametrize("since", ["2h", "2026-11-20T01:07:30Z"])
def test_a_line_can_be_read_where_its_time_does_not_matter(since: str) -> None:
    found = parse_line(COMMANDS, CATALOG, f"/replay-webhook shop prod --since {since}", channel="", now=EPOCH)
    assert isinstance(found, Parsed)
    assert found.place == Place("shop", "production")


def test_names_that_mean_two_things_are_found_at_load() -> None:
    assert check_names(COMMANDS, CATALOG) == []
    clashing = Catalog({"db": a_service("db", None, {}, "rollback", "prod")}, digest="")
    assert [problem.split(" is ")[0] for problem in check_names(COMMANDS, clashing)] == ["“db”", "“rollback”"]


PIECES = """shop servio production prod staging stg --to previous 4c1d2a7 --since 2h evt_1 --again R-42 7c01e9 because
help --dry-run --because all db status verify settle done “ ” " ' \\ — -- = <@U1|x> &amp; --to= --url https://x"""
TYPED = st.lists(st.sampled_from(PIECES.split()) | st.text(max_size=8), max_size=8).map(" ".join)


@given(st.sampled_from([*COMMANDS]), TYPED, st.sampled_from(["", "C0SHOPOPS"]))
@example("/rollback", "because --", "C0SHOPOPS")
@settings(max_examples=400 * TIMES)
def test_any_text_is_refused_or_read_and_its_line_reads_the_same(name: str, text: str, channel: str) -> None:
    try:
        found = parse(COMMANDS, CATALOG, name, text, channel=channel, now=NOW)
    except BadRequest:
        return
    if isinstance(found, Parsed):
        again = read(line_of(found.command, found.verb, found.request, found.reason, dry_run=found.dry_run))
        assert replace(again, reason="") == replace(found, reason="")
        assert from_json(found.verb.request, to_json(found.request)) == found.request


REQUESTS = st.one_of(
    st.builds(
        Rollback,
        st.just(Service("shop")),
        st.sampled_from([Environment("production"), Environment("staging")]),
        st.one_of(st.just(PREVIOUS), st.from_regex(r"\A[0-9a-f]{7,40}\Z").map(Release)),
    ).map(lambda request: ("/rollback", request)),
    st.builds(
        Replay,
        st.just(Service("shop")),
        st.just(Environment("production")),
        st.none() | st.from_regex(r"\Aevt_[A-Za-z0-9]{1,20}\Z").map(EventRef),
        st.none() | st.integers(0, 30 * 1440).map(lambda m: Since(NOW.replace(microsecond=0) - timedelta(minutes=m))),
        st.lists(st.from_regex(r"\Aevt_[A-Za-z0-9]{1,20}\Z").map(EventRef), unique=True, max_size=3).map(tuple),
    ).map(lambda request: ("/replay-webhook", request)),
    st.builds(Approve, st.integers(1, 10**15).map(RunRef), st.from_regex(r"\A[0-9a-f]{6}\Z").map(Digits)).map(
        lambda request: ("/approve", request)
    ),
)


@given(REQUESTS)
@settings(max_examples=300 * TIMES)
def test_a_request_written_as_a_line_parses_to_itself(named: tuple[str, object]) -> None:
    name, request = named
    assert read(line_of(COMMANDS[name], COMMANDS[name].verbs[0], request)).request == request


@given(st.text(max_size=60))
@settings(max_examples=300 * TIMES)
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)
