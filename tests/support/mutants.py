"""Payloads as nobody's client sends them: one of Slack's own, with something dropped, replaced, nested, doubled."""

import json
import re
from collections.abc import Iterator
from random import Random
from typing import Any
from urllib.parse import quote_plus

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
METADATA = "http://169.254.169.254/latest/meta-data/"


def _deep(levels: int) -> Any:
    value: Any = "deep"
    for _ in range(levels):
        value = [value]
    return value


NASTY: tuple[Any, ...] = (
    *(None, True, 0, -1, 2**63, 1e308, float("nan"), [], {}, [[]], {"": {"": []}}, _deep(60)),
    *("", " ", "\0", "a\0b", "\ud800", "\u202ex", "ß" * 5000, "<!channel>", "<@U0BEN>", "../../etc/passwd", "$(id)"),
    *("'; DROP TABLE runs; --", "--force", "R-1", "1-00000000", "/poke", "T0OTHER"),
    *(METADATA, "https://hooks.slack.com@127.0.0.1/"),
)

Path = tuple[str | int, ...]


def mutant(value: Any, random: Random) -> Any:
    """The same thing changed at one to three places."""
    for _ in range(random.randint(1, 3)):
        value = _changed(value, random.choice(list(_paths(value))), random)
    return value


def _paths(value: Any, here: Path = ()) -> Iterator[Path]:
    yield here
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from _paths(one, (*here, key))


def _changed(value: Any, path: Path, random: Random) -> Any:
    if not path:
        return _instead(value, random)
    copy = dict(value) if isinstance(value, dict) else list(value)
    key: Any = path[0]
    if len(path) > 1:
        copy[key] = _changed(copy[key], path[1:], random)
    elif random.random() < 0.3:
        del copy[key]
    else:
        copy[key] = _instead(copy[key], random)
    return copy


def _instead(value: Any, random: Random) -> Any:
    match random.randrange(6):
        case 0:
            return [value, value]
        case 1:
            return {"value": value}
        case 2 if isinstance(value, str):
            return value + random.choice(["\0", "\ud800", "x" * 4000, "\u202e", "\n", "%00"])
        case 3 if isinstance(value, dict):
            return {**value, random.choice(["type", "id", "__proto__", "\0", "team_id"]): random.choice(NASTY)}
        case _:
            return random.choice(NASTY)


def as_form(fields: dict[str, Any]) -> bytes:
    """A value that is no text goes as JSON; half a surrogate goes as the bytes that no decoder takes."""
    told = {name: value if isinstance(value, str) else json.dumps(value) for name, value in fields.items()}
    parts = (
        f"{quote_plus(n, errors='surrogatepass')}={quote_plus(v, errors='surrogatepass')}" for n, v in told.items()
    )
    return "&".join(parts).encode()


def torn(body: bytes, random: Random) -> bytes:
    """The bytes themselves: cut, doubled, followed by something, one of them another; mostly left alone."""
    at = random.randrange(len(body) + 1)
    match random.randrange(12):
        case 0:
            return body[:at]
        case 1:
            return body + random.choice([b"&payload={}", b"&command=%2Fops", b"&text=", b"\0", b"\xff", b"}" * 9])
        case 2:
            return body[:at] + bytes([random.randrange(256)]) + body[at + 1 :]
        case 3:
            return re.sub(rb"\{", lambda _: b'{"type":7,"user":{},"id":"x",', body, count=1)
        case 4:
            return body * 2
        case _:
            return body


def kind_of(kind: str, random: Random) -> str:
    others = [
        "",
        "text/plain",
        "multipart/form-data",
        f"{JSON}; charset=utf-16",
        f"{FORM}; charset=klingon",
        JSON,
        FORM,
    ]
    return random.choice(others) if random.random() < 0.1 else kind
