"""Cards become messages that Slack takes, whatever people typed into them."""

import json
import os
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from bot.domain import card as cards
from bot.domain.card import Button, Card, Chart, Confirm, Part, Pre, StepLine, Table, Tone
from bot.domain.words import bold, channel, code, italic, link, person, quoted, when
from bot.sandbox.workspace.check import block_problems
from bot.slack.blocks import EMOJI, render
from bot.slack.mrkdwn import mrkdwn, plain_text
from tests.support.examples import TIMES

AT = datetime(2026, 11, 20, 3, 7, 12, tzinfo=UTC)


@cache
def schema() -> Draft7Validator | None:
    folder = os.environ.get("SPECS_DIR")
    if not folder:
        return None
    whole = json.loads((Path(folder) / "slack" / "block-kit.schema.json").read_text())
    return Draft7Validator({"$ref": "#/definitions/MessageBlocks", "definitions": whole["definitions"]})


def texts(value: Any) -> list[str]:
    """Every string that a person might see."""
    if isinstance(value, dict):
        return [text for inside in value.values() for text in texts(inside)]
    if isinstance(value, list):
        return [text for inside in value for text in texts(inside)]
    return [value] if isinstance(value, str) else []


def check(card: Card, offers: dict[str, str] | None = None) -> tuple[str, list[Any]]:
    """Render it and hold it against every limit."""
    text, made = render(card, offers)
    blocks: list[Any] = list(made)
    assert text.strip()
    assert len(text) <= 4000
    assert 1 <= len(blocks) <= 50
    assert len(json.dumps(blocks, ensure_ascii=False, separators=(",", ":"))) <= 12_000
    assert sum(block["type"] in ("table", "data_table") for block in blocks) <= 1
    assert sum(block["type"] == "plan" for block in blocks) <= 1
    assert sum(block["type"] == "data_visualization" for block in blocks) <= 2
    for block in blocks:
        check_block(block)
    buttons = [one for block in blocks if block["type"] == "actions" for one in block["elements"]]
    ids = [one["action_id"] for one in buttons]
    assert len(ids) == len(set(ids)) <= 25
    assert sum(one.get("style") == "primary" for one in buttons) <= 1
    if (validator := schema()) is not None:
        assert [error.message for error in validator.iter_errors(blocks)] == []
    return text, blocks


def check_block(block: Any) -> None:
    match block["type"]:
        case "header":
            assert 1 <= len(block["text"]["text"]) <= 150
        case "section":
            assert 1 <= len(block["text"]["text"]) <= 3000
            assert block["text"]["text"].strip()
        case "context":
            assert all(one["text"].strip() for one in block["elements"])
        case "actions":
            assert 1 <= len(block["elements"]) <= 5
            for button in block["elements"]:
                check_button(button)
        case "data_visualization":
            assert list(block_problems([block], "message")) == []
        case "table":
            assert 1 <= len(block["rows"]) <= 100
            assert len({len(row) for row in block["rows"]}) == 1
            assert all(1 <= len(row) <= 20 for row in block["rows"])
        case "plan":
            assert block["title"]
            assert block["tasks"]
        case "rich_text":
            assert all(len(text) >= 1 for text in texts(block))
        case other:
            raise AssertionError(other)


def check_button(button: Any) -> None:
    assert 1 <= len(button["text"]["text"].strip()) <= 75
    assert len(button.get("value", "")) <= 255
    assert len(button["action_id"]) <= 255
    if "confirm" in button:
        limits = {"title": 100, "text": 300, "confirm": 30, "deny": 30}
        assert all(1 <= len(button["confirm"][key]["text"].strip()) <= limit for key, limit in limits.items())


def of(*body: Part, **more: Any) -> Card:
    return Card(Tone.OK, more.pop("title", "shop production"), more.pop("text", "It is well."), body, **more)


def test_a_card_reads_like_the_ones_we_drew() -> None:
    card = Card(
        Tone.ASK,
        "Roll back shop production?",
        "Ben, approve? Roll back shop production to 4c1d2a7.",
        (
            f"{code('9f8e7d6')} → {code('4c1d2a7')}\n• takes back 2 commits",
            f"{bold('Why')} {quoted('checkout answers 500')}",
        ),
        (
            Button(
                "Approve rollback",
                action="approval.approve",
                target="42-7c01e9aa",
                style="primary",
                confirm=Confirm("Roll back shop production?", "It starts at once.", "Roll back now"),
            ),
            Button("Deny", action="approval.deny", target="42-7c01e9aa"),
        ),
        f"R-42 by Ana · answer by {when(AT)}",
    )
    text, blocks = check(card)
    assert text == "Ben, approve? Roll back shop production to 4c1d2a7."
    assert [block["type"] for block in blocks] == ["header", "section", "section", "actions", "context"]
    assert blocks[0]["text"] == {"type": "plain_text", "text": "⚠️ Roll back shop production?"}
    assert blocks[1]["text"]["text"] == "`9f8e7d6` → `4c1d2a7`\n• takes back 2 commits"
    assert blocks[2]["text"]["text"] == "*Why* “checkout answers 500”"
    assert blocks[3]["elements"][0] == {
        "type": "button",
        "action_id": "approval.approve",
        "text": {"type": "plain_text", "text": "Approve rollback"},
        "value": "42-7c01e9aa",
        "style": "primary",
        "confirm": {
            "title": {"type": "plain_text", "text": "Roll back shop production?"},
            "text": {"type": "plain_text", "text": "It starts at once."},
            "confirm": {"type": "plain_text", "text": "Roll back now"},
            "deny": {"type": "plain_text", "text": "Not yet"},
        },
    }
    assert blocks[4]["elements"][0]["text"] == "R-42 by Ana · answer by <!date^1795144032^{time}|03:07 UTC>"


def test_every_tone_has_its_sign() -> None:
    assert set(EMOJI) == set(Tone)
    assert len(set(EMOJI.values())) == len(Tone)


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("<!channel> <@U1ABC> & <https://evil|x>", "&lt;!channel&gt; &lt;@U1ABC&gt; &amp; &lt;https://evil|x&gt;"),
        ("`rm -rf` and *bold*", "ˋrm -rfˋ and *bold*"),
        (bold("a*b"), "*a∗b*"),
        (bold("two\nlines"), "*two lines*"),
        (bold(""), ""),
        (italic("quiet"), "_quiet_"),
        (code("a`b<c>"), "`aˋb&lt;c&gt;`"),
        (person("U0BEN"), "<@U0BEN>"),
        (person("terminal:ana"), "terminal:ana"),
        (person("U0BEN> <!here"), "U0BEN&gt; &lt;!here"),
        (channel("C0SHOPOPS"), "<#C0SHOPOPS>"),
        (channel("shop|<!here>"), "shop|&lt;!here&gt;"),
        (when(AT), "<!date^1795144032^{time}|03:07 UTC>"),
        (when(AT, "exact"), "<!date^1795144032^{time_secs}|03:07:12 UTC>"),
        (when(AT, "date"), "<!date^1795144032^{date_short_pretty} {time}|2026-11-20 03:07 UTC>"),
        (link("https://shop.example/?a=1&b=2", "the shop"), "<https://shop.example/?a=1&amp;b=2|the shop>"),
        (link("javascript:alert(1)", "press me"), "press me"),
        (link("https://x.example/><!channel>", "press me"), "press me"),
        (link("https://x.example", "a|b>c"), "<https://x.example|a¦b&gt;c>"),
        ("half a mark \ue000open", "half a mark open"),
        (quoted("**<!everyone>**\n`"), "“**&lt;!everyone&gt;** ˋ”"),
    ],
)
def test_words_become_mrkdwn_that_nobody_can_forge(words: str, shown: str) -> None:
    assert mrkdwn(words) == shown


@pytest.mark.parametrize("typed", ["<!channel>", "<!here|x>", "<@U0ANA>", "<#C0SHOP>", "<https://evil.example|bank>"])
def test_what_somebody_typed_pings_nobody_wherever_it_stands(typed: str) -> None:
    card = of(
        typed,
        bold(typed),
        code(typed),
        Table((typed, bold(typed)), ((typed, person("U0BEN")),)),
        Pre(typed),
        StepLine(typed, "working", typed),
        StepLine("build", "failed", bold(typed)),
        title=typed,
        text=typed,
        footer=typed,
        buttons=(Button(typed, action="run.details", target="1-x", confirm=Confirm(typed, typed, typed, typed)),),
    )
    text, blocks = check(card)
    assert typed not in text
    parsed = [one for block in blocks for one in _mrkdwn(block)]
    assert parsed
    assert all(typed not in one["text"] and one["verbatim"] for one in parsed)


def _mrkdwn(value: Any) -> list[Any]:
    if isinstance(value, list):
        return [found for one in value for found in _mrkdwn(one)]
    if not isinstance(value, dict):
        return []
    here = [value] if value.get("type") == "mrkdwn" else []
    return here + [found for one in value.values() for found in _mrkdwn(one)]


def test_a_header_and_a_dialog_show_no_marks() -> None:
    _, blocks = check(of(title=f"{bold('shop')} since {when(AT)}"))
    assert blocks[0]["text"]["text"] == "✅ shop since 03:07 UTC"
    assert plain_text(bold("x")) == "x"


def test_steps_become_one_plan_with_a_card_each() -> None:
    card = of(
        "before",
        StepLine("fetch", "done", "6 s"),
        StepLine("build", "working", f"since {when(AT, 'exact')}"),
        StepLine("switch", "pending"),
        "between",
        StepLine("verify", "failed", "x" * 100),
        StepLine("tidy", "stopped"),
    )
    _, blocks = check(card)
    assert [block["type"] for block in blocks] == ["header", "section", "plan", "section"]
    tasks = blocks[2]["tasks"]
    assert blocks[2]["title"] == "1 of 5 steps done"
    assert [(task["title"], task["status"]) for task in tasks] == [
        ("fetch · 6 s", "complete"),
        ("build", "in_progress"),
        ("switch", "pending"),
        ("verify", "error"),
        ("tidy", "error"),
    ]
    details = tasks[1]["details"]["elements"][0]["elements"]
    assert details[0] == {"type": "text", "text": "since "}
    assert details[1]["type"] == "date"


def test_only_one_table_is_a_table() -> None:
    table = Table(("Run", "State"), (("R-42", bold("done")), ("R-43",)))
    _, blocks = check(of(table, table))
    assert [block["type"] for block in blocks] == ["header", "table", "rich_text"]
    assert blocks[1]["rows"][1][1]["type"] == "rich_text"
    assert blocks[1]["rows"][2] == [{"type": "raw_text", "text": "R-43"}, {"type": "raw_text", "text": "–"}]


@pytest.mark.parametrize(
    "body",
    [
        ("line\n" * 5000,),
        ("word " * 20_000,),
        ("&" * 20_000,),
        ("<" * 9000,),
        (person("U0BEN") * 3000,),
        (code("x" * 2000) + "\n") * 30,
        tuple("x" for _ in range(200)),
        (Table(("a", "b"), tuple((str(n), "y" * 80) for n in range(500))),),
        (Table(tuple("abcdefghijklmnopqrstuvwxyz"), (tuple("abcdefghijklmnopqrstuvwxyz"),)),),
        tuple(StepLine(f"step {n}", "working", "says " * 300) for n in range(90)),
    ],
)
def test_what_does_not_fit_is_cut_and_said_to_be_cut(body: tuple[Part, ...]) -> None:
    details = (Button("Details", action="run.details", target="1-x"),)
    text, blocks = check(of(*body, buttons=details, footer="R-1", text="a" * 9000))
    assert text.endswith("…")
    shown = [one for one in texts(blocks) if "the rest is in Details" in one]
    wide = isinstance(body[0], Table) and len(body[0].head) > 20
    assert shown or wide or sum(len(one) for one in texts(blocks)) > 9000
    assert blocks[-1]["elements"][0]["text"] == "R-1"


def test_long_output_shows_its_end() -> None:
    _, blocks = check(of(Pre("\n".join(f"line {n}" for n in range(35)))))
    assert texts(blocks[1])[-1].startswith("line 15\n")
    assert blocks[2]["elements"][0]["text"] == "the last 20 of 35 lines"


def test_a_cut_never_breaks_a_token() -> None:
    for width in range(2980, 3020):
        text, blocks = check(
            of("x" * width + " " + when(AT) + code("a b") + "&&&", text="y" * (width + 890) + when(AT))
        )
        for piece in [text, *texts(blocks)]:
            assert piece.count("<") == piece.count(">")
            assert piece.count("`") % 2 == 0
            assert piece.count("&") == piece.count("&amp;")


def test_an_offer_is_a_button_only_while_it_has_an_id() -> None:
    buttons = (
        Button("Roll back…", ask="/rollback shop production"),
        Button("Hold deploys", ask="/freeze shop production"),
        Button("Replay…", ask="/replay-webhook shop production"),
        Button("Open", url="https://shop.example"),
        Button("Bad", url="javascript:alert(1)"),
        Button("Nothing"),
        Button(" ", action="run.details"),
    )
    offers = {"/rollback shop production": "q7Jd2mXa", "/replay-webhook shop production": "aaaaaaaa"}
    _, blocks = check(of(buttons=buttons), offers)
    shown = [(one["action_id"], one.get("value")) for one in blocks[1]["elements"]]
    assert shown == [("ask:1", "q7Jd2mXa"), ("ask:2", "aaaaaaaa"), ("open", None)]
    assert len(check(of(buttons=buttons))[1][1]["elements"]) == 1


RUNS = Chart("Runs by day", "bar", ("Mon", "Tue"), (("done", (3, 4)), ("failed", (0, 1))), "runs")


def test_a_chart_is_drawn_and_a_third_is_told_in_words() -> None:
    _, blocks = check(of(RUNS, RUNS, RUNS))
    first, _, third = blocks[1:]
    assert first["chart"]["series"][1] == {
        "name": "failed",
        "data": [{"label": "Mon", "value": 0}, {"label": "Tue", "value": 1}],
    }
    assert first["chart"]["axis_config"] == {"categories": ["Mon", "Tue"], "y_label": "runs"}
    assert "Tue  done 4, failed 1" in str(third)


def test_what_cannot_be_drawn_leaves_no_hole() -> None:
    names = tuple(f"a rather long name of a service {n}" for n in range(25))
    pie = Chart("Runs", "pie", names, (("runs", tuple(range(25))),))
    _, blocks = check(of(pie, Chart("Nothing", "pie", ("a",), (("x", (0,)),)), Chart("Off", "line", (), ())))
    shown = blocks[1]["chart"]["segments"]
    assert len(shown) == 12
    assert len({slice_["label"] for slice_ in shown}) == 12
    assert shown[-1] == {"label": "others", "value": sum(range(14))}
    assert "a  x 0" in str(blocks[2])
    assert len(blocks) == 3
    assert cards.from_json(cards.to_json(of(RUNS))) == of(RUNS)


def test_buttons_keep_their_names_apart_and_one_primary() -> None:
    one = Button("Approve", action="approval.approve", target="1-x", style="primary")
    _, blocks = check(of(buttons=(one, one, one, one, one, one)))
    assert [block["type"] for block in blocks] == ["header", "actions", "actions"]
    assert [button["action_id"] for button in blocks[1]["elements"]][:2] == ["approval.approve", "approval.approve:2"]


anything = st.text(
    st.characters(codec="utf-8") | st.sampled_from("<>&`*_~|\n \ue000\ue001\ue003\ue004\ue005\ue006\ue007\ue008"),
    max_size=120,
)
long = anything | st.builds(lambda text, n: text * n, anything, st.integers(1, 200))
words = long | st.builds(bold, anything) | st.builds(code, anything) | st.builds(link, anything, anything)
rows = st.lists(words, max_size=24).map(tuple)
labels = st.lists(anything, max_size=24).map(tuple)
numbers = st.lists(st.floats(-9, 9) | st.just(float("nan")), max_size=24).map(tuple)
kinds = st.sampled_from(["line", "bar", "area", "pie"])
parts = (
    words
    | st.builds(Pre, long)
    | st.builds(Chart, anything, kinds, labels, st.lists(st.tuples(anything, numbers), max_size=8).map(tuple))
    | st.just(Chart("Runs", "bar", ("Mon", "Tue"), (("done", (3, 4)), ("failed", (0, 1))), "runs"))
    | st.builds(StepLine, anything, st.sampled_from(["pending", "working", "done", "failed", "stopped"]), long)
    | st.builds(
        Table,
        st.lists(words, max_size=24).map(tuple),
        st.lists(st.lists(words, max_size=24).map(tuple), max_size=8).map(tuple),
    )
)
dialogs = st.none() | st.builds(Confirm, long, long, long, long)
pressed = st.builds(
    Button,
    long,
    ask=st.sampled_from(["", "/rollback shop"]),
    action=anything,
    target=anything,
    style=st.sampled_from(["plain", "primary", "danger"]),
    confirm=dialogs,
    url=anything | st.just("https://shop.example"),
)
any_card = st.builds(
    Card,
    st.sampled_from(Tone),
    long,
    long,
    st.lists(parts, max_size=30).map(tuple),
    st.lists(pressed, max_size=30).map(tuple),
    long,
    st.booleans(),
    anything,
)


@settings(max_examples=120 * TIMES)
@given(any_card)
def test_any_card_whatever_is_a_message_that_slack_takes(card: Card) -> None:
    text, blocks = check(card, {"/rollback shop": "q7Jd2mXa"})
    assert not any("\ue000" <= one <= "\ue008" for piece in [text, *texts(blocks)] for one in piece)
