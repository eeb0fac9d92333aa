"""This host: who we are on it, the .env file, the data folder, the ports. Changes nothing."""

import asyncio
import os
import shutil
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import aiohttp

from bot.connecting import connector
from bot.domain.address import is_near
from bot.domain.checkup import Remark
from bot.domain.words import size
from bot.settings import Settings

_LITTLE, _TOO_LITTLE = 2 * 1000**3, 300 * 1000**2


async def look(settings: Settings, env: Path) -> list[Remark]:
    here = await asyncio.to_thread(lambda: [*_user(), *env_file(env), _data_dir(settings.data_dir)])
    return [*here, *await _ports(settings)]


def missing(line: str) -> Remark:
    """A line of SettingsError: `NAME is missing: what to do.`"""
    what, _, remedy = line.partition(": ")
    return Remark("settings", "fail", f"{what}.", remedy[:1].upper() + remedy[1:])


def env_file(path: Path) -> Iterator[Remark]:
    if not os.access(path, os.R_OK):  # it is not there, or the settings tell that it cannot be read
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        what = f"{path} may be read by others on this host (mode {mode:04o})."
        yield Remark(".env", "fail", what, f"chmod 600 {path}")
    else:
        yield Remark(".env", "ok", f"readable by its owner only (mode {mode:04o})")


def _user() -> Iterator[Remark]:
    if os.geteuid() == 0:
        what = "This is root: whatever the bot starts could do anything on this host."
        yield Remark("user", "warn", what, "Run it as a user of its own (deploy/watchkeeper.service does).")


def _data_dir(folder: Path) -> Remark:
    folder = folder.absolute()
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        remedy = "Make the folder and give it to the bot's user, or set WATCHKEEPER_DATA_DIR."
        return Remark("data folder", "fail", f"The bot may not write to {there}.", remedy)
    free = shutil.disk_usage(there).free
    says = f"{folder}, {size(free)} free"
    if free < _LITTLE:
        state = "fail" if free < _TOO_LITTLE else "warn"
        return Remark("data folder", "fail" if state == "fail" else "warn", f"{says}: little.", "Make room.")
    return Remark("data folder", "ok", says)


async def _ports(settings: Settings) -> list[Remark]:
    running = await _answers(settings.admin_host, settings.admin_port)
    if settings.signing_secret is None:
        admin = _port("admin port", settings.admin_host, settings.admin_port, running, "/readyz", "ADMIN_PORT")
        return [Remark("network", "ok", "Socket Mode: the bot calls Slack, nothing calls the bot"), admin]
    return [
        _port("port", settings.host, settings.port, running, "Slack's requests", "PORT"),
        _open(settings),
        _port("admin port", settings.admin_host, settings.admin_port, running, "/readyz and /metrics", "ADMIN_PORT"),
    ]


def _port(about: str, host: str, port: int, running: bool, what: str, name: str) -> Remark:
    if running:
        return Remark(about, "ok", f"{host}:{port} for {what}; the bot is running")
    if not _free(host, port):
        return Remark(about, "fail", f"{host}:{port} is taken by something else.", f"End it, or set {name}.")
    return Remark(about, "ok", f"{host}:{port} is free for {what}")


def _open(settings: Settings) -> Remark:
    if not is_near(settings.admin_host):
        what = f"/metrics listens on {settings.admin_host}, without a password."
        return Remark("network", "warn", what, "Keep ADMIN_HOST at 127.0.0.1, or let only your own network reach it.")
    if not is_near(settings.host):
        what = f"Slack's requests are taken on {settings.host} in plain http."
        return Remark("network", "warn", what, "Let only your TLS proxy reach that port.")
    return Remark("network", "ok", "on this host only: your TLS proxy hands Slack's requests on")


def _free(host: str, port: int) -> bool:
    if port == 0:
        return True
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(found[0], found[1]) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(found[4])
    except OSError:
        return False
    return True


async def _answers(host: str, port: int) -> bool:
    """Whether a bot's admin port is there."""
    try:
        async with (
            aiohttp.ClientSession(connector=connector(), timeout=aiohttp.ClientTimeout(total=2)) as session,
            session.get(f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}/livez") as reply,  # noqa: S104
        ):
            return reply.status == 200
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return False
