"""catalog.yml: what a good one means, and every problem of a bad one with its line and remedy."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, RootModel

from bot.domain.catalog import Catalog, Place, SecretName
from bot.domain.catalog_file import CatalogError, load_catalog
from bot.domain.command import Command, Environment, Service, Verb
from bot.domain.parse import Parsed, parse
from bot.domain.protection import shared_parts
from permissions.model import HEALTH_READ, Risk


class Postgres(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    url: SecretName
    read: SecretName | None = None


class Stripe(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    key: SecretName
    webhook: str = "/stripe/webhook"


class Releases(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: Path


class Check(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str = "/"


class Health(RootModel[list[Check]]):
    root: list[Check]


SECTIONS: dict[str, type[BaseModel]] = {
    "health": Health,
    "postgres": Postgres,
    "stripe": Stripe,
    "releases": Releases,
}

GOOD = """\
services:
  shop:
    repository: git@github.com:lantern/shop.git
    channels: {cards: C0SHOPOPS, production: [C0SHOPOPS], stg: [C0SHOPDEV]}
    migrations: [db/migrations/]
    thresholds: {p95: 300ms, pool: 70%, disk: 90%, tls: 21d, alarm: 3 in 10m, watch: 30s, error_rate: 1%}
    scripts:
      validate: {run: [pnpm, validate], risk: read, in: [staging]}
      migrate: {run: [pnpm, run, "migrate:prod"], risk: destructive, backup_first: true}
    environments:
      production:
        aliases: [live]
        url: https://shop.example/
        postgres: {url: $SHOP_DB, read: $SHOP_DB_READ}
        stripe: {key: $SHOP_STRIPE_KEY}
        script_env: {DATABASE_URL: $SHOP_DB}
        run_as: shop
      staging: {protected: false, postgres: {url: $STAGING_DB}}
"""


def load(text: str) -> Catalog:
    return load_catalog(text, sections=SECTIONS)


def problems(text: str) -> list[str]:
    with pytest.raises(CatalogError) as refused:
        load(text)
    return [str(problem) for problem in refused.value.problems]


def test_a_whole_catalog_is_read() -> None:
    shop = load(GOOD).services["shop"]
    production, staging = shop.environments["production"], shop.environments["staging"]
    assert (shop.cards, shop.migrations) == ("C0SHOPOPS", ("db/migrations",))
    assert shop.bound == {"production": ("C0SHOPOPS",), "staging": ("C0SHOPDEV",)}
    assert (shop.thresholds.p95, shop.thresholds.pool, shop.thresholds.disk) == (
        timedelta(milliseconds=300),
        0.7,
        0.9,
    )
    assert (shop.thresholds.alarm_count, shop.thresholds.alarm_within) == (3, timedelta(minutes=10))
    assert (shop.thresholds.tls_days, shop.thresholds.watch_every) == (21, timedelta(seconds=30))
    assert (production.protected, staging.protected) == (True, False)
    assert (production.url, production.run_as) == ("https://shop.example", "shop")
    assert production.sections["postgres"] == Postgres(url="$SHOP_DB", read="$SHOP_DB_READ")
    assert production.script_env == {"DATABASE_URL": "$SHOP_DB"}


def test_scripts_are_kept_as_argument_lists() -> None:
    scripts = load(GOOD).services["shop"].scripts
    assert (scripts["validate"].run, scripts["validate"].environments) == (("pnpm", "validate"), ("staging",))
    assert (scripts["migrate"].risk, scripts["migrate"].backup_first) == (Risk.DESTRUCTIVE, True)


def test_the_digest_follows_the_content_not_the_layout() -> None:
    assert load(GOOD).digest == load(GOOD.replace("services:", "# a comment\nservices:")).digest
    assert load(GOOD).digest != load(GOOD.replace("300ms", "301ms")).digest


@dataclass(frozen=True, slots=True)
class Look:
    service: Service
    environment: Environment


async def nothing(*_: Any) -> Any: ...


@pytest.mark.parametrize("typed", ["production", "prod", "live", "LIVE"])
def test_an_alias_of_the_catalog_is_typed_like_the_name(typed: str) -> None:
    look = Command("/look", "", (Verb("", Look, None, nothing, HEALTH_READ, Risk.READ, "", "/look shop prod"),))
    now = datetime(2026, 11, 20, tzinfo=UTC)
    found = parse({"/look": look}, load(GOOD), "/look", f"shop {typed}", channel="", now=now)
    assert isinstance(found, Parsed)
    assert found.place == Place("shop", "production")


SHOP = "services:\n  shop:\n    environments:\n      production:\n"

BAD: list[tuple[str, list[str]]] = [
    ("", ["catalog.yml: no service is named. Begin with services: and one name under it."]),
    ("services: []", ["catalog.yml:1: 'services' is a list, not a mapping. Write it like services: {shop: …}."]),
    ("servces: {}", ["catalog.yml:1: 'servces' is not known. Did you mean 'services'?"]),
    (
        "services:\n  shop: {}",
        ["catalog.yml:2: service 'shop' has no environments. Name at least one"],
    ),
    (
        "services:\n  Shop: {environments: {production: {}}}",
        ["catalog.yml:2: 'Shop' cannot name a service. Use small letters, digits and hyphens, a letter first."],
    ),
    (
        "services:\n  help: {environments: {production: {}}}",
        ["catalog.yml:2: 'help' cannot name a service: it has a meaning of its own in commands. Rename it."],
    ),
    (
        "services:\n  prod: {environments: {production: {}}}",
        ["catalog.yml:1: “prod” is the name of a service and the name of an environment: rename it in the"],
    ),
    (
        f"{SHOP}        postgrs: {{url: $SHOP_DB}}",
        ["catalog.yml:5: 'postgrs' is not known in an environment. Did you mean 'postgres'?"],
    ),
    (
        f"{SHOP}        railway: {{service: web}}",
        ["catalog.yml:5: 'railway' is not supported by this version. Leave it out; there are health, postgres, "],
    ),
    (
        f"{SHOP}        postgres:\n          url: $SHOP_DB\n          reed: $SHOP_READ",
        ["catalog.yml:7: 'reed' is not known in 'postgres'. Did you mean 'read'?"],
    ),
    (
        f"{SHOP}        health:\n          - path: /\n          - pth: /shop",
        ["catalog.yml:7: 'pth' is not known in 'health'. Did you mean 'path'?"],
    ),
    (f"{SHOP}        stripe: {{webhook: /hook}}", ["catalog.yml:5: 'stripe' needs 'key'. Add it."]),
    (f"{SHOP}        stripe: yes please", ["catalog.yml:5: 'stripe' is not a mapping. It takes key, webhook."]),
    (
        f"{SHOP}        postgres:\n          url: hunter2",
        ["catalog.yml:6: 'url' in 'postgres': write the name of an environment variable of the bot, like $SHOP_DB"],
    ),
    (
        f"{SHOP}        protected: no",
        ["catalog.yml:5: 'no' is read as false. ", "catalog.yml:5: 'protected' is text. Write true or false."],
    ),
    (f"{SHOP}        url: shop.example", ["catalog.yml:5: 'url' is not the address of a website. "]),
    (f"{SHOP}        run_as: root", ["catalog.yml:5: 'root' cannot run scripts. "]),
    (f"{SHOP}        aliases: [Live!]", ["catalog.yml:5: 'Live!' cannot be typed as a name. "]),
    (f"{SHOP}        script_env: {{DATABASE_URL: plain}}", ["catalog.yml:5: 'DATABASE_URL' is not given by name. "]),
    (f"{SHOP}        script_env: {{'a b': $X}}", ["catalog.yml:5: 'a b' is not the name of a variable. "]),
    (
        f"{SHOP}        url: https://a.example\n        url: https://b.example",
        ["catalog.yml:6: 'url' is written twice"],
    ),
]

SERVICE: list[tuple[str, str]] = [
    ("channels: {cards: '#shop-ops'}", "'#shop-ops' is not a channel's id. It is at the end"),
    (
        "channels: {prodction: [C0SHOPOPS]}",
        "'prodction' is not an environment of this service. Did you mean",
    ),
    ("migrations: [../elsewhere]", "'../elsewhere' is not a path inside the repository."),
    ("migrations: [--all]", "'--all' is not a path inside the repository."),
    ("repository: --upload-pack=x", "a repository cannot begin with '-'."),
    ("thresholds: {p59: 1s}", "'p59' is not known in 'services'. Did you mean 'p95'?"),
    ("thresholds: {p95: fast}", "the threshold 'p95' cannot be read. Write it like 500ms."),
    ("thresholds: {pool: 180%}", "the threshold 'pool' cannot be read. Write it like 80%."),
    ("thresholds: {alarm: twice}", "the threshold 'alarm' cannot be read. Write it like 2 in 5m."),
    ("thresholds: {watch: 1s}", "the threshold 'watch' cannot be read. Write it like 60s."),
    ("thresholds: {bundle: big}", "the threshold 'bundle' cannot be read. Write it like 1.5MB."),
    (
        "scripts: {go: {run: pnpm test, risk: read}}",
        "'run' is not an argument list. Write a list, like",
    ),
    ("scripts: {go: {run: [a, '&&', b], risk: read}}", "'run' joins programs as only a shell can."),
    (
        "scripts: {go: {run: [--version], risk: read}}",
        "'run' does not begin with a program",
    ),
    ("scripts: {go: {run: [a, [b]], risk: read}}", "'run' does not begin with a program"),
    ("scripts: {go: {run: [a]}}", "script 'go' does not say its risk. Write read, record, change or destructive."),
    ("scripts: {go: {run: [a], risk: high}}", "'high' is not a risk. Write read, record, change or destructive."),
    ("scripts: {go: {run: [a], risk: read, in: [stagging]}}", "'stagging' is not an environment of this service."),
    ("chanels: {}", "'chanels' is not known in 'services'. Did you mean 'channels'?"),
]


@pytest.mark.parametrize(("text", "said"), BAD)
def test_a_bad_catalog_is_refused_with_line_and_remedy(text: str, said: list[str]) -> None:
    found = problems(text)
    assert len(found) == len(said)
    assert all(one.startswith(start) for one, start in zip(found, said, strict=True)), found


@pytest.mark.parametrize(("line", "said"), SERVICE)
def test_a_bad_line_of_a_service_is_refused(line: str, said: str) -> None:
    found = problems(f"services:\n  shop:\n    {line}\n    environments: {{production: {{}}}}")
    assert [one.removeprefix("catalog.yml:3: ")[: len(said)] for one in found] == [said]


def test_all_problems_are_told_at_once_top_to_bottom() -> None:
    found = problems(GOOD.replace("300ms", "soon").replace("risk: read", "risk: none").replace("shop\n", "root\n"))
    assert [one.split(":")[1] for one in found] == ["6", "8", "17"]


SECRET = "51H8xYzAbCdEfGh"


@pytest.mark.parametrize(
    ("pasted", "what"),
    [
        (f"sk_live_{SECRET}", "a Stripe key"),
        (f"rk_test_{SECRET}", "a Stripe key"),
        (f"whsec_{SECRET}", "a webhook signing secret"),
        (f"xoxb-{SECRET}", "a Slack token"),
        (f"postgres://shop:{SECRET}@db.example/shop", "a URL with a password"),
        (f"ghp_{SECRET}{SECRET}", "a token of a git host"),
        (f"$KEY  # was sk_live_{SECRET}", "a Stripe key"),
    ],
)
def test_a_pasted_secret_is_refused_with_its_line_and_never_repeated(pasted: str, what: str) -> None:
    found = problems(f"{SHOP}        stripe:\n          key: {pasted}\n")
    assert f"catalog.yml:6: {what} is pasted here." in found[0]
    assert "replace the secret at its vendor" in found[0]
    assert SECRET not in "\n".join(found)


def test_a_password_by_name_or_none_at_all_is_no_pasted_secret() -> None:
    assert load(GOOD + "# postgresql://postgres:@/shop?host=/run, postgres://shop:$PASSWORD@db\n")


@pytest.mark.parametrize(
    ("production", "staging", "line"),
    [
        ("postgres: {url: $DB}", "postgres: {url: $DB}", 7),
        ("postgres: {url: $DB, read: $DB_READ}", "postgres: {url: $DB_READ}", 7),
        ("stripe: {key: $KEY}", "stripe: {key: $KEY}", 7),
        ("releases: {folder: /srv/shop}", "releases: {folder: /srv/shop}", 7),
        ("postgres: {url: $DB}", "script_env: {DATABASE_URL: $DB}", 7),
    ],
)
def test_an_unprotected_environment_that_shares_with_a_protected_one_is_refused(
    production: str, staging: str, line: int
) -> None:
    text = f"{SHOP}        {production}\n      staging: {{protected: false,\n        {staging}}}\n"
    (found,) = problems(text)
    assert found.startswith(f"catalog.yml:{line}: shop staging is not protected but shares ")
    assert found.endswith("or protect it.")
    load(text.replace("protected: false", "protected: true"))


@pytest.mark.parametrize(
    ("production", "staging", "same"),
    [
        ("postgres://a:1@db.example/shop", "postgresql://b:2@DB.example:5432/shop?sslmode=require", True),
        ("postgres://a:1@127.0.0.1/shop", "postgres://a:1@localhost/shop", True),
        ("postgresql://postgres:@/shop?host=/run/a", "postgresql://postgres:@/shop?host=/run/a/", True),
        ("postgres://a:1@db.example/shop", "postgres://a:1@db.example/shop_staging", False),
        ("postgres://a:1@db.example/shop", "postgres://a:1@db2.example/shop", False),
    ],
)
def test_the_same_database_behind_two_names_is_found(production: str, staging: str, same: bool) -> None:
    values = {"$SHOP_DB": production, "$SHOP_DB_READ": production, "$STAGING_DB": staging, "$SHOP_STRIPE_KEY": ""}
    found = shared_parts(load(GOOD), values.__getitem__)
    assert [one.partition(" (")[0] for one in found[:1]] == (
        ["shop staging is not protected but has the same database as shop production, which is"] if same else []
    )
    assert not any(value and value in one for one in found for value in values.values())


def test_a_script_of_an_unprotected_environment_may_not_reach_a_protected_database() -> None:
    text = GOOD.replace("{url: $STAGING_DB}}", "{url: $STAGING_DB}, script_env: {DATABASE_URL: $TEST_DB}}")
    values = {"$SHOP_DB": "postgres://a:1@db.example/shop", "$TEST_DB": "postgres://b:2@db.example/shop"}
    (found,) = shared_parts(load(text), lambda name: values.get(name, name))
    assert "($TEST_DB and $SHOP_DB)" in found


@pytest.mark.parametrize(("key", "same"), [("sk_live_1", True), ("sk_test_1", False)])
def test_only_a_live_stripe_key_may_not_be_shared(key: str, same: bool) -> None:
    text = GOOD.replace("{url: $STAGING_DB}}", "{url: $STAGING_DB}, stripe: {key: $OTHER_KEY}}")
    values = {"$SHOP_STRIPE_KEY": key, "$OTHER_KEY": key}
    found = shared_parts(load(text), lambda name: values.get(name, f"postgres://{name[1:]}/x"))
    assert bool(found) is same


def test_a_production_without_protection_is_warned_of() -> None:
    found = load(f"{SHOP}        protected: false\n")
    assert found.warnings == (
        "catalog.yml:5: shop production is not protected. Changes there need nobody's approval.",
    )


LINES = GOOD.splitlines()


@given(
    st.lists(st.tuples(st.integers(0, len(LINES) - 1), st.text(max_size=20) | st.sampled_from(LINES)), max_size=4),
)
@settings(max_examples=200, deadline=None)
def test_any_text_is_a_catalog_or_a_list_of_problems(changes: list[tuple[int, str]]) -> None:
    lines = [*LINES]
    for at, text in changes:
        lines[at] = text
    with suppress(CatalogError):
        assert load("\n".join(lines)).services


def test_a_severity_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    (said,) = problems(f"{GOOD}incidents: {{channel_from: sev5}}\n")
    assert "There is no severity 'sev5'" in said
    assert "sev4 is the least" in said
