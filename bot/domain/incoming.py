"""What others tell us at our door: a delivery as it came, what a verified one says, and why one is refused. Pure."""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import parse_qsl

from bot.domain.json import JsonObject
from bot.domain.words import clean

TOLERANCE = timedelta(seconds=300)
"""How far a signed timestamp may lie from now, either way."""
STALE = timedelta(hours=24)
"""How old the time inside a body may be where the signature covers no timestamp: delivery ids are kept 25 h."""
_SAYS = 200
_UNFIT = re.compile("[\x00\ud800-\udfff]")
_LONGEST = 200
_PRIVATE = re.compile(
    r"[\w.+-]+@[\w-]+\.[\w.-]+"  # addresses
    r"|\b(?:[sr]k_(?:live|test)|whsec|xox[a-z]|xapp|sbp|ghp)[_-]\w+"  # keys
    r"|\beyJ[\w-]{8,}\.[\w.-]+"  # signed tokens
    r"|\b\d{1,3}(?:\.\d{1,3}){3}\b"  # hosts
    r"|\+?\d[\d -]{7,}\d"  # telephone and card numbers
)


class Forged(Exception):
    """It does not come from who it says. `why` is counted and logged; nothing else of the request is."""


class Malformed(Exception):
    """It is theirs, but not in a form that we know."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A delivery as it came. headers: names in small letters. token: what the address or `Authorization` gave."""

    headers: Mapping[str, str]
    body: bytes
    secret: str
    now: datetime
    token: str = ""
    query: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> JsonObject:
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            raise Malformed("not JSON") from None
        if not isinstance(value, dict):
            raise Malformed("not a JSON object")
        return value

    def fields(self) -> JsonObject:
        """JSON, a form, or what the address carries: monitors send one of the three."""
        if self.body.lstrip()[:1] == b"{":
            return {**self.query, **self.json()}
        try:
            form = dict(parse_qsl(self.body.decode(), max_num_fields=100))
        except ValueError:
            raise Malformed("not a form") from None
        return {**self.query, **form}


State = Literal["", "down", "up"]


@dataclass(frozen=True, slots=True)
class Notice:
    """What a verified delivery says, without customer data. id: the sender's own; one id has one effect.
    kind: what is counted together. monitor and state: of something that is watched from outside."""

    id: str
    kind: str
    says: str
    link: str = ""
    at: datetime | None = None
    monitor: str = ""
    state: State = ""


def storable(notice: Notice) -> Notice:
    """Without what PostgreSQL cannot hold: no text has a zero byte or half a character, and no key is endless."""
    kind, says, link, monitor = (
        _UNFIT.sub("", one) for one in (notice.kind, notice.says, notice.link, notice.monitor)
    )
    known_by = notice.id.encode("utf-8", "replace").decode()
    return replace(notice, id=known_by, kind=kind[:_LONGEST], says=says, link=link, monitor=monitor[:_LONGEST])


@dataclass(frozen=True, slots=True)
class Receiver:
    """One shape of delivery. `read` raises Forged or Malformed; None: theirs, but nothing for us to note.
    signed: else a secret in the address stands for a signature."""

    kind: str
    title: str
    signed: bool
    read: Callable[[Incoming], Notice | None]


def signed_with(secret: str, message: bytes, signature: str) -> bool:
    """HMAC-SHA256 in hex, compared in constant time."""
    good = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    return hmac.compare_digest(good.encode(), signature.encode("utf-8", "replace"))


def near(stamp: str, now: datetime) -> bool:
    """Whether a Unix time lies within the tolerance of now."""
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 12):
        return False
    return abs(now.timestamp() - int(stamp)) <= TOLERANCE.total_seconds()


def check_token(incoming: Incoming) -> None:
    """Constant time whatever its length. Raises Forged."""
    if not incoming.token:
        raise Forged("token missing")
    digests = [hashlib.sha256(one.encode("utf-8", "replace")).digest() for one in (incoming.token, incoming.secret)]
    if not hmac.compare_digest(*digests):
        raise Forged("token wrong")


def digest_of(body: bytes) -> str:
    """Stands for an id where the sender signs none: the same bytes are the same delivery."""
    return hashlib.sha256(body).hexdigest()[:32]


def discreet(text: object, limit: int = _SAYS) -> str:
    """One line of somebody else's words, without addresses, keys and long numbers."""
    return clean(_PRIVATE.sub("…", " ".join(str(text or "").split())), limit)


def web_link(url: object) -> str:
    """An address that may be shown as a link; empty when it is none."""
    text = str(url or "")
    return text if re.fullmatch(r"https?://[^\s<>|\"@]{3,900}", text) else ""


def moment(value: object) -> datetime | None:
    """An ISO time or a Unix time as an instant in UTC; None when it is neither."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        if isinstance(value, int | float) or (isinstance(value, str) and re.fullmatch(r"\d{9,11}", value)):
            return datetime.fromtimestamp(float(value), UTC)
        found = datetime.fromisoformat(str(value))
    except (ValueError, OverflowError, OSError):
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
