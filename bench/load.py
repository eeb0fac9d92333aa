"""The client of the measurement, in a process of its own: signed /health commands over kept connections.

`python -m bench.load PORT CLIENTS REQUESTS PEOPLE [PER_SECOND [FIRST]]` prints one JSON object. Requests are made
and signed before the clock starts, so that the client takes as little of the processor as it can.
"""

import asyncio
import hashlib
import hmac
import json
import secrets
import sys
import time
from collections.abc import Iterator
from urllib.parse import urlencode

import uvloop

from tests.support.company import OPS, SECRET

TEAM = "T0LANTERN"
UNKNOWN = b"My database did not answer in time"


def request(number: int, person: int, mark: str) -> bytes:
    form = {
        "token": "t",
        "team_id": TEAM,
        "team_domain": "lantern-shop",
        "channel_id": OPS,
        "channel_name": "shop-ops",
        "user_id": f"U1{person:05d}",
        "user_name": "somebody",
        "command": "/health",
        "text": "shop production",
        "api_app_id": "A0WATCH",
        "is_enterprise_install": "false",
        "response_url": "",
        "trigger_id": f"{mark}.{number}",
    }
    body = urlencode(form).encode()
    stamp = str(int(time.time())).encode()
    digest = hmac.new(SECRET.encode(), b"v0:" + stamp + b":" + body, hashlib.sha256).hexdigest()
    head = (
        "POST /slack/events HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Slackbot 1.0 (+https://api.slack.com/robots)\r\n"
        "Accept: application/json,*/*\r\nAccept-Encoding: gzip,deflate\r\n"
        f"X-Slack-Request-Timestamp: {stamp.decode()}\r\nX-Slack-Signature: v0={digest}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def client(port: int, requests: Iterator[bytes], took: list[float], late: list[int], pause: float) -> None:
    """late: one for each answer that says that the database did not confirm in time, as a busy machine makes it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for one in requests:
        begun = time.perf_counter()
        writer.write(one)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
        body = await reader.readexactly(length)
        took.append(time.perf_counter() - begun)
        if not head.startswith(b"HTTP/1.1 200") or (body and UNKNOWN not in body):
            raise SystemExit(f"not simply acknowledged: {head!r} {body!r}")
        late.extend([1] if body else [])
        if pause:
            await asyncio.sleep(max(0.0, pause - took[-1]))
    writer.close()


async def main(port: int, clients: int, total: int, people: int, per_second: float = 0, first: int = 0) -> None:
    """first: the first person who asks, so that two of these do not ask for the same."""
    mark = secrets.token_hex(6)
    requests = iter([request(number, (first + number) % people, mark) for number in range(total)])
    took: list[float] = []
    late: list[int] = []
    begun = time.perf_counter()
    pause = clients / per_second if per_second else 0
    await asyncio.gather(*(client(port, requests, took, late, pause) for _ in range(clients)))
    whole = time.perf_counter() - begun
    took.sort()
    p50, p99 = took[len(took) // 2], took[int(len(took) * 0.99)]
    figures = {"p50_ms": p50 * 1000, "p99_ms": p99 * 1000, "per_second": len(took) / whole, "late": len(late)}
    print(json.dumps(figures))


if __name__ == "__main__":
    uvloop.run(main(*(int(word) for word in sys.argv[1:])))
