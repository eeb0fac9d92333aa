"""What holds for every command's record, also for the next one."""

import pytest

import commands
from bot.domain.command import Command, Verb
from bot.domain.run import Lock
from permissions import model

VERBS = [(command, verb) for command in commands.find().values() for verb in command.verbs]
IDS = [f"{command.name} {verb.word}".strip() for command, verb in VERBS]


@pytest.mark.parametrize(("command", "verb"), VERBS, ids=IDS)
def test_what_may_change_something_shows_a_plan_first(command: Command, verb: Verb) -> None:
    assert verb.risk.harmless == (verb.plan is None)


@pytest.mark.parametrize(("command", "verb"), VERBS, ids=IDS)
def test_a_lock_is_for_changes_with_a_place(command: Command, verb: Verb) -> None:
    fields = verb.request.__dataclass_fields__
    assert verb.lock is None or (not verb.risk.harmless and {"service", "environment"} <= fields.keys())
    assert verb.lock in (None, *Lock)


@pytest.mark.parametrize(("command", "verb"), VERBS, ids=IDS)
def test_its_permission_is_one_that_the_policy_knows(command: Command, verb: Verb) -> None:
    assert verb.permission in model.ALL


@pytest.mark.parametrize(("command", "verb"), VERBS, ids=IDS)
def test_its_example_is_its_own(command: Command, verb: Verb) -> None:
    assert verb.example.startswith(f"{command.name} ") or verb.example == command.name
    assert verb.word in verb.example
    assert verb.help
