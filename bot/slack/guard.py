"""The door in front of Bolt: signature over the raw bytes first, then form, then nothing else is ever a 500."""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

MAX_AGE = 300  # seconds, either way (Slack: "Verifying requests from Slack")
MAX_BODY = 1_000_000  # bytes


@dataclass(frozen=True, slots=True)
class Refused:
    """What the door answers instead of Bolt."""

    status: int
    why: str


class Guard:
    """`check` gives None when Bolt may have the request. It writes nothing; the caller counts and logs."""

    def __init__(self, signing_secret: str, clock: Callable[[], float]) -> None:
        if not signing_secret:
            raise ValueError("SLACK_SIGNING_SECRET is empty: a signature is never “not checked”.")
        self._secret = signing_secret.encode()
        self._clock = clock

    def check(self, headers: Mapping[str, str], body: bytes) -> Refused | None:
        if len(body) > MAX_BODY:
            return Refused(413, "body too large")
        if is_ssl_check(headers, body):
            return Refused(200, "ssl check")
        if (why := self._forged(headers, body)) is not None:
            return Refused(401, why)
        return None if well_formed(headers, body) else Refused(400, "malformed body")

    def _forged(self, headers: Mapping[str, str], body: bytes) -> str | None:
        stamp, signature = headers.get("x-slack-request-timestamp", ""), headers.get("x-slack-signature", "")
        if not stamp or not signature:
            return "signature missing"
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 16):
            return "timestamp not a number"
        if abs(self._clock() - int(stamp)) > MAX_AGE:
            return "timestamp too far from now"
        digest = hmac.new(self._secret, b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
        good = hmac.compare_digest(b"v0=" + digest.encode(), signature.encode("utf-8", "replace"))
        return None if good else "signature wrong"


def is_ssl_check(headers: Mapping[str, str], body: bytes) -> bool:
    """Slack's certificate check: unsigned, `ssl_check=1`; answered with 200 and nothing else is read."""
    return "x-slack-signature" not in headers and b"ssl_check=1" in body.split(b"&") and len(body) < 4096


def well_formed(headers: Mapping[str, str], body: bytes) -> bool:
    """A JSON object, a command's form, or a form whose `payload` is a JSON object with a type."""
    try:
        text = body.decode()
        if headers.get("content-type", "").startswith("application/json"):
            return isinstance(json.loads(text), dict)
        form = parse_qs(text, keep_blank_values=True, max_num_fields=100)
        if "payload" in form:
            payload = json.loads(form["payload"][0])
            return isinstance(payload, dict) and isinstance(payload.get("type"), str)
        return "command" in form
    except (ValueError, RecursionError):
        return False
