"""The manifest asks Slack for what the bot uses, and for nothing else."""

import ast
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from slack_sdk.web.async_client import AsyncWebClient

import bot.slack
import commands
from bot.domain.catalog import Which
from bot.domain.command import Command, Verb
from bot.slack import inbox, mentions
from bot.slack.manifest import SLACKS_OWN, dump, manifest, problems
from bot.slack.methods import EVENTS, GROUP_EVENTS, GROUP_METHODS, METHODS, scopes
from permissions.model import OPS_READ, Risk

ROOM = Path(bot.slack.__path__[0])
SPECS = Path(os.environ.get("SPECS_DIR", "/nowhere")) / "slack"
with_specs = pytest.mark.skipif("SPECS_DIR" not in os.environ, reason="SPECS_DIR names no folder of schemas")


@dataclass(frozen=True, slots=True)
class Nothing:
    pass


async def nothing(*_: Any) -> Any: ...


def a_command(name: str, help_: str = "Does it.") -> Command:
    verb = Verb("", Nothing, None, nothing, OPS_READ, Risk.READ, "Does it.", name)
    return Command(name, help_, (verb,), frozenset({"five", "core", "all"}))


def made(which: Which = "all") -> Any:
    return manifest(commands.find().values(), which=which)


def used() -> Iterator[str]:
    """The Web API methods that the bot calls, by the SDK's method or by name."""
    known = {name for name in dir(AsyncWebClient) if "_" in name.strip("_")} - {"api_call"}
    for path in [*ROOM.glob("*.py"), *ROOM.parent.glob("*.py"), *ROOM.parent.glob("serving/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and node.attr in known and not node.attr.startswith("_"):
                deep = node.attr.startswith(("usergroups_users_", "apps_connections_"))
                yield node.attr.replace("_", ".", 2 if deep else 1)
            if path.name != "methods.py" and isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield from re.findall(
                    r"\A(?:auth|chat|conversations|files|users|views|pins|reactions)\.\w+\Z", node.value
                )


def test_the_methods_that_are_listed_are_those_that_are_called() -> None:
    assert set(used()) == {*METHODS, *GROUP_METHODS}


def test_the_events_are_those_that_are_heard() -> None:
    assert (
        set(EVENTS)
        == {*inbox.EVENTS, *mentions.EVENTS}
        == set(made()["settings"]["event_subscriptions"]["bot_events"])
    )


def test_the_scopes_are_those_of_the_methods_and_events() -> None:
    assert made()["oauth_config"]["scopes"]["bot"] == sorted({"commands", *scopes()})
    assert "chat:write.public" not in scopes()


def test_socket_mode_names_no_url() -> None:
    socket: Any = manifest(commands.find().values(), socket=True)
    http = made("core")
    assert socket["settings"]["socket_mode_enabled"] is True
    assert http["settings"]["socket_mode_enabled"] is False
    assert "url" not in dump(socket)
    assert socket["oauth_config"] == http["oauth_config"]


def test_user_groups_are_asked_for_only_where_the_policy_trusts_them() -> None:
    trusting: Any = manifest(commands.find().values(), groups=True)
    assert "usergroups:read" not in str(made())
    assert "usergroups:read" in trusting["oauth_config"]["scopes"]["bot"]
    assert {*GROUP_EVENTS} <= {*trusting["settings"]["event_subscriptions"]["bot_events"]}


@pytest.mark.parametrize("which", ["five", "core", "all"])
def test_every_command_of_the_set_is_offered_as_people_type_it(which: Which) -> None:
    slash = made(which)["features"]["slash_commands"]
    assert [each["command"] for each in slash] == sorted(
        command.name for command in commands.find().values() if which in command.sets
    )
    for each in slash:
        assert each["should_escape"] is True
        assert each["usage_hint"]
        assert each["url"] == "https://YOUR-HOST/slack/events"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("/He alth", "is no name for a slash command"),
        ("health", "is no name for a slash command"),
        ("/" + "x" * 32, "is no name for a slash command"),
        ("/invite", "is Slack's own command"),
        ("/status", "is Slack's own command"),
    ],
)
def test_a_name_that_slack_would_not_take_is_refused(name: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        manifest([a_command(name)])


def test_fifty_commands_are_the_most() -> None:
    many = [a_command(f"/c{number}") for number in range(51)]
    assert problems(many[:50]) == []
    assert problems(many) == ["51 commands are more than the 50 that Slack allows: choose a smaller set."]
    assert problems([]) == ["No command is in this set."]
    assert problems([replace(many[0], help="x" * 141)]) != []


def test_none_of_our_commands_hides_behind_slacks_own() -> None:
    assert {*commands.find()} & SLACKS_OWN == set()


def test_the_request_url_is_the_one_that_was_asked_for() -> None:
    text = dump(manifest([a_command("/look")], request_url="https://bot.example/slack/events"))
    assert "YOUR-HOST" not in text
    assert yaml.safe_load(text)["settings"]["interactivity"]["request_url"] == "https://bot.example/slack/events"


def test_the_committed_manifest_is_in_step_with_the_commands() -> None:
    committed = (ROOM.parent.parent / "manifest.yml").read_text()
    assert committed == dump(made("core"))


@with_specs
@pytest.mark.parametrize("which", ["five", "core", "all"])
def test_the_manifest_fits_slacks_schema(which: Which) -> None:
    schema = json.loads((SPECS / "manifest" / "manifest.schema.2.0.0.json").read_text())
    jsonschema.Draft7Validator(schema).validate(made(which))


@with_specs
@pytest.mark.parametrize("method", sorted(METHODS))
def test_each_method_needs_the_scopes_that_are_listed(method: str) -> None:
    spec = json.loads((SPECS / "methods" / f"{method}.json").read_text())
    assert METHODS[method] <= set(spec.get("scope", {}).get("bot", []))
    assert METHODS[method] or not spec.get("scope", {}).get("bot")
