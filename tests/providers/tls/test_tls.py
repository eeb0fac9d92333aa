"""How long a certificate is valid, asked of a real TLS server with a certificate of its own."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bot.domain.capability import Check, Checks, Finding
from bot.domain.words import plain
from bot.providers.http import PROVIDER as HTTP
from bot.providers.http import HealthSettings
from bot.providers.registry import Context
from bot.providers.tls import PROVIDER, TlsSettings

NOW = datetime(2026, 11, 20, 3, 7, 30, tzinfo=UTC)
Serve = Callable[[timedelta], Awaitable[str]]


def _write_certificate(folder: Path, ends: datetime) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(ends - timedelta(days=90))
        .not_valid_after(ends)
        .sign(key, hashes.SHA256())
    )
    chain, secret = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return chain, secret


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


@pytest.fixture
async def serve(tmp_path: Path) -> AsyncIterator[Serve]:
    """`await serve(timedelta(days=61))`: the address of a server whose certificate is valid that long."""
    servers: list[asyncio.Server] = []

    async def start(left: timedelta) -> str:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*_write_certificate(tmp_path, NOW + left))
        server = await asyncio.start_server(_answer, "127.0.0.1", 0, ssl=context)
        servers.append(server)
        return f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    yield start
    for server in servers:
        server.close()
        await server.wait_closed()


def checks_of(context: Context) -> list[Check]:
    offered: Any = PROVIDER.offers(TlsSettings(), context).get(Checks)
    return list(offered.checks()) if offered else []


@pytest.mark.parametrize(
    ("left", "state", "says", "brief"),
    [
        (timedelta(days=61, hours=1), "ok", "certificate is valid for 61 d", "61 d"),
        (timedelta(days=14, hours=1), "ok", "certificate is valid for 14 d", "14 d"),
        (timedelta(days=13), "warn", "certificate ends in 13 d (2026-12-03 03:07 UTC), wants 14 d", "13 d"),
        (timedelta(days=3), "fail", "certificate ends in 3 d (2026-11-23 03:07 UTC), wants 14 d", "3 d"),
        (-timedelta(days=1), "fail", "certificate ended 2026-11-19 03:07 UTC", "ended"),
    ],
)
async def test_the_days_left_are_judged(
    serve: Serve, context_for: Callable[..., Context], left: timedelta, state: str, says: str, brief: str
) -> None:
    (check,) = checks_of(context_for(url=await serve(left)))
    finding: Finding = await check.look()
    assert (finding.state, plain(finding.says), finding.brief) == (state, says, brief)


async def test_a_port_without_tls_is_a_failure(context_for: Callable[..., Context], unused_tcp_port: int) -> None:
    (check,) = checks_of(context_for(url=f"https://127.0.0.1:{unused_tcp_port}"))
    assert (await check.look()).state == "fail"


@pytest.mark.parametrize("url", [None, "http://shop.example"])
def test_without_https_there_is_nothing_to_look_at(context_for: Callable[..., Context], url: str | None) -> None:
    assert checks_of(context_for(url=url)) == []


async def test_a_certificate_that_nobody_trusts_fails_the_address(
    serve: Serve, context_for: Callable[..., Context]
) -> None:
    context = context_for(url=await serve(timedelta(days=61)))
    offered: Any = HTTP.offers(HealthSettings.model_validate({"tries": 1}), context)[Checks]
    finding = await offered.checks()[0].look()
    assert finding.state == "fail"
    assert finding.says.startswith("has a certificate that is not trusted")
