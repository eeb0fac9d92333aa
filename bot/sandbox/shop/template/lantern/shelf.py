"""What the shop sells. Prices are in pence and include VAT."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Product:
    sku: str
    name: str
    words: str
    price_pence: int
    glow: str


PRODUCTS = (
    Product("harbour", "Harbour lantern", "Brass and clear glass, for wind and rain.", 4900, "#f5b942"),
    Product("moth", "Moth lamp", "A reading lamp that keeps to the page.", 3200, "#ffd98a"),
    Product("ember", "Ember candle", "Beeswax, burns fifty hours.", 1450, "#ff9b54"),
    Product("tide", "Tide light", "Solar, wakes at dusk by itself.", 2750, "#8fd3c8"),
)
BY_SKU = {product.sku: product for product in PRODUCTS}
