"""The JSON Schemas for editors: they take every file that loads, and mark what an editor can know to be wrong."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from bot.domain.catalog_file import ENVIRONMENT_KEYS, SCRIPT_KEYS, SERVICE_KEYS
from bot.files import schema_of
from permissions.policy_file import APPROVAL_KEYS, DENIAL_KEYS, GRANT_KEYS, SECTIONS
from tests.support.company import CATALOG, POLICY

EXAMPLES = Path(__file__).parent.parent / "examples"
FILES = sorted(EXAMPLES.rglob("*.yml"))
CONDITIONS = 'hours: ["daily 18:00-24:00 UTC"], channels: C0SHOPOPS'


@pytest.fixture(scope="module")
def schemas() -> dict[str, Any]:
    return {"catalog": schema_of("catalog"), "policy": schema_of("policy")}


def mistakes(schema: Any, text: str) -> Iterator[str]:
    for error in jsonschema.Draft7Validator(schema).iter_errors(yaml.safe_load(text)):
        yield f"{'/'.join(map(str, error.absolute_path))}: {error.message}"


@pytest.mark.parametrize("which", ["catalog", "policy"])
def test_the_schemas_are_schemas(schemas: dict[str, Any], which: str) -> None:
    jsonschema.Draft7Validator.check_schema(schemas[which])


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(EXAMPLES)))
def test_every_example_fits(schemas: dict[str, Any], file: Path) -> None:
    assert list(mistakes(schemas[file.stem], file.read_text())) == []


def test_the_files_of_a_small_company_fit(schemas: dict[str, Any]) -> None:
    assert list(mistakes(schemas["catalog"], CATALOG)) == []
    assert list(mistakes(schemas["policy"], POLICY)) == []
    assert list(mistakes(schemas["policy"], f"{POLICY}shared_channels: [C0PARTNER]\n")) == []
    assert list(mistakes(schemas["policy"], POLICY.replace("may: [read]", f"may: read, {CONDITIONS}"))) == []


@pytest.mark.parametrize(
    ("which", "old", "new"),
    [
        ("policy", "preset: small-team", "preset: small"),
        ("policy", "preset: small-team", "presett: strict"),
        ("policy", "U0ANA", "ana@example.com"),
        ("policy", "may: [read]", "may: []"),
        ("policy", "may: [read]", "may: ['*']"),
        ("policy", "may: [read]", "may: [read], were: [shop]"),
        ("policy", "may: [read]", "may: [read], channels: ['#ops']"),
        ("policy", "grants:", "shared_channels: ['#partner']\ngrants:"),
        ("policy", "grants:", "approvals: [{risk: read}]\ngrants:"),
        ("policy", "grants:", "approvals: [{risk: change, answer: 15 minutes}]\ngrants:"),
        ("policy", "grants:", "denials: [{people: [ana], may: [change]}]\ngrants:"),
        ("catalog", "production: {}", "production: {protectd: false}"),
        ("catalog", "production: {}", "production: {protected: sometimes}"),
        ("catalog", "production: {}", "production: {postgres: {}}"),
        ("catalog", "production: {}", "production: {postgres: {url: postgresql://u:p@db/shop}}"),
        ("catalog", "cards: C0SHOPOPS", "cards: shop-ops"),
        ("catalog", "environments:", "enviroments:"),
    ],
)
def test_what_an_editor_can_know_to_be_wrong_is_marked(
    schemas: dict[str, Any], which: str, old: str, new: str
) -> None:
    text = CATALOG if which == "catalog" else POLICY
    assert old in text
    assert list(mistakes(schemas[which], text.replace(old, new))) != []


def test_the_schemas_name_every_key_that_the_files_take(schemas: dict[str, Any]) -> None:
    policy, catalog = schemas["policy"]["properties"], schemas["catalog"]["definitions"]
    assert set(policy) == set(SECTIONS)
    for section, keys in (("grants", GRANT_KEYS), ("denials", DENIAL_KEYS), ("approvals", APPROVAL_KEYS)):
        assert set(policy[section]["items"]["properties"]) == set(keys)
    assert set(catalog["service"]["properties"]) == set(SERVICE_KEYS)
    assert set(catalog["service"]["properties"]["scripts"]["additionalProperties"]["properties"]) == set(SCRIPT_KEYS)
    assert set(catalog["environment"]["properties"]) >= {*ENVIRONMENT_KEYS, "postgres", "stripe", "health"}
