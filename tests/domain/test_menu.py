"""The menu of /ops: what somebody may do in a channel, short enough for a phone."""

import pytest

import commands
from bot.domain.card import Card
from bot.domain.catalog import Place
from bot.domain.menu import Entry, How, menu_card
from bot.domain.words import plain
from permissions.model import Risk

PLACE = Place("servio", "staging")


def menu(*, change: How = "needs approval", record: How = "at once") -> Card:
    """Everybody may look; the rest as told."""
    entries = [
        Entry(
            command,
            {
                verb: change if verb.risk is Risk.CHANGE else record if verb.risk is Risk.RECORD else "at once"
                for verb in command.verbs
            },
        )
        for command in commands.find().values()
    ]
    return menu_card(entries, "servio staging", PLACE)


def lines(card: Card) -> list[str]:
    return plain("\n".join(str(part) for part in card.body)).splitlines()


def test_each_command_is_one_line_and_services_come_first() -> None:
    shown = lines(menu())
    assert shown[0] == "Services"
    assert shown.index("Requests and rules") > shown.index(
        "/rollback servio staging --to previous Put a service back on an earlier release · needs approval"
    )
    assert len(shown) == 2 + len(commands.find()) - 1
    assert not any(line.startswith("/ops") for line in shown)


def test_examples_name_a_place_that_there_is() -> None:
    assert not any("shop production" in line for line in lines(menu()))


def test_the_other_words_of_a_command_are_named_once() -> None:
    (backup,) = (line for line in lines(menu()) if line.startswith("/backup"))
    assert backup.endswith(" · also status, verify and restore")
    (audit,) = (line for line in lines(menu()) if line.startswith("/audit"))
    assert audit.endswith(" · also verify")


@pytest.mark.parametrize(
    ("change", "record", "says"),
    [
        ("shows a plan first", "at once", "earlier release · shows a plan first"),
        (
            "no",
            "at once",
            "Not for you here /incident post, /replay-webhook, /rollback: /can … tells why and who can",
        ),
        (
            "no",
            "no",
            "/backup db, /backup verify, /deny, /freeze, /freeze lift, /incident …,",
        ),
        ("at once", "needs approval", " · verify needs approval"),
    ],
)
def test_what_is_not_open_at_once_is_marked(change: How, record: How, says: str) -> None:
    assert says in "\n".join(lines(menu(change=change, record=record)))


def test_only_who_asked_sees_it_and_it_says_that_nothing_changed() -> None:
    card = menu()
    assert card.private
    assert plain(card.footer).startswith("Nothing was changed · this channel stands for servio staging")
