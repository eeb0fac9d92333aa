"""Objects as the payment provider holds and shows them: events, payment intents, checkout sessions. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Object: TypeAlias = "dict[str, Json]"

API_VERSION = "2026-10-28.endive"


def event(event_id: str, kind: str, subject: Object, created: datetime, pending: int = 0) -> Object:
    return {
        "id": event_id,
        "object": "event",
        "api_version": API_VERSION,
        "created": int(created.timestamp()),
        "data": {"object": subject},
        "livemode": False,
        "pending_webhooks": pending,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }


def payment_intent(
    intent_id: str,
    amount: int,
    created: datetime,
    *,
    status: str = "succeeded",
    metadata: Mapping[str, str] | None = None,
) -> Object:
    paid = status == "succeeded"
    declined: Object = {
        "type": "card_error",
        "code": "card_declined",
        "decline_code": "insufficient_funds",
        "message": "Your card has insufficient funds.",
    }
    return {
        "id": intent_id,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": amount if paid else 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": {"enabled": True},
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic",
        "client_secret": None,
        "confirmation_method": "automatic",
        "created": int(created.timestamp()),
        "currency": "gbp",
        "customer": None,
        "description": None,
        "last_payment_error": None if paid else declined,
        "latest_charge": None,
        "livemode": False,
        "metadata": dict(metadata or {}),
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "source": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": status,
        "transfer_data": None,
        "transfer_group": None,
    }


def checkout_session(
    session_id: str, intent_id: str, amount: int, created: datetime, *, metadata: Mapping[str, str] | None = None
) -> Object:
    return {
        "id": session_id,
        "object": "checkout.session",
        "after_expiration": None,
        "allow_promotion_codes": None,
        "amount_subtotal": amount,
        "amount_total": amount,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": None,
        "cancel_url": "https://lantern.example/checkout",
        "client_reference_id": None,
        "client_secret": None,
        "consent": None,
        "consent_collection": None,
        "created": int(created.timestamp()),
        "currency": "gbp",
        "custom_fields": [],
        "custom_text": {"after_submit": None, "shipping_address": None, "submit": None},
        "customer": None,
        "customer_creation": "if_required",
        "customer_details": None,
        "customer_email": None,
        "expires_at": int(created.timestamp()) + 86_400,
        "invoice": None,
        "livemode": False,
        "locale": None,
        "metadata": dict(metadata or {}),
        "mode": "payment",
        "payment_intent": intent_id,
        "payment_link": None,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "payment_status": "paid",
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "complete",
        "submit_type": None,
        "subscription": None,
        "success_url": "https://lantern.example/thanks",
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted",
        "url": None,
    }


def account(account_id: str, name: str, created: datetime) -> Object:
    requirements: Object = {
        "alternatives": [],
        "current_deadline": None,
        "currently_due": [],
        "disabled_reason": None,
        "errors": [],
        "eventually_due": [],
        "past_due": [],
        "pending_verification": [],
    }
    return {
        "id": account_id,
        "object": "account",
        "business_type": "company",
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "country": "GB",
        "created": int(created.timestamp()),
        "default_currency": "gbp",
        "details_submitted": True,
        "email": "till@lantern.example",
        "metadata": {},
        "payouts_enabled": True,
        "requirements": requirements,
        "settings": {"dashboard": {"display_name": name, "timezone": "Europe/London"}},
        "type": "standard",
    }


def balance(available: int, pending: int) -> Object:
    return {
        "object": "balance",
        "available": [{"amount": available, "currency": "gbp", "source_types": {"card": available}}],
        "livemode": False,
        "pending": [{"amount": pending, "currency": "gbp", "source_types": {"card": pending}}],
    }


def webhook_endpoint(endpoint_id: str, url: str, created: datetime, enabled_events: list[Json]) -> Object:
    return {
        "id": endpoint_id,
        "object": "webhook_endpoint",
        "api_version": API_VERSION,
        "application": None,
        "created": int(created.timestamp()),
        "description": None,
        "enabled_events": enabled_events,
        "livemode": False,
        "metadata": {},
        "status": "enabled",
        "url": url,
    }


def error(message: str, kind: str = "invalid_request_error", **more: str) -> Object:
    return {"error": {"message": message, "type": kind, **more}}
