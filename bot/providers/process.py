"""Child processes: argument lists only, an explicit environment, a process group of their own. Never a shell.

Where util-linux is there, `setpriv` stands in front of the command: it makes the child end with the bot
(PR_SET_PDEATHSIG) and changes the user. asyncio forks from a process with threads, where Python's own
`preexec_fn` may deadlock; a second exec costs a millisecond and cannot. It holds for the child itself, not for
what the child starts: those are ended as a group on timeout and cancellation, and outlive only a bot that was
killed. A child that ends well may leave a daemon behind: that is what a restart does. And it takes away what
capabilities the bot was given to change users: whoever is not root keeps them through a change of user.
"""

import asyncio
import os
import pwd
import shutil
import signal
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from fcntl import fcntl
from functools import cache
from pathlib import Path
from typing import IO

from bot.domain.errors import WatchkeeperError
from bot.domain.words import clean

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
LINES = 200
_TAIL = 64 * 1024  # bytes of output kept
_CHUNK = 1024 * 1024
_SET_PIPE_SIZE = 1031  # F_SETPIPE_SZ; its name is in fcntl from Python 3.10 on Linux only
_GATHER_S, _GATHERED = 0.002, 64 * 1024
_GRACE_S = 5.0  # between TERM and KILL
_LINGER_S = 1.0  # a daemon that was left behind may hold our pipe open
NOT_STARTED = 127


@dataclass(frozen=True, slots=True)
class Finished:
    """How a command ended. code: negative = killed by that signal; None = stopped after its timeout."""

    code: int | None
    tail: str  # the last 200 lines of what it wrote, both streams
    took: timedelta


class Failed(WatchkeeperError):
    """A command did not end well. code: None = stopped after its timeout; tail: the last lines of its errors."""

    def __init__(self, command: str, code: int | None, tail: str, timeout: timedelta) -> None:
        self.code = code
        self.tail = tail
        ended = f"was stopped after {timeout.total_seconds():.0f} s" if code is None else f"ended with code {code}"
        super().__init__(f"{Path(command).name} {ended}{': ' if tail else '.'}{clean(tail, 2000)}")


class NotStarted(Failed):
    """There is no such command, folder or user here."""

    def __init__(self, command: str, why: str) -> None:
        super().__init__(command, NOT_STARTED, why, timedelta())


async def run(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: timedelta,  # noqa: ASYNC109 - it ends the process group, which asyncio.timeout does not
    run_as: str | None = None,
    group: int | None = None,
    output: Path | None = None,
    pass_fds: Sequence[int] = (),
) -> Finished:
    """Run a command to its end; its output goes to the tail and, whole, to `output` when that is named.

    group: as ourselves, but in that group alone.
    """
    loop = asyncio.get_running_loop()
    begun = loop.time()
    tail = Tail()
    try:
        async with _child(argv, env, cwd, run_as, None, pass_fds, group) as (process, pipe):
            code = await _within(timeout, process, pipe, tail, output, run_as)
    except NotStarted as error:
        return Finished(NOT_STARTED, error.tail, timedelta())
    return Finished(code, tail.text, timedelta(seconds=loop.time() - begun))


async def stream(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: timedelta,  # noqa: ASYNC109 - it ends the process group, which asyncio.timeout does not
    run_as: str | None = None,
    chunk: int = _CHUNK,
    pass_fds: Sequence[int] = (),
) -> AsyncGenerator[bytes, None]:
    """What a command writes to stdout, in pieces of at most `chunk` bytes, no faster than they are taken.

    Raises Failed when it does not end with 0. Close it (contextlib.aclosing) when you may not read to the end.
    """
    until = asyncio.get_running_loop().time() + timeout.total_seconds()
    code: int | None = None
    with tempfile.TemporaryFile() as errors:
        async with _child(argv, env, cwd, run_as, errors, pass_fds) as (process, pipe):
            try:
                # A timeout around the whole would cancel whoever holds a chunk: each wait has its own.
                while data := await _chunk(pipe, chunk, until):
                    yield data
                async with asyncio.timeout_at(until):
                    code = await process.wait()
            except TimeoutError:
                await _end(process, run_as)
        if code != 0:
            raise Failed(argv[0], code, _last(errors), timeout)


async def _chunk(pipe: "Pipe", most: int, until: float) -> bytes:
    async with asyncio.timeout_at(until):
        return await pipe.read(most)


@dataclass(slots=True)
class Tail:
    """The end of a long output."""

    kept: bytearray = field(default_factory=bytearray)

    def add(self, data: bytes) -> None:
        self.kept += data
        if len(self.kept) > 2 * _TAIL:
            del self.kept[:-_TAIL]

    @property
    def text(self) -> str:
        return _lines(bytes(self.kept[-_TAIL:]))


def _lines(data: bytes) -> str:
    return "\n".join(data.decode(errors="replace").splitlines()[-LINES:])


def _last(file: IO[bytes]) -> str:
    file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
    return _lines(file.read()).removeprefix("setpriv: ")


def _pipe() -> tuple[int, int]:
    read, write = os.pipe()
    with suppress(OSError):  # a wider pipe only saves switches between the two processes
        fcntl(write, _SET_PIPE_SIZE, _CHUNK)
    return read, write


@asynccontextmanager
async def _child(
    argv: Sequence[str],
    env: Mapping[str, str] | None,
    cwd: Path | None,
    run_as: str | None,
    errors: IO[bytes] | None,
    pass_fds: Sequence[int],
    group: int | None = None,
) -> AsyncIterator[tuple[asyncio.subprocess.Process, "Pipe"]]:
    """A child and its output; `errors` None puts both streams into one. However it is left, the child has ended."""
    before = _in_front(run_as, group)
    read, write = _pipe()
    with _reading(read) as pipe:
        try:
            process = await asyncio.create_subprocess_exec(
                *before,
                *argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=write,
                stderr=errors or write,
                cwd=cwd,
                env={**_environment(run_as), **(env or {})},
                start_new_session=True,
                pass_fds=tuple(pass_fds),
            )
        except OSError as error:
            raise NotStarted(argv[0], f"it cannot be started ({error.strerror})") from error
        finally:
            os.close(write)
        try:
            yield process, pipe
        finally:
            if process.returncode is None:
                await _end(process, run_as)


def _in_front(run_as: str | None, group: int | None) -> tuple[str, ...]:
    setpriv = shutil.which("setpriv", path=PATH)
    if setpriv is None and run_as is None and group is None:
        return ()
    who = _changed(run_as, group)
    if setpriv is None:
        raise NotStarted("setpriv", "it is not installed (util-linux), and `run_as` needs it")
    without = ("--inh-caps=-all", "--ambient-caps=-all") if ambient() else ()
    return (setpriv, *who, *without, "--pdeathsig", "TERM", "--")


def _changed(run_as: str | None, group: int | None) -> tuple[str, ...]:
    if group is not None:
        return (f"--regid={group}", "--clear-groups")
    if run_as is None or (person := _account(run_as)).pw_uid == os.geteuid():
        return ()
    return (f"--reuid={person.pw_uid}", f"--regid={person.pw_gid}", "--init-groups")


@cache
def ambient() -> int:
    """The capabilities that whatever we start would have too, as bits; a unit file gives them."""
    with suppress(OSError):  # there is no /proc elsewhere, and nothing of this kind
        lines = Path("/proc/self/status").read_text().splitlines()
        return next((int(line.split()[1], 16) for line in lines if line.startswith("CapAmb:")), 0)
    return 0


def _account(name: str) -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        raise NotStarted("run_as", f"this host has no user {name}") from None


def _environment(run_as: str | None) -> dict[str, str]:
    """All that a child gets beside what its caller names: never the bot's own variables."""
    try:
        person = pwd.getpwnam(run_as) if run_as else pwd.getpwuid(os.geteuid())
        return {"PATH": PATH, "LANG": "C.UTF-8", "HOME": person.pw_dir, "USER": person.pw_name}
    except KeyError:  # a container may run under a number that has no name
        return {"PATH": PATH, "LANG": "C.UTF-8", "HOME": "/"}


class Pipe:
    """The reading end of a pipe. While nobody reads, at most a megabyte waits in it and the writer stands still."""

    def __init__(self, fd: int) -> None:
        os.set_blocking(fd, False)
        self._fd = fd
        self._short = False

    async def read(self, most: int) -> bytes:
        """What is there, or what comes next; empty at the end."""
        if self._short:  # a writer of small pieces: let some gather, or each would wake us
            await asyncio.sleep(_GATHER_S)
        while True:
            try:
                data = os.read(self._fd, most)
            except BlockingIOError:
                await self._readable()
                continue
            self._short = len(data) < _GATHERED
            return data

    async def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        loop.add_reader(self._fd, ready.set)
        try:
            await ready.wait()
        finally:
            loop.remove_reader(self._fd)


@contextmanager
def _reading(fd: int) -> Iterator[Pipe]:
    try:
        yield Pipe(fd)
    finally:
        os.close(fd)


async def _within(
    limit: timedelta,
    process: asyncio.subprocess.Process,
    pipe: Pipe,
    tail: Tail,
    output: Path | None,
    run_as: str | None,
) -> int | None:
    """Its exit code; None when it was stopped because the time was over."""
    async with asyncio.TaskGroup() as group:
        reading = group.create_task(_collect(pipe, tail, output))
        try:
            code = await asyncio.wait_for(process.wait(), limit.total_seconds())
        except TimeoutError:
            await _end(process, run_as)
            code = None
        await asyncio.wait({reading}, timeout=_LINGER_S)
        reading.cancel()
    return code


async def _collect(pipe: Pipe, tail: Tail, output: Path | None) -> None:
    file = await asyncio.to_thread(_open, output) if output else None
    try:
        while data := await pipe.read(_CHUNK):
            tail.add(data)
            if file:
                await asyncio.to_thread(file.write, data)
    finally:
        if file:
            file.close()


def _open(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb", buffering=0)


async def _end(process: asyncio.subprocess.Process, run_as: str | None) -> None:
    """TERM to the whole group, KILL after five seconds, then nothing of it is left."""
    try:
        await _signal(process, signal.SIGTERM, run_as)
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _GRACE_S)
    finally:
        await _signal(process, signal.SIGKILL, run_as)
    await process.wait()


async def _signal(process: asyncio.subprocess.Process, number: signal.Signals, run_as: str | None) -> None:
    with suppress(ProcessLookupError):
        try:
            os.killpg(process.pid, number)
        except PermissionError:  # another user's, and we are not root: then as that user
            if run_as is not None:
                await asyncio.shield(_signal_as(run_as, process.pid, number))


async def _signal_as(run_as: str, group: int, number: signal.Signals) -> None:
    argv = (*_in_front(run_as, None), "kill", "-s", number.name.removeprefix("SIG"), "--", f"-{group}")
    quiet = asyncio.subprocess.DEVNULL
    killer = await asyncio.create_subprocess_exec(
        *argv, stdin=quiet, stdout=quiet, stderr=quiet, env=_environment(run_as)
    )
    await killer.wait()
