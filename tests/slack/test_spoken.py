"""What Slack does not know by its own name is said as `/ops …`, and nothing else is touched."""

import pytest

import commands
from bot.domain.catalog import Which
from bot.domain.json import JsonObject
from bot.slack.spoken import all_spoken, spoken

COMMANDS = commands.find()


@pytest.mark.parametrize(
    ("which", "text", "said"),
    [
        ("five", "or type `/approve R-42 7c01e9`", "or type `/ops approve R-42 7c01e9`"),
        ("five", "See what waits with /runs.", "See what waits with /ops runs."),
        ("five", "/can tells it; (/audit has it)", "/ops can tells it; (/ops audit has it)"),
        ("five", "`/ops approve R-42` /health /backup db", "`/ops approve R-42` /health /backup db"),
        ("five", "https://x.example/runs/7 <https://x.example/can|here> ~/runs a/can /runs/now /runs-x", None),
        ("core", "`/approve R-42` `/postmortem cause …`", "`/approve R-42` `/ops postmortem cause …`"),
        ("all", "`/approve R-42` `/postmortem cause …`", None),
    ],
)
def test_each_name_is_said_as_it_works(which: Which, text: str, said: str | None) -> None:
    assert spoken(COMMANDS, lambda: which)(text) == (text if said is None else said)


def test_texts_alone_are_touched() -> None:
    button: JsonObject = {"text": {"type": "plain_text", "text": "/runs"}, "value": "/runs", "url": "https://x/runs"}
    blocks: list[JsonObject] = [{"type": "actions", "elements": [button]}]
    (shown,) = all_spoken(blocks, spoken(COMMANDS, lambda: "five"))
    assert shown == {
        "type": "actions",
        "elements": [
            {"text": {"type": "plain_text", "text": "/ops runs"}, "value": "/runs", "url": "https://x/runs"}
        ],
    }
