"""Paints one picture a product at build time: its light in the dark. Pure Python, so a build needs no library."""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from .shelf import PRODUCTS

_NIGHT = (18, 22, 38)


def paint(folder: Path, size: int) -> Iterator[str]:
    """Writes `<sku>.png` of size × size for every product; yields each name when it is done."""
    folder.mkdir(parents=True, exist_ok=True)
    for product in PRODUCTS:
        (folder / f"{product.sku}.png").write_bytes(_png(_rows(product.glow, size), size))
        yield product.sku


def _rows(glow: str, size: int) -> bytes:
    """Red, green and blue of every pixel, each row after the filter byte that PNG wants."""
    light = tuple(int(glow[at : at + 2], 16) for at in (1, 3, 5))
    middle, reach = (size - 1) / 2, (size / 2) ** 2
    rows = bytearray()
    for y in range(size):
        rows.append(0)
        for x in range(size):
            far = ((x - middle) ** 2 + (y - middle * 1.1) ** 2) / reach
            near = 1 / (1 + 9 * far * far) if far < 2.5 else 0.0
            rows.extend(int(night + (lit - night) * near) for night, lit in zip(_NIGHT, light, strict=True))
    return bytes(rows)


def _png(rows: bytes, size: int) -> bytes:
    head = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
