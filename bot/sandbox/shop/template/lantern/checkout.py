"""What an order costs: total and the VAT within it. Pure."""

from dataclasses import dataclass

from .shelf import BY_SKU

VAT_PERCENT = {"GB": 20, "IE": 23, "FR": 20, "DE": 19}


@dataclass(frozen=True, slots=True)
class Quote:
    sku: str
    quantity: int
    country: str
    total_pence: int
    vat_pence: int


def quote(sku: str, quantity: int, country: str | None = None) -> Quote:
    """KeyError for a product that is not on the shelf."""
    place = country if country in VAT_PERCENT else "GB"
    total = BY_SKU[sku].price_pence * quantity
    percent = VAT_PERCENT[place]
    return Quote(sku, quantity, place, total, total * percent // (100 + percent))
