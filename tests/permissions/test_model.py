"""Permissions have one form and words; risks have an order; presets say what the design's table says."""

import re
from datetime import timedelta

import pytest

from permissions import model
from permissions.model import ALL, KNOWN_SCOPES, Permission, Risk, Scope, scope_of
from permissions.presets import PRESETS
from permissions.problem import did_you_mean
from permissions.wording import WORDS, describe, doing, listed, members, others, span


@pytest.mark.parametrize("permission", sorted(ALL))
def test_each_permission_is_a_scope_and_an_action_and_can_be_said(permission: Permission) -> None:
    assert re.fullmatch(r"[a-z]+:[a-z]+", permission)
    assert permission in WORDS
    assert scope_of(permission) in KNOWN_SCOPES


def test_every_constant_is_in_all_and_named_after_its_value() -> None:
    constants = {
        name: value
        for name, value in vars(model).items()
        if name.isupper() and not name.startswith("_") and isinstance(value, str)
    }
    assert {value.upper().replace(":", "_") for value in constants.values()} == set(constants)
    assert set(constants.values()) == ALL
    assert list(constants) == sorted(constants)


def test_risks_rise_from_looking_to_destroying() -> None:
    assert sorted(Risk, key=lambda risk: risk.rank) == [Risk.READ, Risk.RECORD, Risk.CHANGE, Risk.DESTRUCTIVE]
    assert [risk for risk in Risk if risk.harmless] == [Risk.READ, Risk.RECORD]


@pytest.mark.parametrize(
    ("permission", "scope", "words"),
    [
        (model.DEPLOY_ROLLBACK, Scope("shop", "production"), "roll back shop production"),
        (model.WEBHOOK_REPLAY, Scope("shop", "production"), "replay webhooks to shop production"),
        (model.BACKUP_CREATE, Scope("shop", "staging"), "back up shop staging"),
        (model.RUN_READ, Scope("shop", None), "look at the runs on shop"),
        (model.RUN_READ, Scope(None, None), "look at the runs"),
        (model.OPS_READ, Scope(None, None), "see the commands"),
        (Permission("env:set"), Scope("shop", "staging"), "use 'env:set' on shop staging"),
    ],
)
def test_a_permission_is_said_as_a_deed_at_a_place(permission: Permission, scope: Scope, words: str) -> None:
    assert doing(permission, scope) == words
    assert words.startswith(describe(permission).rsplit(" ", 1)[0])


HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)


@pytest.mark.parametrize(
    ("preset", "risk", "protected", "rule"),
    [
        # need, from, including, answer, alone after, backup first, confirm
        *[(p, Risk.CHANGE, False, (0, "", None, timedelta(minutes=10), None, False, "button")) for p in PRESETS],
        *[(p, Risk.DESTRUCTIVE, False, (0, "", None, timedelta(minutes=10), None, False, "typed")) for p in PRESETS],
        ("small-team", Risk.CHANGE, True, (1, "operator", None, QUARTER, timedelta(minutes=3), False, "none")),
        ("small-team", Risk.DESTRUCTIVE, True, (1, "admin", None, HOUR, None, True, "none")),
        ("strict", Risk.CHANGE, True, (1, "operator", None, timedelta(minutes=30), None, False, "none")),
        ("strict", Risk.DESTRUCTIVE, True, (2, "operator", "admin", HOUR, None, True, "none")),
        ("solo", Risk.CHANGE, True, (0, "", None, timedelta(minutes=10), None, False, "button")),
        ("solo", Risk.DESTRUCTIVE, True, (0, "", None, timedelta(minutes=10), None, True, "typed")),
    ],
)
def test_each_preset_asks_what_its_table_says(
    preset: str, risk: Risk, protected: bool, rule: tuple[object, ...]
) -> None:
    found = PRESETS[preset][risk, protected]
    assert rule == (
        found.need,
        found.from_role,
        found.including,
        found.answer,
        found.alone_after,
        found.backup_first,
        found.confirm,
    )
    assert found.where == f"preset {preset}"


@pytest.mark.parametrize("preset", PRESETS)
def test_what_looks_or_records_happens_at_once_everywhere(preset: str) -> None:
    assert not [key for key in PRESETS[preset] if key[0].harmless]


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=90), "90 s"),
        (timedelta(minutes=1), "60 s"),
        (timedelta(minutes=15), "15 min"),
        (timedelta(hours=1), "60 min"),
        (timedelta(hours=24), "24 h"),
    ],
)
def test_a_duration_is_said_as_it_was_meant(length: timedelta, words: str) -> None:
    assert span(length) == words


@pytest.mark.parametrize(
    ("role", "many", "one"),
    [
        ("operator", "operators", "1 other operator"),
        ("on-call", "people in on-call", "1 other person in on-call"),
        ("boss", "people in boss", "1 other person in boss"),
    ],
)
def test_roles_are_said_in_the_plural_where_that_is_plain(role: str, many: str, one: str) -> None:
    assert members(role) == many
    assert others(1, role) == one


@pytest.mark.parametrize(
    ("items", "words"), [([], ""), (["Ana"], "Ana"), (["Ana", "Ben"], "Ana or Ben"), (list("abc"), "a, b or c")]
)
def test_names_are_listed_as_people_say_them(items: list[str], words: str) -> None:
    assert listed(items, "or") == words


@pytest.mark.parametrize(
    ("word", "known", "told"),
    [
        ("oprator", ["operator", "admin"], "Did you mean 'operator'?"),
        ("prod", ["production", "staging"], "Did you mean 'production'?"),
        ("Admin", ["operator", "admin"], "Did you mean 'admin'?"),
        ("x", ["operator", "admin"], "Known here: admin, operator."),
        ("x", [], ""),
    ],
)
def test_the_nearest_right_word_is_offered(word: str, known: list[str], told: str) -> None:
    assert did_you_mean(word, known) == told
