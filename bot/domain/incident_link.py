"""The address of an incident's read-only page: `<incident>-<expiry>-<signature>`. Pure.

The signature is HMAC-SHA256 of the first two under the incident's own key.
"""

import base64
import hashlib
import hmac
import re
from datetime import datetime

from bot.domain.incident import IncidentId

LINK = re.compile(r"([1-9][0-9]{0,17})-([0-9]{9,11})-([A-Za-z0-9_-]{43})", re.ASCII)


def signed(incident: IncidentId, expires_at: datetime, key: bytes) -> str:
    """The last part of the address."""
    head = f"{incident}-{int(expires_at.timestamp())}"
    return f"{head}-{signature(head, key)}"


def signature(head: str, key: bytes) -> str:
    return base64.urlsafe_b64encode(hmac.digest(key, head.encode(), hashlib.sha256)).rstrip(b"=").decode()
