"""Where an answer to one person may go: to Slack, and nowhere else."""

import aiohttp
import pytest

from bot.slack.reply import Replies

SLACK, SANDBOX = "https://slack.com/api/", "http://127.0.0.1:8080/api/"


@pytest.mark.parametrize(
    ("api", "url", "allowed"),
    [
        (SLACK, "https://hooks.slack.com/commands/T0/1/x", True),
        (SLACK, "https://hooks.slack-gov.com/commands/T0/1/x", True),
        (SLACK, "https://slack.com/commands/1", True),
        (SANDBOX, "http://127.0.0.1:8080/respond/1", True),
        (SANDBOX, "https://hooks.slack.com/commands/T0/1/x", True),
        (SLACK, "http://hooks.slack.com/commands/T0/1/x", False),
        (SLACK, "http://slack.com/commands/1", False),
        (SLACK, "http://127.0.0.1:8080/respond/1", False),
        (SLACK, "https://hooks.slack.com@evil.example/x", False),
        (SLACK, "https://hooks.slack.com.evil.example/x", False),
        (SLACK, "https://evil.example/https://hooks.slack.com/", False),
        (SLACK, "https://hooks.slack.com:8443/x", False),
        (SANDBOX, "http://127.0.0.1:8081/respond/1", False),
        (SANDBOX, "http://169.254.169.254/latest", False),
        (SLACK, "https://[broken/x", False),
        (SLACK, "file:///etc/passwd", False),
        (SLACK, "", False),
    ],
)
async def test_an_answer_goes_to_slack_only(
    api: str, url: str, allowed: bool, session: aiohttp.ClientSession
) -> None:
    assert Replies(session, api).allowed(url) is allowed


async def test_a_broken_address_is_no_answer_and_no_error(session: aiohttp.ClientSession) -> None:
    assert await Replies(session, SLACK).send("https://[broken/x", "words", []) is False
