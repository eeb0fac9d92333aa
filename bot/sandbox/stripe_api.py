"""The payment provider's HTTP API in Stripe's shapes: keys, errors, lists, idempotency. Only retry acts."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import parse_qsl

from aiohttp import web

from bot.sandbox import stripe_objects as shape
from bot.sandbox.stripe_objects import Json, Object
from bot.sandbox.stripe_store import Account, Endpoint, Held, Remembered, Request

if TYPE_CHECKING:
    from bot.sandbox.payments import Payments

FAULT_SILENCE_S = 120.0
_TYPES = re.compile(r"types\[\d*\]")
_BOUNDS = re.compile(r"created(?:\[(gte|gt|lte|lt)\])?")
_EVENT_PARAMETERS = {"delivery_success", "type", "limit", "starting_after", "ending_before"}
Handler = Callable[["Call"], Awaitable[Object]]


class Refused(Exception):
    """The API's own refusal, in its words."""

    def __init__(self, status: int, body: Object) -> None:
        super().__init__(status)
        self.status, self.body = status, body


@dataclass(frozen=True, slots=True)
class Call:
    """One authenticated request: its path, its parameters in order, the account of its key."""

    payments: "Payments"
    account: Account
    path: str
    parts: Mapping[str, str]
    parameters: Sequence[tuple[str, str]]

    def get(self, name: str) -> str | None:
        return next((value for key, value in self.parameters if key == name), None)


def application(payments: "Payments") -> web.Application:
    app = web.Application()
    for method, path, handler in (
        ("GET", "/v1/account", _account),
        ("GET", "/v1/balance", _balance),
        ("GET", "/v1/events", _events),
        ("GET", "/v1/events/{id}", _event),
        ("POST", "/v1/events/{id}/retry", _retry),
        ("GET", "/v1/webhook_endpoints", _endpoints),
        ("GET", "/v1/webhook_endpoints/{id}", _endpoint),
    ):
        app.router.add_route(method, path, _route(payments, handler))
    app.router.add_route("*", "/{rest:.*}", _route(payments, _unrecognized))
    return app


def _route(payments: "Payments", handler: Handler) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        fault = payments.take_fault(request.path)
        if fault == "timeout":
            await _silence(payments)
            return web.Response(status=504)
        if isinstance(fault, int):
            return _reply(payments, request, fault, _broken(fault))
        reply = await _answer(payments, request, handler)
        if fault == "timeout_after":
            await _silence(payments)
        return reply

    return answer


async def _answer(payments: "Payments", request: web.Request, handler: Handler) -> web.Response:
    body = (await request.read()).decode()
    try:
        account = _who(payments, request)
        parameters = [*parse_qsl(request.query_string), *parse_qsl(body, keep_blank_values=True)]
        call = Call(payments, account, request.path, request.match_info, parameters)
        if request.method == "POST":
            return await _once(request, call, handler)
        return _reply(payments, request, 200, await handler(call))
    except Refused as refused:
        return _reply(payments, request, refused.status, refused.body)


async def _once(request: web.Request, call: Call, handler: Handler) -> web.Response:
    """A POST with a known idempotency key gets the first answer again and does nothing."""
    payments, key = call.payments, request.headers.get("Idempotency-Key")
    asked = f"{call.path} {sorted(call.parameters)}"
    place = f"{call.account.id} {key}"
    known = payments.store.remembered.get(place) if key else None
    if known is None:
        reply = _reply(payments, request, 200, body := await handler(call))
        if key:
            payments.store.remembered[place] = Remembered(asked, 200, body, reply.headers["Request-Id"])
            payments.changed()
        return reply
    if known.request != asked:
        raise Refused(400, shape.error("Keys for idempotent requests can only be used with the same parameters they were first used with.", "idempotency_error"))  # fmt: skip  # noqa: E501
    again = _reply(payments, request, known.status, known.body)
    again.headers.update({"Idempotent-Replayed": "true", "Original-Request": known.request_id})
    return again


def _who(payments: "Payments", request: web.Request) -> Account:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not key:
        raise Refused(401, shape.error("You did not provide an API key."))
    account = payments.store.by_key(key)
    if account is None:
        raise Refused(401, shape.error(f"Invalid API Key provided: {key[:8]}****{key[-4:]}"))
    return account


def _reply(payments: "Payments", request: web.Request, status: int, body: Object) -> web.Response:
    key = request.headers.get("Idempotency-Key")
    payments.requests.append(Request(request.method, request.path_qs, key, status))
    version = request.headers.get("Stripe-Version", shape.API_VERSION)
    headers = {"Request-Id": payments.ids("req_"), "Stripe-Version": version}
    if key:
        headers["Idempotency-Key"] = key
    return web.json_response(body, status=status, headers=headers)


async def _silence(payments: "Payments") -> None:
    """The caller's timeout ends this, or our own end."""
    try:
        await asyncio.wait_for(payments.closing.wait(), FAULT_SILENCE_S)
    except TimeoutError:
        return


def _broken(status: int) -> Object:
    if status == 429:
        return shape.error("Request rate limit exceeded.", "invalid_request_error", code="rate_limit")
    return shape.error("An unknown error occurred.", "api_error")


# The routes


async def _account(call: Call) -> Object:
    return shape.account(call.account.id, call.account.name, call.account.created)


async def _balance(_: Call) -> Object:
    return shape.balance(1_284_050, 96_300)


async def _events(call: Call) -> Object:
    _check_event_parameters(call)
    held = [event for event in _visible(call) if _wanted(call, event)]
    return _page(call, held, [event.shown() for event in held])


async def _event(call: Call) -> Object:
    return _one_event(call).shown()


async def _retry(call: Call) -> Object:
    """Answers at once; the delivery follows in the background."""
    event, endpoint_id = _one_event(call), call.get("webhook_endpoint")
    if not endpoint_id:
        raise Refused(400, shape.error("Missing required param: webhook_endpoint.", param="webhook_endpoint"))
    endpoint = _listed(call, endpoint_id, "webhook_endpoint")
    if endpoint.id != event.endpoint:
        raise Refused(400, shape.error(f"{event.id} was not meant for {endpoint.id}.", param="webhook_endpoint"))
    call.payments.deliver_soon(event.id)
    return event.shown()


async def _endpoints(call: Call) -> Object:
    held = call.payments.store.endpoints_of(call.account)
    return _page(call, held, [endpoint.shown() for endpoint in held])


async def _endpoint(call: Call) -> Object:
    return _listed(call, call.parts["id"], "id").shown()


async def _unrecognized(call: Call) -> Object:
    raise Refused(404, shape.error(f"Unrecognized request URL ({call.path})."))


# Looking up and listing


def _visible(call: Call) -> list[Held]:
    return call.payments.store.events_of(call.account, call.payments.clock())


def _one_event(call: Call) -> Held:
    return _found(_visible(call), call.parts["id"], "event", "id")


def _listed(call: Call, identity: str, parameter: str) -> Endpoint:
    return _found(call.payments.store.endpoints_of(call.account), identity, "webhook endpoint", parameter)


Thing = TypeVar("Thing", Held, Endpoint)


def _found(things: Iterable[Thing], identity: str, noun: str, parameter: str) -> Thing:
    for thing in things:
        if thing.id == identity:
            return thing
    raise Refused(404, shape.error(f"No such {noun}: '{identity}'", code="resource_missing", param=parameter))


def _check_event_parameters(call: Call) -> None:
    names = [name for name, _ in call.parameters]
    for name in names:
        if name not in _EVENT_PARAMETERS and not _TYPES.fullmatch(name) and not _BOUNDS.fullmatch(name):
            message = f"Received unknown parameter: {name}"
            raise Refused(400, shape.error(message, code="parameter_unknown", param=name))
    several = sum(bool(_TYPES.fullmatch(name)) for name in names)
    if several and "type" in names:
        raise Refused(400, shape.error("You may only specify one of these parameters: type, types.", param="type"))
    if several > 20:
        raise Refused(400, shape.error("You may not specify more than 20 types.", param="types"))


def _wanted(call: Call, event: Held) -> bool:
    return _wanted_delivery(call, event) and _wanted_type(call, event) and _wanted_time(call, event)


def _wanted_delivery(call: Call, event: Held) -> bool:
    asked = call.get("delivery_success")
    if asked not in (None, "true", "false"):
        raise Refused(400, shape.error(f"Invalid boolean: {asked}", param="delivery_success"))
    return asked is None or event.pending == (asked == "false")


def _wanted_type(call: Call, event: Held) -> bool:
    wanted = [value for name, value in call.parameters if name == "type" or _TYPES.fullmatch(name)]
    return not wanted or any(_matches(pattern, event.kind) for pattern in wanted)


def _matches(pattern: str, kind: str) -> bool:
    return kind.startswith(pattern[:-1]) if pattern.endswith("*") else kind == pattern


def _wanted_time(call: Call, event: Held) -> bool:
    created = int(event.created.timestamp())
    return all(
        _within(found.group(1), created, _number(value, name))
        for name, value in call.parameters
        if (found := _BOUNDS.fullmatch(name))
    )


def _within(bound: str | None, created: int, limit: int) -> bool:
    match bound:
        case "gte":
            return created >= limit
        case "gt":
            return created > limit
        case "lte":
            return created <= limit
        case "lt":
            return created < limit
        case _:
            return created == limit


def _number(text: str, name: str) -> int:
    if not text.isdecimal():
        raise Refused(400, shape.error(f"Invalid integer: {text}", code="parameter_invalid_integer", param=name))
    return int(text)


def _page(call: Call, things: Sequence[Held | Endpoint], shown: Sequence[Object]) -> Object:
    """One page, newest first. `ending_before` asks for the page just before (newer than) that one."""
    limit = _number(call.get("limit") or "10", "limit")
    if not 1 <= limit <= 100:
        raise Refused(400, shape.error("This value must be between 1 and 100 (inclusive).", param="limit"))
    after, before = call.get("starting_after"), call.get("ending_before")
    if after and before:
        raise Refused(400, shape.error("You may only specify one of: starting_after, ending_before."))
    first, last = 0, len(shown)
    if after:
        first = _position(things, after, "starting_after") + 1
    if before:
        last = _position(things, before, "ending_before")
        first = max(0, last - limit)
    more = first > 0 if before else last - first > limit
    data: list[Json] = list(shown[first : min(last, first + limit)])
    return {"object": "list", "data": data, "has_more": more, "url": call.path}


def _position(things: Sequence[Held | Endpoint], identity: str, parameter: str) -> int:
    for index, thing in enumerate(things):
        if thing.id == identity:
            return index
    message = f"No such object: '{identity}'"
    raise Refused(404, shape.error(message, code="resource_missing", param=parameter))
