"""User groups that the policy trusts: who is in them is read from Slack, and never guessed."""

from datetime import UTC, datetime, timedelta

import pytest
from slack_sdk.web.async_client import AsyncWebClient
from structlog.testing import capture_logs

from bot.db.database import Pool
from bot.sandbox.workspace import Workspace
from bot.slack.groups import Groups

GROUP, METHOD = "S0ONCALL", "usergroups.users.list"


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(workspace: Workspace) -> AsyncWebClient:
    workspace.add_usergroup(GROUP, "oncall", "On call", ["U0ANA", "U0BEN"])
    return AsyncWebClient(token="xoxb-sandbox", base_url=workspace.api_url, retry_handlers=[], timeout=5)


@pytest.fixture
async def groups(client: AsyncWebClient, pool: Pool, clock: Clock) -> Groups:
    groups = Groups(client, pool, clock)
    groups.trust([GROUP])
    await groups.read()
    return groups


async def test_members_of_a_trusted_group_are_known(groups: Groups) -> None:
    assert groups.of("U0ANA") == {GROUP}
    assert groups.of("U0CHI") == frozenset()


async def test_a_group_that_is_not_trusted_gives_nothing(groups: Groups) -> None:
    groups.trust([])
    assert groups.of("U0ANA") == frozenset()


async def test_who_left_the_group_is_out_at_the_next_look(groups: Groups, workspace: Workspace) -> None:
    workspace.add_usergroup(GROUP, "oncall", "On call", ["U0BEN"])
    await groups.read()
    assert groups.of("U0ANA") == frozenset()
    assert groups.of("U0BEN") == {GROUP}


async def test_a_restart_without_slack_knows_the_last_members(
    groups: Groups, client: AsyncWebClient, pool: Pool, clock: Clock
) -> None:
    later = Groups(client, pool, clock)
    later.trust([GROUP])
    await later.load()
    assert later.of("U0ANA") == {GROUP}


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        ("plan_upgrade_required", "User groups belong to Slack's paid plans: name the people in policy.yml instead."),
        ("missing_scope", "Write the manifest anew with `watchkeeper manifest --groups` and reinstall the app."),
        ("no_such_subteam", "Take the group's id out of policy.yml, or write the right one."),
    ],
)
async def test_a_group_that_slack_refuses_to_tell_about_is_empty(
    groups: Groups, workspace: Workspace, error: str, remedy: str
) -> None:
    workspace.faults.fail(METHOD, error, 2)
    with capture_logs() as logs:
        await groups.read()
        await groups.read()
    assert groups.of("U0ANA") == frozenset()
    assert groups.problems == {GROUP: error}
    assert [entry["remedy"] for entry in logs if entry["event"] == "groups.unreadable"] == [remedy]
    await groups.read()
    assert groups.of("U0ANA") == {GROUP}
    assert groups.problems == {}


async def test_an_error_that_passes_leaves_the_members_for_an_hour(
    groups: Groups, workspace: Workspace, clock: Clock
) -> None:
    workspace.faults.fail(METHOD, "internal_error", 2)
    clock.now += timedelta(minutes=59)
    await groups.read()
    assert groups.of("U0ANA") == {GROUP}
    clock.now += timedelta(minutes=2)
    await groups.read()
    assert groups.of("U0ANA") == frozenset()
