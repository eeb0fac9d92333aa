"""One frame of Socket Mode and its acknowledgement: the same Bolt app as behind the URL, without the URL.

An event that could not be recorded gets no acknowledgement, so that Slack delivers it again; all else gets one.
"""

import asyncio
import json
import secrets
from collections.abc import Mapping
from typing import cast

import structlog
from pydantic import BaseModel, ConfigDict, Field
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app
from slack_bolt.async_app import AsyncApp
from slack_bolt.response import BoltResponse
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.domain.json import JsonObject

log = structlog.get_logger()

PATIENCE_S = 2.8  # Slack waits three seconds; the intake itself takes two at most
EVENTS = "events_api"
COMMANDS = "slash_commands"
_KINDS = (COMMANDS, "interactive", EVENTS)


class Frame(BaseModel):
    """What Slack says over a connection (docs.slack.dev: "Using Socket Mode"): hello, disconnect, or an envelope."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    type: str = Field(min_length=1, max_length=100)
    envelope_id: str = Field(default="", max_length=200)
    accepts_response_payload: bool = False
    payload: object = None
    retry_attempt: int | None = None
    retry_reason: str | None = None
    reason: str = Field(default="", max_length=100)
    num_connections: int = Field(default=0, ge=0, le=1_000_000)


class Envelopes:
    """`acknowledge` never raises but for its own cancellation."""

    def __init__(self, app: AsyncApp, patience_s: float = PATIENCE_S) -> None:
        self._app = app
        self._patience_s = patience_s

    async def acknowledge(self, frame: Frame) -> JsonObject | None:
        """What to send back; None: nothing, so that Slack delivers it again. One without an id is no envelope."""
        if not frame.envelope_id:
            log.warning("envelope.nameless", type=frame.type)
            return None
        payload = await self._answer(frame)
        if payload is None:
            return None
        if payload and frame.accepts_response_payload:
            return {"envelope_id": frame.envelope_id, "payload": payload}
        return {"envelope_id": frame.envelope_id}

    async def _answer(self, frame: Frame) -> JsonObject | None:
        if frame.type not in _KINDS or not isinstance(frame.payload, dict):
            log.warning("envelope.unknown", type=frame.type)
            return _words("Slack sent this in a form that I do not know. Nothing was changed.")
        try:
            async with asyncio.timeout(self._patience_s):
                response = await self._dispatched(frame, frame.payload)
        except TimeoutError:
            log.warning("envelope.too_late", type=frame.type)
            return _failed(frame, "I could not look at this in time.")
        except Exception:
            error_id = secrets.token_hex(3)
            log.exception("envelope.failed", type=frame.type, error_id=error_id)
            return _failed(frame, f"Something failed on my side; my log names it {error_id}.")
        return _told(frame, response)

    async def _dispatched(self, frame: Frame, payload: Mapping[str, object]) -> BoltResponse:
        if frame.retry_attempt:
            log.info("event.again", attempt=frame.retry_attempt, reason=frame.retry_reason)
        request = SocketModeRequest(
            frame.type,
            frame.envelope_id,
            dict(payload),
            frame.accepts_response_payload,
            frame.retry_attempt,
            frame.retry_reason,
        )
        return cast("BoltResponse", await run_async_bolt_app(self._app, request))


def _told(frame: Frame, response: BoltResponse) -> JsonObject | None:
    """Bolt's answer. What nobody listens to (404) is acknowledged without words, as over HTTP."""
    if response.status == 404:
        return {}
    if response.status != 200:
        return _failed(frame, "Something failed on my side.")
    if not response.body:
        return {}
    if "json" in "".join(response.headers.get("content-type", [])):
        return cast("JsonObject", json.loads(response.body))
    return _words(response.body)


def _failed(frame: Frame, what: str) -> JsonObject | None:
    if frame.type == EVENTS:
        return None
    if frame.type != COMMANDS:
        return {}  # a form would take words for a faulty answer; a click has no place for them
    return _words(f"{what} I do not know whether this was recorded; `/runs` will tell.")


def _words(text: str) -> JsonObject:
    return {"response_type": "ephemeral", "text": text}
