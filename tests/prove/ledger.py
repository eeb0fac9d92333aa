"""The service whose side effects are counted: an HTTP server of the harness that writes down whatever reaches it.

It refuses nothing and forgets nothing: the same key twice is two lines. Each line is on the disk before the answer.
"""

import asyncio
import json
import os
import time
from pathlib import Path

from aiohttp import web

from tests.support.history import Effect


class Ledger:
    """`effects` is what the file says."""

    def __init__(self, file: Path) -> None:
        self.effects: list[Effect] = []
        self.port = 0
        self._file = os.open(file, os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o600)
        self._runner: web.AppRunner | None = None

    async def open(self) -> None:
        app = web.Application()
        app.add_routes([web.post("/effect", self._effect)])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = int(self._runner.addresses[0][1])

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
        os.close(self._file)

    async def _effect(self, request: web.Request) -> web.Response:
        told = await request.json()
        effect = Effect(told["key"], told["run"], told["place"], time.time(), None)
        place = len(self.effects)
        self.effects.append(effect)
        self._write("begun", effect.key)
        await asyncio.sleep(int(told["slow"]) / 1000)
        self.effects[place] = Effect(effect.key, effect.run, effect.place, effect.begun, time.time())
        self._write("ended", effect.key)
        return web.json_response({"ok": True})

    def _write(self, what: str, key: str) -> None:
        os.write(self._file, (json.dumps({"what": what, "key": key, "at": time.time()}) + "\n").encode())
        os.fsync(self._file)
