"""Whatever is on a Home, Slack takes it: never more than 100 blocks, never anything that a Home cannot show."""

from datetime import UTC, datetime, timedelta

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from bot.domain.card import Button, Card, Pre, StepLine, Table, Tone
from bot.domain.catalog import Place
from bot.domain.home import Section, health_line, said
from bot.domain.json import JsonObject
from bot.domain.words import bold, code, person, plain
from bot.sandbox.workspace import check
from bot.slack.home_view import card_view, home_view

QUICK = (Phase.explicit, Phase.generate)  # a Home of 9,000 letters is not made smaller in reasonable time
AT = datetime(2026, 11, 20, 3, 7, tzinfo=UTC)
NASTY = st.sampled_from(
    ["", " ", "<!channel> & <@U0ANA>", "`" * 9, "x" * 9000, "\n" * 50, code("a`b"), bold("–"), person("U0ANA")]
)
WORDS = st.one_of(NASTY, st.text(max_size=60))
PARTS = st.one_of(
    WORDS,
    WORDS.map(Pre),
    st.builds(StepLine, WORDS, st.sampled_from(["pending", "working", "done", "failed", "stopped"]), WORDS),
    st.lists(st.tuples(WORDS, WORDS), max_size=40).map(lambda rows: Table(("a", "b"), tuple(rows))),
)
BUTTONS = st.lists(st.builds(Button, WORDS, action=st.just("run.details"), target=st.just("1-00000000")), max_size=9)
CARDS = st.builds(
    Card, st.sampled_from(Tone), WORDS, WORDS, st.lists(PARTS, max_size=4).map(tuple), BUTTONS.map(tuple), WORDS
)
SECTIONS = st.lists(st.builds(Section, WORDS, st.lists(CARDS, max_size=10).map(tuple), WORDS), max_size=8)


@settings(max_examples=15, deadline=None, phases=QUICK)
@given(SECTIONS)
def test_slack_takes_every_home(sections: list[Section]) -> None:
    check.view(home_view(sections), "home")


@settings(max_examples=15, deadline=None, phases=QUICK)
@given(CARDS)
def test_slack_takes_every_card_as_a_window(card: Card) -> None:
    check.view(card_view(card), "modal")


def test_what_does_not_fit_is_said_to_be_left_out() -> None:
    button = Button("Details", action="run.details", target="1-00000000")
    view = home_view([Section("Waiting for you", tuple(said(f"R-{n}", (button,)) for n in range(80)))])
    blocks = view["blocks"]
    assert isinstance(blocks, list)
    assert len(blocks) == 100
    assert "does not fit" in str(blocks[-1])


def line(known: JsonObject | None) -> str:
    return plain(health_line(Place("shop", "production"), known))


def test_health_says_what_the_watch_recorded_and_no_more() -> None:
    at = AT.isoformat()
    assert line(None) == "◻️ shop production not looked at yet"
    assert line({"state": "ok", "since": at, "checks": {}}) == "✅ shop production fine since 2026-11-20 03:07 UTC"
    failing: JsonObject = {"state": "failing", "since": at, "told": ["web", "db"]}
    assert line(failing) == "🔴 shop production web and db fail since 2026-11-20 03:07 UTC"
    doubtful: JsonObject = {"state": "ok", "since": at, "checks": {"tls": [(AT + timedelta(hours=1)).isoformat()]}}
    assert line(doubtful) == "🟠 shop production fine until now, but tls failed at the last look"
