"""What we are measured against: a bare Bolt app and a bare aiohttp handler, each a process of its own.

`python -m bench.bare bolt|aiohttp PORT`: both acknowledge a signed command and do nothing else.
"""

import asyncio
import sys

import uvloop
from aiohttp import web
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from tests.support.company import SECRET, TOKEN

PATH = "/slack/events"


def bolt(port: int) -> web.Application:
    """Default settings, as its documentation begins; only the address of Slack is ours: it asks once who it is."""
    client = AsyncWebClient(TOKEN, base_url=f"http://127.0.0.1:{port}/api/")
    app = AsyncApp(token=TOKEN, signing_secret=SECRET, client=client)

    @app.command("/health")
    async def health(ack: AsyncAck) -> None:
        await ack()

    async def auth_test(_: web.Request) -> web.Response:
        return web.json_response({"ok": True, "team_id": "T0LANTERN", "user_id": "U0WATCH", "bot_id": "B0WATCH"})

    served = app.web_app(path=PATH)
    served.router.add_post("/api/auth.test", auth_test)
    return served


def aiohttp(_: int) -> web.Application:
    verifier = SignatureVerifier(SECRET)

    async def handle(request: web.Request) -> web.Response:
        body = await request.read()
        good = verifier.is_valid(
            body, request.headers["X-Slack-Request-Timestamp"], request.headers["X-Slack-Signature"]
        )
        return web.Response(status=200 if good else 401)

    app = web.Application()
    app.router.add_post(PATH, handle)
    return app


async def main(kind: str, port: int) -> None:
    runner = web.AppRunner({"bolt": bolt, "aiohttp": aiohttp}[kind](port), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], int(sys.argv[2])))
