"""What Slack refuses in messages and views: one row a rule. With SPECS_DIR the official schema must judge alike."""

import json
import os
from pathlib import Path

import jsonschema
import pytest

from bot.sandbox.workspace import check
from bot.sandbox.workspace.check import Refused
from bot.sandbox.workspace.things import Json
from tests.sandbox.small_app import actions, button, card, field_of, modal, mrkdwn, plain, section

SPECS = os.environ.get("SPECS_DIR")


def context(*elements: Json) -> Json:
    return {"type": "context", "elements": list(elements)}


def option(text: str = "shop", value: str = "shop", **more: object) -> Json:
    return {"text": plain(text), "value": value, **more}


def select(*options: Json, **more: object) -> Json:
    return {"type": "static_select", "action_id": "pick", "options": list(options), **more}


def header(text: str) -> Json:
    return {"type": "header", "text": plain(text)}


def image(**more: object) -> Json:
    return {"type": "image", "alt_text": "a chart", **more}


def rich(*elements: Json) -> Json:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(elements)}]}


def confirm(**more: object) -> Json:
    words = {
        "title": plain("Sure?"),
        "text": plain("It starts at once."),
        "confirm": plain("Go"),
        "deny": plain("No"),
    }
    return {**words, **more}


def cells(*texts: str) -> list[Json]:
    return [{"type": "raw_text", "text": text} for text in texts]


def table(rows: int = 1, columns: int = 1) -> Json:
    return {"type": "table", "rows": [cells(*["x"] * columns)] * rows}


def data_table(**more: object) -> Json:
    return {"type": "data_table", "caption": "Checks", "rows": [cells("home", "84 ms")], **more}


def chart(title: str = "Errors", kind: str = "line", **more: object) -> Json:
    series = [{"name": "500", "data": [{"label": "02:55", "value": 38}]}]
    drawn = {"type": kind, "series": series, "axis_config": {"categories": ["02:55"]}, **more}
    return {"type": "data_visualization", "title": title, "chart": drawn}


def pie(*slices: tuple[str, float]) -> Json:
    segments = [{"label": label, "value": value} for label, value in slices]
    return {"type": "data_visualization", "title": "Runs", "chart": {"type": "pie", "segments": segments}}


def task(status: str = "complete", **more: object) -> Json:
    return {"type": "task_card", "task_id": "t1", "title": "Fetch", "status": status, **more}


def container(*blocks: Json, **more: object) -> Json:
    return {"type": "container", "child_blocks": list(blocks), **more}


def markdown(text: str) -> Json:
    return {"type": "markdown", "text": text}


def long(length: int) -> str:
    return "x" * length


def with_confirm(**more: object) -> list[Json]:
    return [actions(button("go", confirm=confirm(**more)))]


def style(**marks: object) -> Json:
    return {"type": "text", "text": "x", "style": marks}


GOOD: list[tuple[str, list[Json]]] = [
    ("a section at its limit", [section(long(3000))]),
    ("ten fields at their limit", [{"type": "section", "fields": [mrkdwn(long(1200))] * 10}]),
    ("a header at its limit", [header(long(150))]),
    ("fifty blocks", [{"type": "divider"}] * 50),
    ("twenty-five buttons", [actions(*(button(f"b{n}") for n in range(25)))]),
    ("ten context elements", [context(*[mrkdwn("x")] * 10)]),
    (
        "a button with everything",
        [actions(button("go", value=long(2000), style="danger", url="https://example.org/"))],
    ),
    (
        "a confirm at its limits",
        with_confirm(title=plain(long(100)), text=mrkdwn(long(300)), confirm=plain(long(30))),
    ),
    ("a select with a hundred options", [section("x", accessory=select(*[option()] * 100))]),
    ("an image beside a section", [section("x", accessory=image(image_url="https://example.org/a.png"))]),
    ("rich text with a user and a date", [rich({"type": "user", "user_id": "U0ANA"}, style(bold=True, code=True))]),
    ("a table at its limits", [table(100, 20)]),
    ("a data table", [data_table(page_size=100)]),
    ("a plan with its steps", [{"type": "plan", "title": "Rollback", "tasks": [task(), task("in_progress")]}]),
    ("a step with its output", [task("error", output=rich(style()))]),
    ("a container", [container(section("x"), {"type": "divider"}, is_collapsible=True, title=plain("Checks"))]),
    ("two charts", [chart(), chart("Latency", "bar")]),
    ("a card", [{"type": "card", "title": mrkdwn("shop"), "body": mrkdwn("fine"), "actions": [button("open")]}]),
    ("markdown at its limit", [markdown(long(12_000))]),
    (
        "feedback",
        [{"type": "context_actions", "elements": [{"type": "icon_button", "icon": "trash", "text": plain("Go")}]}],
    ),
]

BAD: list[tuple[str, list[Json], str]] = [
    ("no block at all", [], "no fewer than 1 items"),
    ("fifty-one blocks", [{"type": "divider"}] * 51, "no more than 50 items"),
    ("an unknown block", [{"type": "banner"}], "unsupported type: banner"),
    ("a block without a type", [{"text": plain("x")}], "unsupported type: None"),
    ("an unknown field of a block", [section("x", colour="red")], "unknown field [json-pointer:/blocks/0/colour]"),
    ("an unknown field of a text", [{"type": "section", "text": {**mrkdwn("x"), "emoji": True}}], "unknown field"),
    ("a section that is too long", [section(long(3001))], "less than 3001 characters"),
    ("an empty text", [section("")], "more than 0 characters [json-pointer:/blocks/0/text/text]"),
    ("a section without text and fields", [{"type": "section"}], "`text` or `fields`"),
    ("eleven fields", [{"type": "section", "fields": [mrkdwn("x")] * 11}], "no more than 10 items"),
    ("a field that is too long", [{"type": "section", "fields": [mrkdwn(long(2001))]}], "less than 2001 characters"),
    ("a header that is too long", [header(long(151))], "less than 151 characters"),
    ("mrkdwn in a header", [{"type": "header", "text": mrkdwn("x")}], "must be one of plain_text"),
    ("a text that is no text", [{"type": "section", "text": "x"}], "must be an object"),
    ("eleven context elements", [context(*[mrkdwn("x")] * 11)], "no more than 10 items"),
    ("a button in a context", [context(button("go"))], "unsupported type: button"),
    ("an empty context", [context()], "no fewer than 1 items"),
    ("twenty-six buttons", [actions(*(button(f"b{n}") for n in range(26)))], "no more than 25 items"),
    ("no action", [actions()], "no fewer than 1 items"),
    ("a button's words too long", [actions(button("go", long(76)))], "less than 76 characters"),
    ("mrkdwn on a button", [actions({"type": "button", "text": mrkdwn("x")})], "must be one of plain_text"),
    ("a button without words", [actions({"type": "button", "action_id": "go"})], "missing required field: text"),
    ("a button's value too long", [actions(button("go", value=long(2001)))], "less than 2001 characters"),
    ("a button's value that is no text", [actions(button("go", value=7))], "must be a string"),
    ("a button's style unknown", [actions(button("go", style="green"))], "must be one of primary, danger"),
    (
        "a button's url too long",
        [actions(button("go", url=f"https://e.org/{long(3000)}"))],
        "less than 3001 characters",
    ),
    ("an action id too long", [actions(button(long(256)))], "less than 256 characters"),
    ("a block id too long", [{"type": "divider", "block_id": long(256)}], "less than 256 characters"),
    ("a confirm's title too long", with_confirm(title=plain(long(101))), "less than 101 characters"),
    ("a confirm's text too long", with_confirm(text=plain(long(301))), "less than 301 characters"),
    ("a confirm's button too long", with_confirm(confirm=plain(long(31))), "less than 31 characters"),
    ("a confirm's refusal too long", with_confirm(deny=plain(long(31))), "less than 31 characters"),
    (
        "a confirm without text",
        [actions(button("go", confirm={"title": plain("x")}))],
        "missing required field: text",
    ),
    ("a hundred and one options", [actions(select(*[option()] * 101))], "no more than 100 items"),
    ("an option's words too long", [actions(select(option(long(76))))], "less than 76 characters"),
    ("an option's value too long", [actions(select(option(value=long(151))))], "less than 151 characters"),
    ("six overflow options", [actions({"type": "overflow", "options": [option()] * 6})], "no more than 5 items"),
    ("eleven checkboxes", [actions({"type": "checkboxes", "options": [option()] * 11})], "no more than 10 items"),
    (
        "eleven radio buttons",
        [actions({"type": "radio_buttons", "options": [option()] * 11})],
        "no more than 10 items",
    ),
    ("an image without a source", [image()], "`image_url` or `slack_file`"),
    ("a style in rich text unknown", [rich(style(loud=True))], "unknown field"),
    ("a rich text element unknown", [rich({"type": "shout", "text": "x"})], "unsupported type: shout"),
    ("a hundred and one rows", [table(101)], "no more than 100 items"),
    ("twenty-one cells", [table(1, 21)], "no more than 20 items"),
    ("a cell that is a plain text", [{"type": "table", "rows": [[plain("x")]]}], "unsupported type: plain_text"),
    ("a data table without a caption", [{"type": "data_table", "rows": []}], "missing required field: caption"),
    ("a step's status unknown", [task("running")], "must be one of pending, in_progress, complete, error"),
    ("eleven blocks in a container", [container(*[{"type": "divider"}] * 11)], "no more than 10 items"),
    ("a container in a container", [container(container(section("x")))], "unsupported type: container"),
    ("a container's title too long", [container(section("x"), title=plain(long(151)))], "less than 151 characters"),
    ("a chart's title too long", [chart(long(51))], "less than 51 characters"),
    ("a chart unknown", [chart(kind="donut")], "unsupported type: donut"),
    ("a card's body too long", [{"type": "card", "body": mrkdwn(long(201))}], "less than 201 characters"),
    ("eleven cards", [{"type": "carousel", "elements": [{"type": "card"}] * 11}], "no more than 10 items"),
    (
        "six feedback buttons",
        [{"type": "context_actions", "elements": [{"type": "icon_button"}] * 6}],
        "no more than 5",
    ),
    ("markdown too long", [markdown(long(12_001))], "less than 12001 characters"),
]

# Slack refuses these too, but its published types cannot say so.
BAD_TOGETHER: list[tuple[str, list[Json], str]] = [
    ("a chart without series", [chart(series=[])], "no fewer than 1 items"),
    ("a point off the axis", [chart(axis_config={"categories": ["03:00"]})], "labels must match"),
    ("an empty slice", [pie(("done", 3), ("failed", 0))], "must be greater than 0"),
    ("thirteen slices", [pie(*[("x", 1.0)] * 13)], "no more than 12 items"),
    ("the same block id twice", [{"type": "divider", "block_id": "b"}] * 2, "`block_id` b already exists"),
    ("the same action id twice in a block", [actions(button("go"), button("go"))], "`action_id` go already exists"),
    ("two tables", [table(), data_table()], "only one table"),
    ("a second table in a container", [table(), container(table())], "only one table"),
    ("three charts", [chart()] * 3, "no more than 2 data_visualization"),
    ("two plans", [{"type": "plan", "title": "x"}] * 2, "only one plan"),
    ("an alert in a message", [{"type": "alert", "text": mrkdwn("x")}], "alert is not supported in a message"),
    ("a file in a message", [{"type": "file", "external_id": "x", "source": "remote"}], "file is not supported"),
    ("markdown too long together", [markdown(long(6001))] * 2, "exceed 12000 characters together"),
    ("a url that is none", [actions(button("go", url="example"))], "must be a valid URL"),
    ("a data table's page of none", [data_table(page_size=0)], "whole number from 1 to 100"),
    (
        "a select without options",
        [actions({"type": "static_select", "action_id": "x"})],
        "`options` or `option_groups`",
    ),
    ("a choice that is not offered", [actions(select(option(), initial_option=option("x")))], "must match one of"),
]


def refusal(blocks: object) -> str:
    with pytest.raises(Refused) as caught:
        check.message_blocks(blocks)
    return str(caught.value)


@pytest.mark.parametrize(("what", "blocks"), GOOD, ids=[row[0] for row in GOOD])
def test_a_message_that_slack_takes_is_taken(what: str, blocks: list[Json]) -> None:
    assert list(check.block_problems(blocks, "message")) == []


@pytest.mark.parametrize(("what", "blocks", "words"), BAD + BAD_TOGETHER, ids=[r[0] for r in BAD + BAD_TOGETHER])
def test_a_message_that_slack_refuses_is_refused_and_says_where(what: str, blocks: list[Json], words: str) -> None:
    said = refusal(blocks)
    assert said.startswith("invalid_blocks: [ERROR] ")
    assert words in said
    assert "[json-pointer:/blocks" in said


def test_blocks_too_long_together_are_refused_by_their_own_name() -> None:
    check.message_blocks([section(long(3000))] * 4)
    assert refusal([section(long(3000))] * 5).startswith("msg_blocks_too_long")


def test_blocks_that_are_no_list_are_refused_by_their_own_name() -> None:
    assert refusal({"type": "divider"}).startswith("invalid_blocks_format")


def test_the_answer_names_each_problem_in_errors_and_in_the_metadata() -> None:
    with pytest.raises(Refused) as caught:
        check.message_blocks([section("")])
    words = "must be more than 0 characters [json-pointer:/blocks/0/text/text]"
    assert caught.value.answer() == {
        "ok": False,
        "error": "invalid_blocks",
        "errors": [words],
        "response_metadata": {"messages": [f"[ERROR] {words}"]},
    }


HOME: Json = {"type": "home", "blocks": [section("x")]}
VIEWS: list[tuple[str, Json, check.Surface, str]] = [
    ("a title too long", modal(title=plain(long(25))), "modal", "less than 25 characters"),
    ("a submit too long", modal(submit=plain(long(25))), "modal", "less than 25 characters"),
    ("a close too long", modal(close=plain(long(25))), "modal", "less than 25 characters"),
    ("no title", {"type": "modal", "blocks": []}, "modal", "missing required field: title"),
    ("metadata too long", modal(private_metadata=long(3001)), "modal", "less than 3001 characters"),
    ("a callback id too long", modal(callback_id=long(256)), "modal", "less than 256 characters"),
    ("a hundred and one blocks", modal(*[{"type": "divider"}] * 101), "modal", "no more than 100 items"),
    ("an unknown field", modal(colour="red"), "modal", "unknown field"),
    ("a title on a home tab", {**HOME, "title": plain("x")}, "home", "unknown field"),
]
VIEWS_TOGETHER: list[tuple[str, Json, check.Surface, str]] = [
    (
        "an input without a submit",
        {k: v for k, v in modal(field_of("a")).items() if k != "submit"},
        "modal",
        "submit",
    ),
    ("a plan in a form", modal({"type": "plan", "title": "x"}), "modal", "plan is not supported in a modal"),
    ("a table in a form", modal(table()), "modal", "table is not supported in a modal"),
    ("a container in a form", modal(container(section("x"))), "modal", "container is not supported in a modal"),
    ("a table on a home tab", {"type": "home", "blocks": [table()]}, "home", "table is not supported in a home"),
    ("a form as a home tab", modal(), "home", "must be one of home"),
]


@pytest.mark.parametrize(
    ("what", "body", "surface", "words"), VIEWS + VIEWS_TOGETHER, ids=[r[0] for r in VIEWS + VIEWS_TOGETHER]
)
def test_a_view_that_slack_refuses_is_refused(what: str, body: Json, surface: check.Surface, words: str) -> None:
    with pytest.raises(Refused, match="invalid_arguments") as caught:
        check.view(body, surface)
    assert words in str(caught.value)


def test_a_view_at_its_limits_is_taken_and_a_heavier_one_is_not() -> None:
    check.view(modal(*[{"type": "divider"}] * 100, private_metadata=long(3000), callback_id=long(255)), "modal")
    check.view({"type": "home", "blocks": [container(section("x"))]}, "home")
    with pytest.raises(Refused, match="view_too_large"):
        check.view(modal(*[section(long(3000))] * 90), "modal")


METADATA: list[tuple[object, str]] = [
    ("run-42", "invalid_metadata_format"),
    ({"event_type": "post"}, "invalid_metadata_format"),
    ({"event_type": "post", "event_payload": "x"}, "invalid_metadata_schema"),
    ({"event_type": "post", "event_payload": {}, "more": 1}, "invalid_metadata_schema"),
    ({"event_type": "post", "event_payload": {"key": long(9000)}}, "metadata_too_large"),
]


@pytest.mark.parametrize(("value", "error"), METADATA, ids=[row[1] + str(n) for n, row in enumerate(METADATA)])
def test_metadata_that_slack_refuses_is_refused(value: object, error: str) -> None:
    with pytest.raises(Refused, match=error):
        check.metadata(value)


def validator(definition: str) -> jsonschema.Draft7Validator:
    schema = json.loads((Path(SPECS or "") / "slack" / "block-kit.schema.json").read_text())
    return jsonschema.Draft7Validator({"$ref": f"#/definitions/{definition}", "definitions": schema["definitions"]})


@pytest.mark.skipif(not SPECS, reason="SPECS_DIR names the folder of official schemas")
def test_the_official_schema_judges_every_sample_alike() -> None:
    message, form, home = validator("MessageBlocks"), validator("ModalView"), validator("HomeView")
    differs = [what for what, blocks in [*GOOD, ("a card", card())] if not message.is_valid(blocks)]
    differs += [what for what, blocks, _ in BAD if message.is_valid(blocks)]
    differs += [what for what, body, kind, _ in VIEWS if (home if kind == "home" else form).is_valid(body)]
    assert differs == []
