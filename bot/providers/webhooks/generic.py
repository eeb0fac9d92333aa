"""A signed webhook for everything that can run five lines: X-Watchkeeper-Signature: t=<unix>,v1=<hmac>.

The hmac is SHA-256 in hex over `<t>.<body>`, as docs/webhooks.md shows; several v1 may stand beside each other
while a secret is changed.
"""

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.domain.incoming import (
    Forged,
    Incoming,
    Malformed,
    Notice,
    Receiver,
    digest_of,
    discreet,
    moment,
    near,
    signed_with,
    web_link,
)

_PART = re.compile(r"(t|v1)=([0-9a-f]{1,64})")


class _Told(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)
    says: str = Field(min_length=1, max_length=2000)
    id: str = Field(default="", max_length=200)
    kind: str = Field(default="", max_length=100)
    link: str = ""
    at: str | int | float | None = None
    monitor: str = ""
    state: Literal["", "down", "up"] = ""


def read(incoming: Incoming) -> Notice | None:
    _verify(incoming)
    try:
        told = _Told.model_validate(incoming.json())
    except ValidationError as error:
        fields = ", ".join(str(one["loc"][-1]) for one in error.errors() if one["loc"])
        raise Malformed(f"says, id, kind, link, at, monitor, state: wrong is {fields}") from None
    says, kind = discreet(told.says), discreet(told.kind, 60)
    monitor = (discreet(told.monitor, 80) or kind or "monitor") if told.state else ""
    together = f"{told.state} {monitor}" if told.state else kind or says
    return Notice(
        told.id or digest_of(incoming.body), together, says, web_link(told.link), moment(told.at), monitor, told.state
    )


def _verify(incoming: Incoming) -> None:
    parts = [_PART.fullmatch(part.strip()) for part in incoming.headers.get("x-watchkeeper-signature", "").split(",")]
    stamps = [part[2] for part in parts if part and part[1] == "t"]
    signatures = [part[2] for part in parts if part and part[1] == "v1"]
    if len(stamps) != 1 or not signatures:
        raise Forged("signature missing")
    if not near(stamps[0], incoming.now):
        raise Forged("timestamp too far from now")
    message = stamps[0].encode() + b"." + incoming.body
    if not any(signed_with(incoming.secret, message, one) for one in signatures):
        raise Forged("signature wrong")


RECEIVER = Receiver("generic", "A signed webhook", True, read)
