"""Looks round a workspace for `init` and `doctor`: who we are, the people, the channels. Reads only."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.connecting import connector
from bot.domain.errors import WatchkeeperError
from bot.slack.people import SLACK_AWAY
from bot.slack.send import error_name

_TIMEOUT_S = 10
_PAGES = 50  # of 200: a workspace of 10,000
_TOKEN = "Copy the Bot User OAuth Token (xoxb-…) of your app: OAuth & Permissions. Put it into SLACK_BOT_TOKEN."  # noqa: S105
_REFUSED = {
    "invalid_auth": ("Slack does not know this token.", _TOKEN),
    "not_authed": ("The token is empty.", _TOKEN),
    "account_inactive": ("The app was removed from the workspace.", "Install it again, then copy its new token."),
    "token_revoked": ("The token was revoked.", "Install the app again, then copy its new token."),
    "token_expired": ("The token has expired.", "Switch off token rotation of the app, then install it again."),
}


class SurveyError(WatchkeeperError):
    """Slack did not tell. of_token: another token would help."""

    def __init__(self, what: str = "", next_step: str = "", *, of_token: bool = False) -> None:
        self.of_token = of_token
        super().__init__(what, next_step)


@dataclass(frozen=True, slots=True)
class Workspace:
    """scopes: what the token may do, None where Slack did not say; at: Slack's clock, to the second."""

    team: str
    name: str
    bot: str
    scopes: frozenset[str] | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Member:
    id: str
    handle: str
    name: str
    is_guest: bool
    is_deactivated: bool
    is_bot: bool

    @property
    def counts(self) -> bool:
        """Whether a policy may give them anything."""
        return not (self.is_guest or self.is_deactivated or self.is_bot)


@dataclass(frozen=True, slots=True)
class Channel:
    id: str
    name: str
    is_member: bool  # the bot itself
    is_archived: bool
    is_shared: bool  # with another company


class Survey:
    """One bot token's view. Every method raises SurveyError with what happened and what to do."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def workspace(self) -> Workspace:
        with _told():
            answer = await self._client.auth_test()
        headers = {name.lower(): value for name, value in answer.headers.items()}
        scopes = headers.get("x-oauth-scopes")
        return Workspace(
            str(answer["team_id"]),
            str(answer.get("team") or answer["team_id"]),
            str(answer.get("user") or "watchkeeper"),
            None if scopes is None else frozenset(one.strip() for one in scopes.split(",") if one.strip()),
            _instant(headers.get("date")),
        )

    async def members(self) -> Mapping[str, Member]:
        async def page(cursor: str | None) -> AsyncSlackResponse:
            return await self._client.users_list(limit=200, cursor=cursor)

        return {one["id"]: _member(one) async for one in _all(page, "members")}

    async def channels(self) -> Mapping[str, Channel]:
        """Public ones, and private ones that the bot is in; archived ones too."""

        async def page(cursor: str | None) -> AsyncSlackResponse:
            return await self._client.conversations_list(
                types="public_channel,private_channel", limit=200, cursor=cursor
            )

        return {one["id"]: _channel(one) async for one in _all(page, "channels")}


@asynccontextmanager
async def surveying(token: str, api_url: str) -> AsyncIterator[Survey]:
    async with aiohttp.ClientSession(connector=connector()) as session:
        yield Survey(
            AsyncWebClient(token=token, base_url=api_url, session=session, retry_handlers=[], timeout=_TIMEOUT_S)
        )


async def _all(
    page: Callable[[str | None], Awaitable[AsyncSlackResponse]], key: str
) -> AsyncIterator[dict[str, Any]]:
    cursor: str | None = None
    for _ in range(_PAGES):
        with _told():
            answer = await page(cursor)
        for one in answer[key]:
            yield one
        cursor = (answer.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except SlackApiError as error:
        raise _refused(error) from error
    except SLACK_AWAY as error:
        raise SurveyError(
            f"Slack cannot be reached ({type(error).__name__}).",
            "See that this host reaches https://slack.com, and that SLACK_API_URL is unset or right.",
        ) from error


def _refused(error: SlackApiError) -> SurveyError:
    code = error_name(error) or "an answer that is not its own"
    if code == "missing_scope":
        needed = error.response.get("needed") or "a scope"
        return SurveyError(
            f"The token lacks {needed}.",
            "Paste the manifest of `watchkeeper manifest` into your app (App Manifest), then reinstall it.",
        )
    if code == "ratelimited":
        return SurveyError("Slack says: too many requests.", "Try again in a minute.")
    what, remedy = _REFUSED.get(code, (f"Slack refuses: {code}.", "Look the word up at api.slack.com/methods."))
    return SurveyError(what, remedy, of_token=code in _REFUSED)


def _member(one: dict[str, Any]) -> Member:
    profile = one.get("profile") or {}
    handle = str(profile.get("display_name") or one.get("name") or one["id"])
    return Member(
        str(one["id"]),
        handle,
        str(profile.get("real_name") or one.get("real_name") or handle),
        bool(one.get("is_restricted") or one.get("is_ultra_restricted") or one.get("is_stranger")),
        bool(one.get("deleted")),
        bool(one.get("is_bot")) or one["id"] == "USLACKBOT",
    )


def _channel(one: dict[str, Any]) -> Channel:
    return Channel(
        str(one["id"]),
        str(one.get("name") or one["id"]),
        bool(one.get("is_member")),
        bool(one.get("is_archived")),
        bool(one.get("is_ext_shared")),
    )


def _instant(date: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(date) if date else None
    except ValueError:
        return None
