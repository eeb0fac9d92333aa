"""What an incident's header says of the last changes, whoever made them."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.incident_card import Release, Seen, header_card
from bot.domain.words import plain
from tests.domain.test_timeline import AT, INCIDENT, ROLLBACK, names

NEW = Release("shop production", AT, "167502a9f8e7d6", "New checkout", "Mia Novak")
LINE = "• 2026-11-20 03:07 UTC shop production: release 167502a “New checkout” by Mia Novak"


def changes(seen: Seen) -> list[str]:
    parts = header_card(INCIDENT, seen, names).body
    body = next(part for part in parts if isinstance(part, str) and "Last changes" in part)
    return plain(body).partition("Last changes")[2].strip().split("\n")


def test_the_release_that_came_without_me_is_named() -> None:
    assert changes(Seen(releases=(NEW,))) == [LINE]


def test_what_i_did_stands_above_it_and_a_release_that_i_made_is_not_told_twice() -> None:
    rollback = replace(ROLLBACK, started_at=AT + timedelta(minutes=5))
    done, *others = changes(Seen(changes=(rollback,), releases=(NEW,)))
    assert "03:12 UTC ✅ /rollback shop production --to 4c1d2a7 (R-42, Ana)" in done
    assert others == [LINE]
    mine = replace(NEW, at=AT + timedelta(minutes=6))
    assert len(changes(Seen(changes=(rollback,), releases=(mine,)))) == 1


def test_nothing_known_is_called_so() -> None:
    assert changes(Seen()) == ["none that I know of"]
