"""Where the bot may be sent by its files: to websites, by their plain names, and never to a cloud's metadata. Pure.

Private addresses are allowed: the services that it looks after live there, and whoever writes the files knows them.
"""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

_METADATA_NAMES = frozenset({"metadata", "metadata.google.internal", "metadata.goog", "instance-data"})
_METADATA = tuple(
    map(
        ipaddress.ip_network,
        (
            *("169.254.0.0/16", "fe80::/10", "fd00:ec2::/112", "fd20:ce::254"),
            *("100.100.100.200", "168.63.129.16", "192.0.0.192"),
        ),
    )
)
_WRAPPED = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "::/96")))  # IPv4 in its last four bytes
_NUMBER = re.compile(r"(?:.*\.)?(?:0x[0-9a-f]*|\d+)")  # what a resolver takes for IPv4, in whatever notation


def web_address(value: str, *, keyed: bool = True) -> SplitResult:
    """ValueError with the remedy unless the bot may be sent there. keyed: something of ours goes with it."""
    parts = urlsplit(value)
    if re.search(r"[\s\x00-\x1f\\]", value) or parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("write https:// and the name of the host")
    if parts.port == 0:
        raise ValueError("write a port from 1 to 65535")
    if parts.username is not None or parts.password is not None:
        raise ValueError("write it without a user name or password: they would be shown wherever it is")
    if keyed and parts.scheme == "http" and not is_near(parts.hostname):
        raise ValueError("write https://…, or http:// on this machine only: a key goes there")
    if why := forbidden(parts.hostname):
        raise ValueError(why)
    return parts


def forbidden(host: str) -> str:
    """Why the bot never asks this host anything, whoever sends it there; empty for every other."""
    name = host.lower().rstrip(".").partition("%")[0]
    if name in _METADATA_NAMES:
        return _TOLD
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return "write the address as four plain numbers" if _NUMBER.fullmatch(name) else ""
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address.sixtofour or _unwrapped(address)
    return _TOLD if any(address.version == one.version and address in one for one in _METADATA) else ""


def led_astray(address: str) -> str:
    """Why nothing is sent to this address, which a name led to; empty for every other."""
    return f"its name leads to {address}, a cloud's metadata: mend that name's DNS" if forbidden(address) else ""


def _unwrapped(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    wrapped = any(address in one for one in _WRAPPED)
    return ipaddress.IPv4Address(address.packed[12:]) if wrapped else address


_TOLD = "that is where a cloud tells a machine its own secrets: the bot never asks there"


def is_near(host: str) -> bool:
    """Whether it is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
