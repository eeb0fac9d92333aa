"""What a card looks like in a terminal: as on the page, no token of Slack's left."""

from typing import Any

import pytest

from bot.sandbox import transcript
from bot.sandbox.workspace.things import File, Message


def names(id_: str) -> str:
    return {"U0ANA": "Ana", "C0SHOPOPS": "shop-ops"}.get(id_, id_)


def shown(*blocks: dict[str, Any], text: str = "spoken") -> list[str]:
    return transcript.card(Message("1.0", "C0SHOPOPS", "U0WATCH", text, 0.0, list(blocks)), names)


@pytest.mark.parametrize(
    ("mrkdwn", "words"),
    [
        ("*Checkout* answers 500", "Checkout answers 500"),
        ("_it_ and `code_with_marks`", "it and `code_with_marks`"),
        ("<@U0ANA> in <#C0SHOPOPS>", "@Ana in #shop-ops"),
        ("<@U9|somebody> in <#C0SHOPOPS|old-name>", "@U9 in #shop-ops"),
        ("at <!date^1763607600^{time}|03:00 UTC>", "at 03:00 UTC"),
        ("<https://example.com|the shop> <https://example.com>", "the shop https://example.com"),
        ("&lt;b&gt; &amp;amp;", "<b> &amp;"),
        ("<!channel>", "@channel"),
    ],
)
def test_mrkdwn_becomes_what_the_page_shows(mrkdwn: str, words: str) -> None:
    assert transcript.words(mrkdwn, names) == words


def test_a_message_without_blocks_is_its_text() -> None:
    assert shown(text="<@U0ANA> done") == ["@Ana done"]


def test_every_kind_of_block_is_told() -> None:
    plain = {"type": "plain_text", "text": "Approve"}
    task = {"type": "task_card", "task_id": "1", "title": "fetch", "status": "complete"}
    cell = {"type": "raw_text", "text": "R-42"}
    rows: list[tuple[dict[str, Any], list[str]]] = [
        ({"type": "header", "text": {"type": "plain_text", "text": "✅ back"}}, ["✅ back"]),
        (
            {"type": "section", "text": {"type": "mrkdwn", "text": "*Took* 41 s\n• a\n• b"}},
            ["Took 41 s", "• a", "• b"],
        ),
        ({"type": "context", "elements": [{"type": "mrkdwn", "text": "R-42"}]}, ["· R-42"]),
        ({"type": "actions", "elements": [{"type": "button", "action_id": "a", "text": plain}]}, ["[Approve]"]),
        ({"type": "plan", "title": "1 of 1 steps done", "tasks": [task]}, ["1 of 1 steps done", "  ✓ fetch"]),
        ({"type": "table", "rows": [[cell], [cell]]}, ["R-42", "────", "R-42"]),
        ({"type": "divider"}, ["─" * 40]),
        (
            {"type": "rich_text", "elements": [{"type": "rich_text_preformatted", "elements": [cell]}]},
            ["    R-42"],
        ),
        ({"type": "new_kind"}, ["(new_kind)"]),
    ]
    for block, lines in rows:
        assert shown(block) == lines, block


def test_long_lines_are_wrapped_within_the_frame() -> None:
    lines = shown({"type": "section", "text": {"type": "mrkdwn", "text": "• " + "word " * 80}})
    assert len(lines) > 1
    assert max(map(len, lines)) <= transcript.WIDTH
    assert lines[1].startswith("  word")


def test_a_file_is_told_with_or_without_words_around_it() -> None:
    file = File("F1", "inc-1-timeline.pdf", "", 9, "U0WATCH", 0.0, b"%PDF-1.7\n", ("D0ANA",))
    message = Message("1.0", "D0ANA", "U0WATCH", "R-7", 0.0, [], files=(file,))
    assert transcript.card(message, str) == ["R-7", "📎 inc-1-timeline.pdf (9 bytes)"]
