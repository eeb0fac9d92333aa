"""How long the certificate of an https address is valid. Comes by itself; trusts nobody and sends nothing."""

import asyncio
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cryptography import x509
from pydantic import BaseModel, ConfigDict

from bot.connecting import astray, connected
from bot.domain.capability import Check, Checks, Finding
from bot.domain.words import when
from bot.providers.registry import Context, Provider

_URGENT_DAYS = 3


class TlsSettings(BaseModel):
    """Nothing to set: the limit is the service's threshold `tls`."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class TlsCheck:
    """days: fewer left is a warning; three or fewer, or none, a failure."""

    host: str
    port: int
    days: int
    clock: Callable[[], datetime]
    name: str = "TLS"
    deadline: timedelta = timedelta(seconds=10)

    def checks(self) -> Sequence[Check]:
        return (self,)

    async def look(self) -> Finding:
        try:
            ends = await certificate_end(self.host, self.port)
        except (OSError, ssl.SSLError, ValueError) as error:
            why = astray(error) or type(error).__name__
            return Finding(self.name, "fail", f"has no TLS handshake ({why})", "no handshake")
        return judge(self.name, ends, self.clock(), self.days)


def judge(name: str, ends: datetime, now: datetime, days: int) -> Finding:
    left = ends - now
    brief = f"{max(left.days, 0)} d"
    if left <= timedelta():
        return Finding(name, "fail", f"certificate ended {when(ends, 'date')}", "ended")
    if left.days < days:
        state = "fail" if left.days <= _URGENT_DAYS else "warn"
        says = f"certificate ends in {brief} ({when(ends, 'date')}), wants {days} d"
        return Finding(name, "fail" if state == "fail" else "warn", says, brief)
    return Finding(name, "ok", f"certificate is valid for {brief}", brief)


async def certificate_end(host: str, port: int) -> datetime:
    """Whether it is trusted is for the HTTP checks; a certificate that nobody trusts has an end too."""
    anybody = ssl.create_default_context()
    anybody.check_hostname = False
    anybody.verify_mode = ssl.CERT_NONE  # getpeercert() is empty then, so the bytes are read by ourselves
    _, writer = await asyncio.open_connection(sock=await connected(host, port), ssl=anybody, server_hostname=host)
    try:
        peer: ssl.SSLObject = writer.get_extra_info("ssl_object")
        der = peer.getpeercert(binary_form=True)
    finally:
        writer.transport.abort()
    if der is None:
        raise ValueError("no certificate")
    return x509.load_der_x509_certificate(der).not_valid_after_utc


def offers(settings: BaseModel, context: Context) -> Mapping[type, object]:
    address = urlsplit(context.entry.url or "")
    if address.scheme != "https" or not address.hostname:
        return {}
    days = context.service.thresholds.tls_days
    return {Checks: TlsCheck(address.hostname, address.port or 443, days, context.clock)}


PROVIDER = Provider("tls", TlsSettings, offers, by_itself=True)
