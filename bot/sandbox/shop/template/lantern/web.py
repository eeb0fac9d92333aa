"""The shop's routes: pages for people, JSON for machines, one place where errors become answers."""

import logging
from collections.abc import Awaitable, Callable, Mapping

import asyncpg
from aiohttp import web

from . import pages, store, webhooks
from .checkout import Quote, quote
from .settings import FOLDER, Settings
from .shelf import BY_SKU

_log = logging.getLogger("lantern")
_MACHINES = ("/health", "/orders", "/checkout/quote", "/checkout/health", "/stripe/webhook")

SETTINGS = web.AppKey("settings", Settings)
POOL: "web.AppKey[store.Pool]" = web.AppKey("pool", asyncpg.Pool)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def application(settings: Settings, pool: store.Pool) -> web.Application:
    app = web.Application(middlewares=[_answer_errors], client_max_size=1 << 20)
    app[SETTINGS] = settings
    app[POOL] = pool
    app.router.add_get("/", _home)
    app.router.add_get("/health", _health)
    app.router.add_get("/orders", _orders)
    app.router.add_get("/checkout", _checkout)
    app.router.add_post("/checkout", _order)
    app.router.add_get("/checkout/quote", _quote)
    app.router.add_get("/checkout/health", _checkout_health)
    app.router.add_post("/stripe/webhook", _webhook)
    app.router.add_static("/static", FOLDER / "static")
    return app


@web.middleware
async def _answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return _trouble(request, error.status, error.reason, error.text or error.reason)
    except Exception:
        _log.exception("%s %s failed", request.method, request.path)
        return _trouble(request, 500, "Something broke here", "This is our fault, and nothing was charged.")


def _trouble(request: web.Request, status: int, title: str, words: str) -> web.Response:
    if request.path in _MACHINES:
        return web.json_response({"error": title, "release": request.app[SETTINGS].release}, status=status)
    page = pages.trouble(request.app[SETTINGS], status, title, words)
    return web.Response(text=page, status=status, content_type="text/html")


async def _home(request: web.Request) -> web.Response:
    return _page(pages.home(request.app[SETTINGS]))


async def _health(request: web.Request) -> web.Response:
    try:
        await request.app[POOL].fetchval("SELECT 1", timeout=2)
        database = "ok"
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
        database = type(error).__name__
    fine = database == "ok"
    facts = {
        "status": "healthy" if fine else "unhealthy",
        "release": request.app[SETTINGS].release,
        "database": database,
    }
    return web.json_response(facts, status=200 if fine else 503)


async def _orders(request: web.Request) -> web.Response:
    return web.json_response(await store.counts(request.app[POOL]))


async def _checkout(request: web.Request) -> web.Response:
    return _page(pages.checkout(request.app[SETTINGS], _price(request.query)))


async def _order(request: web.Request) -> web.Response:
    form = {name: str(value) for name, value in (await request.post()).items()}
    price = _price(form)
    number = await store.place(request.app[POOL], price, form.get("email") or None)
    return _page(pages.thanks(request.app[SETTINGS], number), status=201)


async def _quote(request: web.Request) -> web.Response:
    price = _price(request.query)
    return web.json_response(
        {
            "status": "healthy",
            "sku": price.sku,
            "quantity": price.quantity,
            "total_pence": price.total_pence,
            "vat_pence": price.vat_pence,
        }
    )


async def _checkout_health(request: web.Request) -> web.Response:
    price = _price({"sku": next(iter(BY_SKU))})
    return web.json_response({"status": "healthy", "vat_pence": price.vat_pence})


async def _webhook(request: web.Request) -> web.Response:
    body = await request.read()
    try:
        webhooks.verify(body, request.headers.get("Stripe-Signature", ""), request.app[SETTINGS].webhook_secret)
    except webhooks.BadSignature as error:
        return web.json_response({"error": str(error)}, status=400)
    received = await webhooks.receive(request.app[POOL], body)
    return web.json_response({"received": True, "duplicate": received.duplicate})


def _price(values: Mapping[str, str]) -> Quote:
    sku, quantity = values.get("sku", ""), values.get("quantity", "1")
    if sku not in BY_SKU:
        raise web.HTTPNotFound(text="That is not on our shelf.")
    if not quantity.isdecimal() or not 1 <= int(quantity) <= 20:
        raise web.HTTPBadRequest(text="Between 1 and 20 of one kind, please.")
    return quote(sku, int(quantity), values.get("country"))


def _page(text: str, status: int = 200) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/html")
