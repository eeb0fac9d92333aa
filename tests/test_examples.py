"""The example files load as they stand: whoever copies one begins with files that are right."""

import re
from pathlib import Path

import pytest

from bot.domain.catalog_file import LATER
from bot.files import check
from bot.providers.registry import find_providers

EXAMPLES = Path(__file__).parent.parent / "examples"
COMPANIES = ("fair-edge", "pay-as-play", "saas-starter", "servio", "storefront")
CATALOGS = ("catalog.yml", *(f"{company}/catalog.yml" for company in COMPANIES))


def test_every_company_of_the_runbooks_has_its_catalog() -> None:
    assert tuple(sorted(path.parent.name for path in EXAMPLES.glob("*/catalog.yml"))) == COMPANIES


@pytest.mark.parametrize("catalog", CATALOGS)
def test_an_example_loads_with_the_general_policy_and_without_a_warning(catalog: str) -> None:
    problems, warnings, says = check(EXAMPLES / catalog, EXAMPLES / "policy.yml")
    assert (problems, warnings) == ([], [])
    assert "preset small-team" in says


@pytest.mark.parametrize("company", COMPANIES)
def test_a_provider_that_does_not_exist_yet_is_named_in_a_comment_only(company: str) -> None:
    text = (EXAMPLES / company / "catalog.yml").read_text()
    assert "To come, so not named yet:" in text
    asked = set(re.findall(r"^\s*# ([a-z]+): \{", text, re.MULTILINE))
    assert asked <= LATER - find_providers().keys()


def test_the_general_example_shows_every_provider_that_a_catalog_names() -> None:
    text = (EXAMPLES / "catalog.yml").read_text()
    of_itself = {name for name, provider in find_providers().items() if provider.by_itself}
    missing = {name for name in find_providers().keys() - of_itself if f"{name}:" not in text}
    assert missing == set()
