"""What may be told outside, as a table."""

import pytest

from bot.domain.plain_words import Inside, flaws, put_right

INSIDE = Inside(
    {"shop-api": "Checkout", "shop": "Shop", "billing": "", "staging": ""},
    frozenset({"Ana Ortiz", "Will", "Ben"}),
    frozenset({"shop.example"}),
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Checkout is slow. We are looking into it.", []),
        ("The shop answers slowly at shop.example and https://shop.example/status", []),
        ("We will tell more; it may take an hour, 1000000 orders are fine (decade, effaced)", []),
        ("Payments made between 14:02 and 14:20 UTC, i.e. 2.5 % of them, are charged once.", []),
        ("shop-api is down", ["shop-api"]),
        ("SHOP-API, and billing", ["SHOP-API", "billing"]),
        ("the shop-api-2 of others", []),
        ("db1.internal.shop.example answers no more", ["db1.internal.shop.example"]),
        ("see http://10.0.0.7:5432/x.", ["http://10.0.0.7:5432/x"]),
        ("localhost:3000 is fine", ["localhost:3000"]),
        ("Ana Ortiz and Ben are on it; Will too", ["Ana Ortiz", "Ben", "Will"]),
        ("Ana is on it", ["Ana"]),
        ("<@U0ANA> is on it, so is @ben", ["<@U0ANA>", "@ben"]),
        ("R-42 rolled back 9f8e7d6, see INC-7", ["R-42", "9f8e7d6", "INC-7"]),
        ("evt_1Nabcdef failed", ["evt_1Nabcdef"]),
        ("write to ops@shop.example or in #shop-ops", ["ops@shop.example", "#shop-ops"]),
        ("$SHOP_DB in /etc/shop/env", ["$SHOP_DB", "/etc/shop/env"]),
        ("Staging is fine, staging was fine", ["Staging"]),
    ],
)
def test_each_word_of_ours_is_found_once(text: str, words: list[str]) -> None:
    assert [flaw.word for flaw in flaws(text, INSIDE)] == words


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("shop-api is slow, Ben is on it", "Checkout is slow, our team is on it"),
        ("after 9f8e7d6 shop-api is slow", "after the last change Checkout is slow"),
        ("billing is slow", ""),
    ],
)
def test_it_says_what_to_write_instead(text: str, right: str) -> None:
    assert put_right(text, flaws(text, INSIDE)) == right


def test_a_flaw_reads_as_a_sentence() -> None:
    first, second = flaws("shop-api on 10.0.0.7", INSIDE)
    assert str(first) == "“shop-api”: only we call it that; write “Checkout”."
    assert str(second) == "“10.0.0.7”: it is a host of ours; leave it out."
