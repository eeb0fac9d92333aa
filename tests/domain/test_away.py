"""What is said of a time without the bot."""

from datetime import UTC, datetime, timedelta

from bot.domain.away import Concerned, Gap, Missed, away_card
from bot.domain.card import Tone
from bot.domain.words import plain

BEGUN = datetime(2026, 11, 25, 14, 2, tzinfo=UTC)
GAP = Gap(BEGUN, BEGUN + timedelta(minutes=7), "bot")
STUCK, NEXT = Concerned("R-42", "/rollback shop production"), Concerned("R-41", "/backup db shop production")


def test_nothing_missed_is_said_in_one_line() -> None:
    card = away_card(GAP, Missed())
    assert (card.tone, card.text) == (Tone.INFO, "I was away for 7 min. Nothing missed.")
    assert plain(str(card.body[0])) == "I was away 14:02 UTC–14:09 UTC (7 min). Nothing missed."


def test_what_needs_somebody_comes_first_with_what_to_do() -> None:
    card = away_card(GAP, Missed(interrupted=[STUCK], resumed=[NEXT], schedules=["shop: backup is made up for now"]))
    assert card.tone is Tone.WARN
    assert card.text.startswith("I was away for 7 min. R-42 interrupted. R-41 resumed.")
    needs, resumed, schedules = (plain(str(part)) for part in card.body[1:4])
    assert needs.startswith("Needs you\n• R-42 /rollback shop production")
    assert "/runs settle R-42 done|not-done because …" in needs
    assert resumed == "Resumed\n• R-41 /backup db shop production"
    assert "made up for" in schedules


def test_many_are_counted() -> None:
    card = away_card(GAP, Missed(waiting=[NEXT] * 12))
    assert "• and 2 more: /runs" in plain(str(card.body[1]))
