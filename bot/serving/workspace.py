"""Whose bot this is: asked of Slack until it answers, remembered for a start while Slack is away."""

import asyncio
import contextlib
from collections.abc import Mapping

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.db import people as facts
from bot.db.database import AWAY
from bot.engine.installation import Installation
from bot.slack.app import Identity
from bot.slack.people import SLACK_AWAY

log = structlog.get_logger()


class Workspace:
    """Fills in the installation's team and the app's own identity."""

    def __init__(self, client: AsyncWebClient, installation: Installation, identity: Identity) -> None:
        self._client = client
        self._installation = installation
        self._identity = identity
        self._identified = asyncio.Event()

    async def remember(self) -> None:
        """Without Slack the last known workspace counts."""
        known = await facts.fact(self._installation.pool, "workspace")
        if isinstance(known, dict):
            self._know(known)

    async def identify(self) -> None:
        while True:
            try:
                answer = await self._client.auth_test()
                await self._adopt(
                    {"team": answer["team_id"], "bot_user": answer["user_id"], "bot": answer.get("bot_id")}
                )
            except (*SLACK_AWAY, *AWAY) as error:
                log.warning("workspace.unknown_yet", error=type(error).__name__)
                await asyncio.sleep(2)
            else:
                return

    async def known_within(self, seconds: float) -> None:
        """Returns when the workspace is known, or when that takes too long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._identified.wait()

    async def _adopt(self, workspace: dict[str, str | None]) -> None:
        known = await facts.fact(self._installation.pool, "workspace")
        if isinstance(known, dict) and known.get("team") != workspace["team"]:
            raise RuntimeError(
                f"This database belongs to workspace {known.get('team')}, the token to {workspace['team']}. "
                "One workspace an installation: give the other one its own DATABASE_URL."
            )
        await facts.set_fact(self._installation.pool, "workspace", dict(workspace))
        self._know(workspace)

    def _know(self, workspace: Mapping[str, object]) -> None:
        self._installation.team = self._identity.team = str(workspace["team"])
        self._identity.bot_user = str(workspace["bot_user"] or "")
        self._identity.bot = str(workspace["bot"] or "")
        self._identified.set()
        self._installation.bell.ring("work")
