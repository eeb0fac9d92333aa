"""What differs between two catalogs is told in words, and never with a setting's value."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from bot.domain.catalog import Catalog
from bot.domain.catalog_difference import catalog_differences
from bot.domain.catalog_file import load_catalog
from bot.domain.event import Event, Kind
from bot.domain.json import Json
from bot.domain.policy_card import told
from bot.domain.words import plain
from bot.providers.registry import find_providers

SECTIONS = {name: provider.settings for name, provider in find_providers().items()}
TEXT = """\
services:
  shop:
    channels: {cards: C0SHOPOPS, production: [C0SHOPOPS]}
    thresholds: {p95: 500ms}
    scripts: {lint: {run: [npm, run, lint], risk: read}}
    environments:
      production: {url: https://shop.example, postgres: {url: $SHOP_DB}}
      staging: {protected: false, postgres: {url: $SHOP_STAGING_DB}}
"""


def catalog(text: str = TEXT) -> Catalog:
    return load_catalog(text, sections=SECTIONS)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("services:", "# a remark\nservices:", []),
        ("staging: {protected: false,", "staging: {", ["shop staging is protected now."]),
        (
            "production: {url",
            "production: {protected: false, url",
            ["shop production is not protected any more."],
        ),
        ("https://shop.example", "https://other.example", ["shop production has another url: https://other.example."]),
        ("$SHOP_DB}", "$OTHER_DB}", ["shop production has new settings for postgres."]),
        (", postgres: {url: $SHOP_STAGING_DB}", "", ["shop staging uses no longer postgres."]),
        ("false, postgres", "false, stripe: {key: $KEY}, postgres", ["shop staging uses now stripe."]),
        ("cards: C0SHOPOPS", "cards: C0OTHER", ["Runs of shop are shown in another channel."]),
        ("production: [C0SHOPOPS]", "production: [C0OTHER]", ["Other channels stand for shop."]),
        ("p95: 500ms", "p95: 900ms", ["shop has other thresholds."]),
        ("risk: read", "risk: change", ["Scripts of shop that are new, gone or different: lint."]),
        ("staging:", "preview:", ["shop staging is gone from the catalog.", "shop preview is new, not protected."]),
        ("url: https://shop.example,", "run_as: shop,", [
            "shop production has another url: none.", "shop production has another script_env, run_as or aliases."
        ]),
    ],
)  # fmt: skip
def test_a_difference_is_told(old: str, new: str, says: list[str]) -> None:
    assert old in TEXT
    assert catalog_differences(catalog(), catalog(TEXT.replace(old, new))) == says


def event(kind: Kind, body: Mapping[str, Json]) -> Event:
    return Event(1, 1, kind, None, "watchkeeper", None, None, datetime(2026, 11, 21, tzinfo=UTC), dict(body))


def test_a_first_start_tells_nobody_anything() -> None:
    assert told(event(Kind.POLICY_CHANGED, {"digest": "a" * 64, "before": None, "says": []})) is None


def test_a_long_difference_is_cut_and_says_so() -> None:
    says: list[Json] = [f"Sentence {number}." for number in range(20)]
    card = told(event(Kind.POLICY_CHANGED, {"digest": "a" * 64, "before": "b" * 64, "says": says}))
    assert card is not None
    assert card.title == "The policy has changed"
    assert str(card.body[0]).splitlines()[-2:] == ["• Sentence 14.", "• and 5 more"]
    assert card.footer == "policy aaaaaa, before bbbbbb"


def test_a_change_of_the_catalog_alone_is_called_so() -> None:
    body: Mapping[str, Json] = {"digest": "a" * 64, "before": "a" * 64, "says": ["shop preview is new."]}
    card = told(event(Kind.POLICY_CHANGED, body))
    assert card is not None
    assert card.title == "The catalog has changed"


def test_a_refused_file_says_what_is_wrong_and_that_nothing_was_changed() -> None:
    card = told(event(Kind.POLICY_REFUSED, {"problems": ["policy.yml:5: 'viewr' is not a role."]}))
    assert card is not None
    assert "policy.yml:5: 'viewr' is not a role." in plain(str(card.body[0]))
    assert "Nothing was changed" in card.text
    assert card.footer == "1 problem · nothing was changed"
