"""Every verb can be asked for in a form that Slack takes, and what is filled in reads as if it were typed."""

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

import commands
from bot.domain.catalog import Catalog, EnvironmentEntry, Place, ServiceEntry, Thresholds
from bot.domain.command import Command, Verb
from bot.domain.fields import Field, Kind, fields_of
from bot.domain.form import Form
from bot.domain.parse import Parsed, begun, parse, parse_line
from bot.domain.request_form import BECAUSE, DRY_RUN, PLACE, VERB, read_form, request_form, verb_form
from bot.sandbox.workspace import check
from bot.sandbox.workspace.forms import fill
from bot.sandbox.workspace.things import View
from bot.slack import payloads
from bot.slack.forms import errors, form_view
from tests.commands.conftest import NOW
from tests.support.examples import TIMES

COMMANDS = commands.find()
VERBS = [(command, verb) for command in COMMANDS.values() for verb in command.verbs]
NAMES = [f"{command.name} {verb.word}".strip() for command, verb in VERBS]
SAMPLES: Mapping[Kind, tuple[str, ...]] = {
    Kind.PERSON: ("U0BEN",),
    Kind.EVENT: ("evt_1QX2ab",),
    Kind.DIGITS: ("7c01e9",),
    Kind.RELEASE: ("4C1D2A7", "previous"),
    Kind.SINCE: ("2h", "2026-11-19T03:07:12Z"),
    Kind.UNTIL: ("2h", "2026-11-21T03:07:12Z"),
    Kind.RUN: ("R-42", "42"),
    Kind.INCIDENT: ("INC-7",),
    Kind.NUMBER: ("20",),
    Kind.WORDS: ("checkout answers 500",),
    Kind.MOMENT: ("2026-11-19T03:07:00Z",),
    Kind.DAY: ("2026-12-01",),
    Kind.TEXT: ("latest", "B-42"),
    Kind.LINE: ("rollback shop production", "/rollback shop production"),
}


def a_catalog(services: int = 2) -> Catalog:
    def entry(name: str) -> ServiceEntry:
        places = {one: EnvironmentEntry(Place(name, one), True, None, {}) for one in ("production", "staging")}
        return ServiceEntry(name, None, (), None, {}, Thresholds(), places)

    return Catalog({name: entry(name) for name in ("shop", *(f"s{n}" for n in range(1, services)))}, digest="")


def a_form(command: Command, verb: Verb, text: str = "", catalog: Catalog | None = None) -> Form:
    catalog = catalog or a_catalog()
    filling, line = begun(command, verb, catalog, text, channel="", now=NOW)
    return request_form(filling, line, list(catalog.places()), "Something is missing.", "opaque-opaque-opaque")


def check_view(view: Any) -> None:
    """Slack's limits, by the sandbox's word and by the official schema where SPECS_DIR has it."""
    check.view(view, "modal")
    ids = [block.get("block_id") for block in view["blocks"] if "block_id" in block]
    assert len(ids) == len(set(ids))
    if folder := os.environ.get("SPECS_DIR"):
        whole = json.loads((Path(folder) / "slack" / "block-kit.schema.json").read_text())
        schema = {"$ref": "#/definitions/ModalView", "definitions": whole["definitions"]}
        assert [error.message for error in Draft7Validator(schema).iter_errors(view)] == []


def sent(form: Form, values: Mapping[str, object]) -> Mapping[str, str]:
    """Filled in at the sandbox's client, and read from Slack's payload."""
    view = View("V1", "U0ANA", json.loads(json.dumps(form_view(form))), "h", "V1", None)
    check_view(view.body)
    for block in view.blocks:
        block.setdefault("block_id", "unnamed")
    state, wrong = fill(view, values)
    assert wrong == {}
    body = {"user": {"id": "U0ANA", "team_id": "T0"}, "view": {**view.body, "state": {"values": state}}}
    return payloads.submission(body, NOW).values


def one_each(verb: Verb, take: int) -> dict[str, object]:
    """A value for every input."""
    fields = fields_of(verb.request)
    placed = any(one.kind is Kind.SERVICE for one in fields)
    values: dict[str, object] = {PLACE: "shop production"} if placed else {}
    for one in fields:
        if one.kind not in (Kind.SERVICE, Kind.ENVIRONMENT) and one.option != "--for":  # as --until
            values[one.name] = _value(one, take)
    return {**values, BECAUSE: "checkout answers 500"} | ({DRY_RUN: "yes"} if verb.plan else {})


def _value(one: Field, take: int) -> str:
    if one.kind is Kind.FLAG:
        return "yes"
    samples = one.words or SAMPLES[one.kind]
    return samples[take % len(samples)]


@pytest.mark.parametrize(("command", "verb"), VERBS, ids=NAMES)
@pytest.mark.parametrize("take", [0, 1])
def test_a_form_filled_in_reads_as_its_line_typed(command: Command, verb: Verb, take: int) -> None:
    catalog, form = a_catalog(), a_form(command, verb)
    values = sent(form, one_each(verb, take))
    parsed = read_form(command, verb, catalog, values, channel="", now=NOW)
    assert isinstance(parsed, Parsed), parsed
    assert (parsed.reason, parsed.dry_run) == ("checkout answers 500", verb.plan is not None)
    again = parse_line(COMMANDS, catalog, parsed.line, channel="", now=NOW)
    assert isinstance(again, Parsed)
    assert (again.request, again.verb, again.place, again.line) == (
        parsed.request,
        parsed.verb,
        parsed.place,
        parsed.line,
    )


@pytest.mark.parametrize(("command", "verb"), VERBS, ids=NAMES)
def test_what_was_typed_stands_in_the_form_already(command: Command, verb: Verb) -> None:
    catalog, text = a_catalog(), verb.example.partition(" ")[2]
    form = a_form(command, verb, text)
    values = sent(form, {})
    parsed = read_form(command, verb, catalog, values, channel="", now=NOW)
    typed = parse(COMMANDS, catalog, command.name, text, channel="", now=NOW)
    assert isinstance(parsed, Parsed), parsed
    assert isinstance(typed, Parsed)
    assert (parsed.line, parsed.reason) == (typed.line, typed.reason)


@pytest.mark.parametrize(("command", "verb"), VERBS, ids=NAMES)
def test_an_empty_form_misses_exactly_what_the_verb_requires(command: Command, verb: Verb) -> None:
    placed = {Kind.SERVICE, Kind.ENVIRONMENT}
    required = {PLACE if one.kind in placed else one.name for one in fields_of(verb.request) if one.required}
    inputs = {one.name for one in a_form(command, verb).inputs if not one.optional}
    assert inputs == required
    read = read_form(command, verb, a_catalog(), {}, channel="", now=NOW)
    assert isinstance(read, Parsed) or set(read) <= required
    assert isinstance(read, Parsed) == (not required)


@pytest.mark.parametrize("command", COMMANDS.values(), ids=list(COMMANDS))
def test_the_form_that_asks_for_the_verb_is_within_slacks_limits(command: Command) -> None:
    form = verb_form(command, command.verbs, "Which one?", "opaque")
    if all(verb.word for verb in command.verbs):
        assert sent(form, {VERB: command.verbs[-1].word}) == {VERB: command.verbs[-1].word}


@pytest.mark.parametrize("services", [1, 2, 100, 101, 400])
def test_any_number_of_services_can_be_chosen_or_typed(services: int) -> None:
    command = COMMANDS["/rollback"]
    catalog = a_catalog(services)
    form = a_form(command, command.verbs[0], catalog=catalog)
    values = sent(form, {PLACE: f"{list(catalog.services)[-1]} staging"})
    parsed = read_form(command, command.verbs[0], catalog, values, channel="", now=NOW)
    assert isinstance(parsed, Parsed)
    assert str(parsed.place) == f"{list(catalog.services)[-1]} staging"


@pytest.mark.parametrize("channel", ["", "C0SHOP"])
def test_everything_can_be_chosen_where_a_channel_would_fill_in_its_own(channel: str) -> None:
    command = COMMANDS["/health"]
    bound = replace(a_catalog().services["shop"], bound={"production": ("C0SHOP",)})
    catalog = replace(a_catalog(), services={**a_catalog().services, "shop": bound})
    values = sent(a_form(command, command.verbs[0]), {PLACE: "all"})
    parsed = read_form(command, command.verbs[0], catalog, values, channel=channel, now=NOW)
    assert isinstance(parsed, Parsed)
    assert (parsed.line, parsed.place) == ("/health all", None)


said = st.one_of(
    st.sampled_from([one for samples in SAMPLES.values() for one in samples]),
    st.sampled_from(
        ["", "shop", "staging", "all", "because", "--dry-run", "-x", "—to", '"', "a b", "`x`", "<@U0BEN>"]
    ),
    st.text(max_size=12),
)


@settings(max_examples=60 * TIMES)
@given(st.sampled_from(VERBS), st.data())
def test_whatever_is_filled_in_is_wrong_under_its_input_or_reads_as_its_line_typed(
    of: tuple[Command, Verb], data: st.DataObject
) -> None:
    command, verb = of
    usual = one_each(verb, data.draw(st.integers(0, 1)))
    values = {name: str(one) for name, one in usual.items()} | data.draw(
        st.dictionaries(st.sampled_from([*usual, BECAUSE, PLACE]), said, max_size=2)
    )
    read = read_form(command, verb, a_catalog(), values, channel="", now=NOW)
    if isinstance(read, dict):
        assert {*read} <= {"", *(one.name for one in a_form(command, verb).inputs)}
        return
    again = parse_line(COMMANDS, a_catalog(), read.line, channel="", now=NOW)
    assert isinstance(again, Parsed)
    assert (again.request, again.verb, again.line) == (read.request, read.verb, read.line)


WRONG: list[tuple[str, dict[str, str], str, str]] = [
    ("/rollback", {PLACE: "shop production", "to": "v1.2"}, "to", "not previous or at least 7 digits"),
    ("/rollback", {PLACE: "shop production", "to": "--hard"}, "to", "looks like an option"),
    ("/rollback", {PLACE: "shop mars"}, PLACE, "“mars” is not an environment"),
    ("/rollback", {PLACE: "shop production please"}, PLACE, "is not an environment"),
    ("/rollback", {PLACE: "shop"}, PLACE, "which environment"),
    ("/rollback", {PLACE: "shop production", BECAUSE: "x" * 501}, BECAUSE, "longer than 500"),
    ("/replay-webhook", {PLACE: "shop production", "since": "yesterday"}, "since", "how far back"),
    ("/replay-webhook", {PLACE: "shop production", "since": "31d"}, "since", "further back than 30 days"),
    ("/replay-webhook", {PLACE: "shop production", "event": "x; rm"}, "event", "an event of the payment provider"),
    ("/replay-webhook", {PLACE: "shop production", "again": "evt_1aa evt_1aa"}, "again", "given twice"),
    ("/backup verify", {PLACE: "shop production", "backup": "yesterday"}, "backup", "yesterday"),
    ("/runs settle", {"run": "R-1", "how": "perhaps"}, "how", "is not done or not-done"),
    ("/approve", {"run": "R-1", "digits": "7c"}, "digits", "first 6 digits"),
    ("/incident", {"title": "update of the shop fails"}, "title", "takes the first word for something else"),
    ("/can", {"line": "--help me"}, "line", "looks like an option"),
]


@pytest.mark.parametrize(("name", "values", "under", "says"), WRONG)
def test_what_is_wrong_is_said_under_its_input(name: str, values: dict[str, str], under: str, says: str) -> None:
    command, verb = VERBS[NAMES.index(name)]
    read = read_form(command, verb, a_catalog(), values, channel="", now=NOW)
    assert isinstance(read, dict)
    assert list(read) == [under]
    assert says in read[under]
    told = errors(read, [one.name for one in a_form(command, verb).inputs])
    assert list(told) == [under]
    assert len(told[under]) <= 300


def test_no_field_of_a_request_has_the_name_of_an_input_of_ours() -> None:
    names = {one.name for _, verb in VERBS for one in fields_of(verb.request)}
    assert names.isdisjoint({PLACE, VERB, BECAUSE, DRY_RUN})


def test_long_words_are_cut_to_what_slack_takes() -> None:
    command = replace(COMMANDS["/rollback"], name="/a-command-with-a-name-of-32-chars")
    verb = replace(command.verbs[0], word="restore-everything", help="Helps. " * 40)
    for form in (a_form(command, verb), verb_form(command, [verb], "Which? " * 900, "x")):
        check_view(json.loads(json.dumps(form_view(form))))
