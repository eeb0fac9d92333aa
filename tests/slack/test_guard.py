"""The door: what is forged, stale or broken is refused before anything is read, and is never a 500."""

import hashlib
import hmac
import json
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.guard import Guard, Refused

SECRET = "shh"
NOW = 1_795_000_000
FORM = "application/x-www-form-urlencoded"
COMMAND = urlencode({"command": "/health", "text": "shop", "trigger_id": "1"}).encode()


def signed(body: bytes, stamp: str = str(NOW), secret: str = SECRET, kind: str = FORM) -> dict[str, str]:
    digest = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    return {
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": f"v0={digest}",
        "content-type": kind,
    }


def guard() -> Guard:
    return Guard(SECRET, lambda: NOW)


GOOD = signed(COMMAND)

DOOR = [
    ("a signed command", GOOD, COMMAND, None),
    ("300 s old", signed(COMMAND, str(NOW - 300)), COMMAND, None),
    ("301 s old", signed(COMMAND, str(NOW - 301)), COMMAND, 401),
    ("300 s ahead", signed(COMMAND, str(NOW + 300)), COMMAND, None),
    ("301 s ahead", signed(COMMAND, str(NOW + 301)), COMMAND, 401),
    ("no signature", {"content-type": FORM, "x-slack-request-timestamp": str(NOW)}, COMMAND, 401),
    ("no timestamp", {"content-type": FORM, "x-slack-signature": GOOD["x-slack-signature"]}, COMMAND, 401),
    ("nothing at all", {}, COMMAND, 401),
    ("another secret", signed(COMMAND, secret="guess"), COMMAND, 401),
    ("another body", GOOD, COMMAND + b"&text=prod", 401),
    ("truncated signature", {**GOOD, "x-slack-signature": GOOD["x-slack-signature"][:-1]}, COMMAND, 401),
    ("empty signature", {**GOOD, "x-slack-signature": ""}, COMMAND, 401),
    ("signature that is not ASCII", {**GOOD, "x-slack-signature": "v0=é"}, COMMAND, 401),
    ("timestamp in words", signed(COMMAND, "now"), COMMAND, 401),
    ("timestamp with a sign", signed(COMMAND, f"+{NOW}"), COMMAND, 401),
    ("timestamp in other digits", signed(COMMAND, "١٧٩٥"), COMMAND, 401),
    ("timestamp without end", signed(COMMAND, "9" * 400), COMMAND, 401),
    ("ssl check", {"content-type": FORM}, b"ssl_check=1&token=x", 200),
    ("signed, but no form", signed(b"\xff\xfe"), b"\xff\xfe", 400),
    ("signed, broken JSON", signed(b"{", kind="application/json"), b"{", 400),
    ("signed, JSON list", signed(b"[]", kind="application/json"), b"[]", 400),
    ("signed, JSON too deep", signed(b"[" * 9000, kind="application/json"), b"[" * 9000, 400),
    ("signed, payload broken", signed(b"payload=%7B"), b"payload=%7B", 400),
    ("signed, payload without a type", signed(b"payload=%7B%7D"), b"payload=%7B%7D", 400),
    ("signed, no command", signed(b"a=b"), b"a=b", 400),
    ("signed, empty", signed(b""), b"", 400),
    ("a signed event", signed(b'{"type":"x"}', kind="application/json"), b'{"type":"x"}', None),
    ("too large", signed(b"a" * 1_000_001), b"a" * 1_000_001, 413),
]


@pytest.mark.parametrize(("headers", "body", "status"), [row[1:] for row in DOOR], ids=[row[0] for row in DOOR])
def test_the_door(headers: dict[str, str], body: bytes, status: int | None) -> None:
    refused = guard().check(headers, body)
    assert (refused.status if refused else None) == status


def test_a_guard_without_a_secret_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="never “not checked”"):
        Guard("", lambda: NOW)


@given(st.binary(max_size=400), st.sampled_from([FORM, "application/json", ""]))
def test_no_signed_body_whatever_breaks_the_door(body: bytes, kind: str) -> None:
    answer = guard().check(signed(body, kind=kind), body)
    assert answer is None or answer.status in (200, 400)


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=80), max_size=4), st.binary(max_size=200))
def test_nothing_unsigned_comes_in(headers: dict[str, str], body: bytes) -> None:
    answer = guard().check({name.lower(): value for name, value in headers.items()}, body)
    assert isinstance(answer, Refused)


def test_a_json_string_payload_is_not_an_object() -> None:
    body = urlencode({"payload": json.dumps("x")}).encode()
    answer = guard().check(signed(body), body)
    assert answer is not None
    assert answer.status == 400
