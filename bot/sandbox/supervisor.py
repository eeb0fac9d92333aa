"""Keeps each environment's shop running from its current release. Owns the shop's processes; never deploys anything.

`supervisor.json` in the folder says what to keep: environment → releases folder, log, host, port, variables.
The control socket and the pid files lie beside it. Relative socket names spare us the 100 bytes a path may have.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from bot.sandbox.keeper import START_S, STOP_S, Entry, Keeper, NotStarted, end_orphan

SOCKET = "supervisor.sock"
PLAN = "supervisor.json"
_VERBS = ("restart", "status", "stop", "start", "quit")


def read_plan(folder: Path) -> list[Entry]:
    plan = json.loads((folder / PLAN).read_text())
    return [
        Entry(
            name=name,
            releases=Path(part["releases"]),
            log=Path(part["log"]),
            pid_file=folder / f"{name}.pid",
            host=part["host"],
            port=int(part["port"]),
            variables=part["variables"],
        )
        for name, part in plan["environments"].items()
    ]


async def serve(folder: Path, *, with_parent: bool) -> None:
    entries = read_plan(folder)
    for entry in entries:
        await asyncio.to_thread(end_orphan, entry)
    stop = _stop_signal()
    async with asyncio.TaskGroup() as tasks:
        keepers = {entry.name: Keeper(entry, tasks) for entry in entries}
        server = await asyncio.start_unix_server(_conversation(keepers, stop), SOCKET)
        for keeper in keepers.values():
            tasks.create_task(_first_start(keeper))
        if with_parent:
            tasks.create_task(_parent_dies(os.getppid(), stop))
        await stop.wait()
        server.close()
        await asyncio.gather(*(keeper.stop() for keeper in keepers.values()))


def _stop_signal() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def _first_start(keeper: Keeper) -> None:
    try:
        print(await keeper.start(), flush=True)
    except NotStarted as error:
        print(f"shop {keeper.entry.name}: {error}", file=sys.stderr, flush=True)


async def _parent_dies(parent: int, stop: asyncio.Event) -> None:
    while os.getppid() == parent and not stop.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), 1)
    stop.set()


Conversation = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def _conversation(keepers: Mapping[str, Keeper], stop: asyncio.Event) -> Conversation:
    """One JSON line in, one out."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked = json.loads(await asyncio.wait_for(reader.readline(), 5))
            writer.write(json.dumps(await _answer(keepers, stop, asked)).encode() + b"\n")
            await writer.drain()
        except (ValueError, OSError):  # half a line, or they hung up
            return
        finally:
            writer.close()

    return talk


async def _answer(keepers: Mapping[str, Keeper], stop: asyncio.Event, asked: Mapping[str, str]) -> dict[str, object]:
    verb, name = asked.get("do", ""), asked.get("environment", "")
    if verb == "quit":
        stop.set()
        return {"ok": True, "said": "the supervisor stops"}
    if verb == "status" and not name:
        return {"ok": True, "status": [keeper.status() for keeper in keepers.values()]}
    if name not in keepers:
        return {"ok": False, "said": f"there is no environment {name!r}; there are {', '.join(keepers)}"}
    return await _one(keepers[name], verb)


async def _one(keeper: Keeper, verb: str) -> dict[str, object]:
    acts = {"start": keeper.start, "stop": keeper.stop, "restart": keeper.restart}
    if verb == "status":
        return {"ok": bool(keeper.status()["running"]), "status": [keeper.status()]}
    if verb not in acts:
        return {"ok": False, "said": f"unknown request {verb!r}"}
    try:
        return {"ok": True, "said": await acts[verb]()}
    except NotStarted as error:
        return {"ok": False, "said": f"shop {keeper.entry.name} did not start: {error}"}


def ask(verb: str, environment: str = "") -> dict[str, object]:
    """Asks the supervisor of the working folder. Raises OSError when none listens."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(START_S + STOP_S + 5)
        line.connect(SOCKET)
        line.sendall(json.dumps({"do": verb, "environment": environment}).encode() + b"\n")
        with line.makefile() as answers:
            reply: dict[str, object] = json.loads(answers.readline())
            return reply


def main() -> int:
    given = _arguments()
    folder = given.folder.resolve()
    try:
        os.chdir(folder)
    except OSError as error:
        return _complain(f"no supervisor's folder at {folder}: {error.strerror}")
    return (
        _serve(folder, with_parent=given.with_parent)
        if given.verb == "serve"
        else _tell(given.verb, given.environment)
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bot.sandbox.supervisor", description=__doc__)
    parser.add_argument("verb", choices=("serve", *_VERBS))
    parser.add_argument("environment", nargs="?", default="")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--with-parent", action="store_true", help="serve only as long as the parent lives")
    return parser.parse_args()


def _serve(folder: Path, *, with_parent: bool) -> int:
    with contextlib.suppress(OSError, ValueError):
        ask("status")
        return _complain(f"another supervisor already serves {folder}")
    os.umask(0o077)  # the socket and the logs are ours alone
    asyncio.run(serve(folder, with_parent=with_parent))
    Path(SOCKET).unlink(missing_ok=True)
    return 0


def _tell(verb: str, environment: str) -> int:
    try:
        reply = ask(verb, environment)
    except (OSError, ValueError) as error:
        return _complain(f"the supervisor does not answer ({error}); nothing is known of what was asked")
    if not reply["ok"] and "said" in reply:
        return _complain(str(reply["said"]))
    print(json.dumps(reply["status"], indent=1) if "status" in reply else reply["said"])
    return 0 if reply["ok"] else 3


def _complain(words: str) -> int:
    print(words, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
