"""Every outgoing HTTP connection, checked by the address that it really has: no name leads where we never ask.

A look-up before would prove nothing, because the next one may answer otherwise. All that opens HTTP opens it by this.
"""

import asyncio
import socket
from collections.abc import Mapping
from typing import Any

import aiohttp
import httpx
import structlog

from bot.domain.address import led_astray

log = structlog.get_logger()


class LedAstray(PermissionError):
    """A name leads to where we never ask; its words say the remedy."""


def opened_socket(there: tuple[int, int, int, str, tuple[Any, ...]]) -> socket.socket:
    """For aiohttp and all that stands on it, just before it connects to that one address of a name."""
    family, kind, protocol, _, address = there
    if why := led_astray(str(address[0])):
        log.warning("connection.refused", why=why)
        raise LedAstray(0, why)
    return socket.socket(family, kind, protocol)


async def connected(host: str, port: int) -> socket.socket:
    """For what is no HTTP: the first address of the host that takes it; OSError when none does."""
    loop, failed = asyncio.get_running_loop(), OSError("no address")
    for found in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        made = opened_socket(found)
        made.setblocking(False)
        try:
            await loop.sock_connect(made, found[4])
        except OSError as error:
            made.close()
            failed = error
        except BaseException:
            made.close()
            raise
        else:
            return made
    raise failed


def connector() -> aiohttp.TCPConnector:
    return aiohttp.TCPConnector(socket_factory=opened_socket)


async def watched(request: httpx.Request) -> None:
    """For httpx, as a hook of each request, also of one that an answer leads to: before a byte is sent."""
    request.extensions["trace"] = _traced


async def _traced(step: str, info: Mapping[str, Any]) -> None:
    if step != "connection.connect_tcp.complete":
        return
    stream = info["return_value"]
    if why := led_astray(stream.get_extra_info("server_addr")[0]):
        await stream.aclose()
        log.warning("connection.refused", why=why)
        raise httpx.ConnectError(why)


def astray(error: BaseException) -> str:
    """The words of a LedAstray that is the cause of it; empty where it has others."""
    at: BaseException | None = error
    while at is not None:
        if isinstance(at, LedAstray):
            return str(at.strerror)
        at = at.__cause__ or at.__context__
    return ""
