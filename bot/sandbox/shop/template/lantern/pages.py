"""The pages people see. Every value from outside is escaped here."""

from html import escape

from .checkout import Quote
from .settings import Settings
from .shelf import BY_SKU, PRODUCTS, Product

_FRAME = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><link rel="stylesheet" href="/static/look.css"></head>
<body class="{environment}"><header><a class="mark" href="/"><i></i>Lantern Shop</a>
<span class="place">{environment} · {release}</span></header>
<main>{main}</main>
<footer>release <code>{release}</code> · {environment}</footer></body></html>
"""

_CARD = """<article style="--glow:{glow}"><div class="glow"><img src="/static/pictures/{sku}.png" alt=""></div>
<h2>{name}</h2><p>{words}</p>
<div class="buy"><strong>{price}</strong><a class="button" href="/checkout?sku={sku}">Buy</a></div></article>
"""

_HOME = """<section class="hero"><h1>Light for the dark half of the year</h1>
<p>Lanterns, lamps and candles from a workshop by the sea.</p></section><section class="shelf">{cards}</section>
"""

_CHECKOUT = """<section class="sheet" style="--glow:{glow}"><h1>Checkout</h1>
<dl><dt>{quantity} × {name}</dt><dd>{total}</dd><dt class="quiet">of this VAT</dt><dd class="quiet">{vat}</dd></dl>
<form method="post" action="/checkout"><input type="hidden" name="sku" value="{sku}">
<input type="hidden" name="quantity" value="{quantity}">
{fields}<button class="button wide">Pay {total}</button></form></section>
"""

_ASKED = """<label>Country<select name="country">
<option value="GB">United Kingdom</option><option value="IE">Ireland</option>
<option value="FR">France</option><option value="DE">Germany</option></select></label>
<label>E-mail<input name="email" type="email" autocomplete="email" placeholder="you@example.com"></label>
"""

_THANKS = """<section class="sheet"><h1>Thank you</h1><p>Order <strong>{number}</strong> is placed.
We write as soon as the payment has arrived.</p><a class="button" href="/">Back to the shelf</a></section>
"""

_TROUBLE = """<section class="sheet trouble"><p class="code">{status}</p><h1>{title}</h1><p>{words}</p>
<a class="button" href="/">Back to the shelf</a></section>
"""


def home(settings: Settings) -> str:
    return _frame(settings, "Lantern Shop", _HOME.format(cards="".join(map(_card, PRODUCTS))))


def checkout(settings: Settings, price: Quote) -> str:
    product = BY_SKU[price.sku]
    main = _CHECKOUT.format(
        glow=product.glow,
        name=escape(product.name),
        sku=product.sku,
        quantity=price.quantity,
        total=pounds(price.total_pence),
        vat=pounds(price.vat_pence),
        fields=_ASKED,
    )
    return _frame(settings, "Checkout · Lantern Shop", main)


def thanks(settings: Settings, number: int) -> str:
    return _frame(settings, "Thank you · Lantern Shop", _THANKS.format(number=number))


def trouble(settings: Settings, status: int, title: str, words: str) -> str:
    return _frame(settings, title, _TROUBLE.format(status=status, title=escape(title), words=escape(words)))


def pounds(pence: int) -> str:
    return f"£{pence // 100}.{pence % 100:02d}"


def _card(product: Product) -> str:
    return _CARD.format(
        glow=product.glow,
        name=escape(product.name),
        words=escape(product.words),
        price=pounds(product.price_pence),
        sku=product.sku,
    )


def _frame(settings: Settings, title: str, main: str) -> str:
    return _FRAME.format(
        title=escape(title),
        environment=escape(settings.environment),
        release=escape(settings.release[:7]),
        main=main,
    )
