"""Stripe's webhooks as told to us (docs.stripe.com: "Receive Stripe events"): verified by the SDK, by kind only."""

import re

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from stripe import SignatureVerificationError, WebhookSignature

from bot.domain.incoming import Forged, Incoming, Malformed, Notice, Receiver, moment, near

_STAMP = re.compile(r"(?:^|,)\s*t=(\d{1,11})(?:,|$)")
_CODE = re.compile(r"[a-z0-9_]{1,60}")
TOLD = {
    "account.updated": "the account was changed",
    "charge.dispute.created": "a customer disputes a charge",
    "charge.failed": "a charge failed",
    "checkout.session.async_payment_failed": "a checkout's payment failed",
    "invoice.payment_failed": "an invoice was not paid",
    "payment_intent.payment_failed": "a payment failed",
    "payout.failed": "a payout failed",
    "radar.early_fraud_warning.created": "an early fraud warning came",
}
"""What of all that Stripe may send is worth a line; the rest is answered and counted, not written."""


class _Error(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)
    code: str | None = None
    decline_code: str | None = None


class _Object(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)
    last_payment_error: _Error | None = None
    failure_code: str | None = None


class _Data(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)
    object: _Object = Field(default_factory=_Object)


class _Event(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)
    id: str = Field(pattern=r"^evt_[A-Za-z0-9_]{1,250}$")
    type: str = Field(min_length=3, max_length=100)
    created: int = Field(ge=0, lt=10**11)
    livemode: bool = False
    data: _Data = Field(default_factory=_Data)


def read(incoming: Incoming) -> Notice | None:
    _verify(incoming)
    try:
        event = _Event.model_validate(incoming.json())
    except ValidationError:
        raise Malformed("not an event of Stripe's") from None
    if event.type not in TOLD:
        return None
    mode = "" if event.livemode else "test/"
    link = f"https://dashboard.stripe.com/{mode}events/{event.id}"
    kind, says = f"{event.type}{_code(event)}", f"Stripe: {TOLD[event.type]}{_code(event)}"
    return Notice(event.id, kind, says, link, moment(event.created))


def _verify(incoming: Incoming) -> None:
    """The SDK compares; it would take a timestamp from the future, so that is looked at here."""
    header = incoming.headers.get("stripe-signature", "")
    if not header:
        raise Forged("signature missing")
    try:
        WebhookSignature.verify_header(incoming.body, header, incoming.secret)
    except (SignatureVerificationError, ValueError, TypeError):
        raise Forged("signature wrong") from None
    stamp = _STAMP.search(header)
    if stamp is None or not near(stamp[1], incoming.now):
        raise Forged("timestamp too far from now")


def _code(event: _Event) -> str:
    """Stripe's word for why; never its message, which may name somebody."""
    error = event.data.object.last_payment_error
    code = (error.decline_code or error.code) if error else event.data.object.failure_code
    return f" ({code})" if code and _CODE.fullmatch(code) else ""


RECEIVER = Receiver("stripe", "Stripe", True, read)
