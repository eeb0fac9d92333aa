"""Which addresses the bot calls to say that it is well. Pure."""

import ipaddress
from urllib.parse import urlsplit


def unsafe(url: str) -> str:
    """Why the bot does not call this address; empty when it does."""
    split = urlsplit(url)
    if split.username or split.password:
        return "it holds a name or a password"
    if split.scheme == "https" and split.hostname:
        return ""
    return "" if split.scheme == "http" and _near(split.hostname or "") else "it is not https"


def _near(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
