"""What we are measured against: a bare Bolt app and bare aiohttp handlers, each a process of its own.

`python -m bench.bare bolt|aiohttp|durable PORT [DSN]`: each acknowledges a signed command and does nothing else; only
`durable` commits one row for it first, as whoever must not lose it has to.
"""

import asyncio
import sys

import asyncpg
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


def aiohttp(rows: "asyncpg.Pool[asyncpg.Record] | None" = None) -> web.Application:
    verifier = SignatureVerifier(SECRET)

    async def handle(request: web.Request) -> web.Response:
        body = await request.read()
        good = verifier.is_valid(
            body, request.headers["X-Slack-Request-Timestamp"], request.headers["X-Slack-Signature"]
        )
        if good and rows is not None:
            await rows.execute("INSERT INTO bare (body) VALUES ($1)", body)
        return web.Response(status=200 if good else 401)

    app = web.Application()
    app.router.add_post(PATH, handle)
    return app


async def durable(dsn: str) -> web.Application:
    rows = await asyncpg.create_pool(dsn, min_size=16, max_size=16)
    await rows.execute("CREATE TABLE bare (id bigserial PRIMARY KEY, body bytea NOT NULL)")
    return aiohttp(rows)


async def main(kind: str, port: int, dsn: str = "") -> None:
    app = await durable(dsn) if kind == "durable" else bolt(port) if kind == "bolt" else aiohttp()
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:]))
