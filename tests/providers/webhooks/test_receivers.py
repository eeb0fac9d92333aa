"""What each sender sends, what is believed of it, and the one line that it becomes."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from stripe import WebhookSignature

from bot.domain.incoming import Forged, Incoming, Malformed, Notice
from bot.providers.registry import find_receivers

NOW = datetime(2026, 11, 20, 14, 2, tzinfo=UTC)
T = int(NOW.timestamp())
SECRET = "whsec_a_secret_of_thirty_letters"

STRIPE = {
    "id": "evt_1QHook",
    "object": "event",
    "type": "payment_intent.payment_failed",
    "created": T - 3,
    "livemode": True,
    "data": {
        "object": {
            "id": "pi_1",
            "receipt_email": "jenny@example.com",
            "last_payment_error": {"code": "card_declined", "decline_code": "insufficient_funds", "message": "Jenny"},
        }
    },
}
SENTRY = {
    "action": "triggered",
    "installation": {"uuid": "a8e5d37a-696c-4c54-adb5-b3f28d64c7de"},
    "data": {
        "event": {
            "title": "KeyError: 'cart' for jenny@example.com from 10.1.2.3",
            "level": "error",
            "datetime": "2026-11-20T14:01:50.000000Z",
            "web_url": "https://sentry.io/organizations/shop/issues/117/events/e4/",
            "issue_id": "117",
            "request": {"cookies": "session"},
        },
        "triggered_rule": "Checkout breaks",
    },
}
ISSUE = {
    "action": "resolved",
    "data": {
        "issue": {
            "id": "117",
            "title": "KeyError: 'cart'",
            "level": "error",
            "firstSeen": "2026-11-20T13:58:00Z",
            "lastSeen": "2026-11-20T14:01:00Z",
            "permalink": "https://shop.sentry.io/issues/117/",
        }
    },
}
GENERIC = {"id": "deploy-7", "kind": "deploy", "says": "Payments deployed 4c1d2a7", "link": "https://ci.example/7"}
BETTERSTACK = {
    "data": {
        "id": "25",
        "type": "incident",
        "attributes": {
            "name": "shop homepage",
            "url": "https://shop.example",
            "cause": "Status 500",
            "status": "Started",
            "started_at": "2026-11-20T14:01:35.000Z",
            "acknowledged_at": None,
            "resolved_at": None,
            "response_content": "secret page",
        },
    }
}
PINGDOM = {
    "check_id": 12345,
    "check_name": "Checkout",
    "check_type": "HTTP",
    "previous_state": "UP",
    "current_state": "DOWN",
    "state_changed_timestamp": T - 30,
    "description": "HTTP Error 500",
    "first_probe": {"ip": "123.4.5.6", "location": "Stockholm, Sweden"},
}
ROBOT = {
    "monitorID": "1",
    "monitorURL": "https://shop.example/checkout",
    "monitorFriendlyName": "Checkout",
    "alertType": "1",
    "alertTypeFriendlyName": "Down",
    "alertDetails": "HTTP 500 - Internal Server Error",
    "alertDateTime": str(T - 60),
}


def signed(kind: str, body: bytes, at: int = T, secret: str = SECRET) -> dict[str, str]:
    """The headers that this sender would send."""
    match kind:
        case "stripe":
            text = body.decode("utf-8", "replace")
            return {"stripe-signature": WebhookSignature.generate_signature_header(text, secret, at)}
        case "sentry":
            digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
            return {"sentry-hook-signature": digest, "sentry-hook-resource": "event_alert", "request-id": "r1"}
        case _:
            digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
            return {"x-watchkeeper-signature": f"t={at},v1={digest}"}


def read(kind: str, body: bytes, headers: Mapping[str, str], token: str = "", **query: str) -> Notice | None:
    return find_receivers()[kind].read(Incoming(headers, body, SECRET, NOW, token, query))


def told(kind: str, value: Any, **headers: str) -> Notice:
    body = json.dumps(value).encode()
    notice = read(kind, body, {**signed(kind, body), **headers}, SECRET)
    assert notice is not None
    return notice


# --- believed ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "value", "headers", "kind_of", "says"),
    [
        (
            "stripe",
            STRIPE,
            {},
            "payment_intent.payment_failed (insufficient_funds)",
            "Stripe: a payment failed (insufficient_funds)",
        ),
        (
            "sentry",
            SENTRY,
            {},
            "event_alert 117",
            "Sentry error: KeyError: 'cart' for … from …, by the rule “Checkout breaks”",
        ),
        (
            "sentry",
            ISSUE,
            {"sentry-hook-resource": "issue"},
            "issue resolved 117",
            "Sentry error resolved: KeyError: 'cart', first seen 2026-11-20 13:58 UTC, last 2026-11-20 14:01 UTC",
        ),
        (
            "sentry",
            {"action": "critical", "data": {"description_title": "Critical: p95 over 2 s"}},
            {"sentry-hook-resource": "metric_alert"},
            "metric_alert critical Critical: p95 over 2 s",
            "Sentry metric alert critical: Critical: p95 over 2 s",
        ),
        ("generic", GENERIC, {}, "deploy", "Payments deployed 4c1d2a7"),
        ("betterstack", BETTERSTACK, {}, "down shop homepage", "Better Stack: shop homepage is down (Status 500)"),
        ("pingdom", PINGDOM, {}, "down Checkout", "Pingdom: Checkout is down (HTTP Error 500)"),
        (
            "uptimerobot",
            ROBOT,
            {},
            "down Checkout",
            "UptimeRobot: Checkout is down (HTTP 500 - Internal Server Error)",
        ),
        (
            "healthchecks",
            {"monitor": "nightly", "state": "up", "at": "2026-11-20T14:01:00+00:00"},
            {},
            "up nightly",
            "Healthchecks: nightly is up again",
        ),
    ],
)
def test_a_delivery_becomes_one_line_without_customer_data(
    kind: str, value: Any, headers: dict[str, str], kind_of: str, says: str
) -> None:
    notice = told(kind, value, **headers)
    assert (notice.kind, notice.says) == (kind_of, says)
    for private in ("jenny", "Jenny", "10.1.2.3", "session", "secret page", "123.4.5.6"):
        assert private not in str(notice)


def test_links_and_times_are_the_senders_own() -> None:
    assert told("stripe", STRIPE).link == "https://dashboard.stripe.com/events/evt_1QHook"
    assert told("stripe", {**STRIPE, "livemode": False}).link.endswith("/test/events/evt_1QHook")
    assert told("betterstack", BETTERSTACK).at == datetime(2026, 11, 20, 14, 1, 35, tzinfo=UTC)
    assert told("generic", {**GENERIC, "link": "javascript:alert(1)"}).link == ""


@pytest.mark.parametrize(
    ("body", "query"),
    [
        (b"", ROBOT),
        (b"monitorFriendlyName=Checkout&alertType=1&alertDetails=HTTP+500+-+Internal+Server+Error", {}),
        (json.dumps(ROBOT).encode(), {}),
    ],
)
def test_uptimerobot_may_send_in_any_of_its_three_ways(body: bytes, query: dict[str, str]) -> None:
    notice = read("uptimerobot", body, {}, SECRET, **query)
    assert notice is not None
    assert (notice.monitor, notice.state) == ("Checkout", "down")


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("stripe", {**STRIPE, "type": "payment_intent.succeeded"}),
        ("sentry", {"action": "created", "data": {"comment": "x"}}),
        ("uptimerobot", {**ROBOT, "alertType": "3"}),
        (
            "betterstack",
            {"data": {"attributes": {"name": "shop", "status": "Acknowledged", "acknowledged_at": "2026-11-20"}}},
        ),
    ],
)
def test_what_matters_to_nobody_is_believed_and_not_noted(kind: str, value: Any) -> None:
    body = json.dumps(value).encode()
    assert read(kind, body, signed(kind, body), SECRET) is None


# --- not believed --------------------------------------------------------------------------------------------

SIGNED = ("stripe", "sentry", "generic")
TOKENS = ("uptimerobot", "betterstack", "pingdom", "healthchecks")
BODIES = {"stripe": STRIPE, "sentry": SENTRY, "generic": GENERIC, "pingdom": PINGDOM, "uptimerobot": ROBOT}


@pytest.mark.parametrize("kind", SIGNED)
def test_a_changed_body_another_secret_or_no_signature_is_forged(kind: str) -> None:
    body = json.dumps(BODIES[kind]).encode()
    for headers, sent in (
        ({}, body),
        (signed(kind, body), body + b" "),
        (signed(kind, body, secret="another"), body),
        (dict.fromkeys(signed(kind, body), "ü" * 64), body),
        (dict.fromkeys(signed(kind, body), ""), body),
        (signed(kind, b"\xff\xfe"), b"\xff\xfe\xff"),
    ):
        with pytest.raises(Forged):
            read(kind, sent, headers)


@pytest.mark.parametrize("kind", ["stripe", "generic"])
@pytest.mark.parametrize(("age", "good"), [(0, True), (299, True), (-299, True), (302, False), (-302, False)])
def test_a_signed_time_counts_five_minutes_either_way(kind: str, age: int, good: bool) -> None:
    body = json.dumps(BODIES[kind]).encode()
    if good:
        assert read(kind, body, signed(kind, body, T - age)) is not None
    else:
        with pytest.raises(Forged, match="too far"):
            read(kind, body, signed(kind, body, T - age))


def test_sentrys_body_itself_tells_when_it_is_a_replay_of_long_ago() -> None:
    old = json.loads(json.dumps(SENTRY).replace("2026-11-20T14:01", "2026-11-18T14:01"))
    with pytest.raises(Forged, match="too far"):
        told("sentry", old)


def test_an_id_that_nobody_signed_is_no_id() -> None:
    """Whoever replays Sentry's body under another Request-ID still sends the same delivery."""
    assert told("sentry", SENTRY, **{"request-id": "r2"}).id == told("sentry", SENTRY).id


@pytest.mark.parametrize("kind", TOKENS)
@pytest.mark.parametrize("token", ["", "wrong", SECRET[:-1], f"{SECRET}x", "ü"])
def test_a_wrong_token_is_forged(kind: str, token: str) -> None:
    with pytest.raises(Forged):
        read(kind, b"{}", {}, token)


@pytest.mark.parametrize("kind", [*SIGNED, *TOKENS])
@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b"{}", b'{"data": 3}', b"[" * 5000, b"\xff"])
def test_what_makes_no_sense_is_malformed_or_nothing_and_never_breaks(kind: str, body: bytes) -> None:
    try:
        notice = read(kind, body, signed(kind, body), SECRET)
    except (Malformed, Forged):
        return
    assert notice is None
