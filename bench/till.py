"""The other side of a replay, a process of its own: a payment provider that holds events, and a till that takes them.

`python -m bench.till EVENTS` says on its first line where they are and which events there are, as JSON.
"""

import asyncio
import json
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import uvloop
from aiohttp import web
from stripe import SignatureVerificationError, WebhookSignature

from bot.sandbox.payments import Payments
from bot.sandbox.stripe_objects import Object

KEY, SECRET = "sk_test_lantern", "whsec_lantern"


class Till:
    """Believes no event whose signature is wrong; what it took once it takes again, as a till should."""

    def __init__(self) -> None:
        self.taken: set[str] = set()
        self.twice = 0

    async def take(self, request: web.Request) -> web.Response:
        body = await request.text()
        try:
            WebhookSignature.verify_header(body, request.headers.get("Stripe-Signature", ""), SECRET, tolerance=3600)
        except SignatureVerificationError:
            return web.Response(status=400)
        event = json.loads(body)["id"]
        self.twice += event in self.taken
        self.taken.add(event)
        return web.Response()

    async def told(self, _: web.Request) -> web.Response:
        """How many events it has, and how many came more than once; then it forgets them."""
        answer = {"taken": len(self.taken), "twice": self.twice}
        self.taken.clear()
        self.twice = 0
        return web.json_response(answer)


async def main(events: int) -> None:
    with tempfile.TemporaryDirectory(prefix="wk-bench-") as folder:
        payments, till, app = Payments(Path(folder)), Till(), web.Application()
        app.router.add_post("/hook", till.take)
        app.router.add_get("/told", till.told)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        await payments.start()
        account = payments.add_account("Lantern", KEY, datetime.now(UTC))
        endpoint = payments.add_endpoint(account, f"{url}/hook", SECRET, datetime.now(UTC), listed=False)
        made = [_event(payments, endpoint.id, number) for number in range(events)]
        print(json.dumps({"till": url, "payments": payments.url, "events": made}), flush=True)
        await asyncio.Event().wait()


def _event(payments: Payments, endpoint: str, number: int) -> str:
    subject: Object = {"id": f"pi_{number}", "object": "payment_intent", "amount": 4200 + number, "currency": "eur"}
    kind, now = "payment_intent.succeeded", datetime.now(UTC)
    return payments.add_event(kind, subject, now, endpoint=endpoint, delivered=False, event_id=f"evt_{number}")


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
